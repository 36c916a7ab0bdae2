// Where messages begin and end in the bytes of a stream.
//
//     DNS (RFC 1035 4.2.2)   0       2
//                            length  message
//
//     BGP: wire/bgp_header.h
//
// Internal to this floor.
#pragma once

#include "wire/stream.h"

enum frame_result {
    FRAME_WHOLE,   // a message
    FRAME_PARTIAL, // it needs more bytes
    FRAME_SKIP,    // bytes that belong to no message, before the begin of the first one is known
    FRAME_BROKEN,  // no message can begin like this
};

struct frame {
    uint32_t size; // WHOLE, SKIP: bytes that are done with; PARTIAL: bytes needed from here on
    struct span message;
};

// What `bytes` begin with. They are not empty. *synchronised: their begin is known to be the begin
// of a message; else it is found out (BGP) or doubted (DNS), and set as soon as it is known.
enum frame_result frame_next(enum stream_protocol protocol, struct span bytes, bool *synchronised,
                             struct frame *frame);
