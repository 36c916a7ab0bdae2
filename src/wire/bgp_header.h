// The header of every BGP message (RFC 4271 4.1), for the stream and for the decoder:
//
//     0             16      18    19
//     16 bytes 0xff length  type  rest of the message (length counts all)
//
// Internal to this floor.
#pragma once

#include "wire/bytes.h"

enum { BGP_MARKER = 16, BGP_LENGTH_AT = 16, BGP_TYPE_AT = 18, BGP_HEADER = 19 };

static inline bool bgp_marker_is_ones(const uint8_t *header)
{
    uint64_t halves[2];
    memcpy(halves, header, BGP_MARKER);
    return (halves[0] & halves[1]) == UINT64_MAX;
}
