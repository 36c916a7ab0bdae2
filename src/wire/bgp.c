#include "wire/bgp.h"

#include "wire/bgp_header.h"

enum {
    LENGTH_PLAIN = 4096, // RFC 4271; all but OPEN and KEEPALIVE may be longer since RFC 8654
    LENGTH_EXTENDED = 65535,
};

struct length_range {
    uint16_t least, most;
};

// RFC 4271 6.1, RFC 2918 3, RFC 8654 4.
static const struct length_range lengths[] = {
    [BGP_OPEN] = {29, LENGTH_PLAIN},
    [BGP_UPDATE] = {23, LENGTH_EXTENDED},
    [BGP_NOTIFICATION] = {21, LENGTH_EXTENDED},
    [BGP_KEEPALIVE] = {BGP_HEADER, BGP_HEADER},
    [BGP_ROUTE_REFRESH] = {23, LENGTH_EXTENDED},
};

enum wire_event bgp_decode(struct bgp_message *message, struct span bytes)
{
    *message = (struct bgp_message){0};
    if (bytes.len < BGP_HEADER)
        return WIRE_BGP_LENGTH;
    uint16_t length = load_be16(bytes.ptr + BGP_LENGTH_AT);
    uint8_t type = bytes.ptr[BGP_TYPE_AT];
    *message = (struct bgp_message){.type = type, .length = length};
    if (!bgp_marker_is_ones(bytes.ptr))
        return WIRE_BGP_MARKER;
    if (length < BGP_HEADER || length > bytes.len)
        return WIRE_BGP_LENGTH;
    if (type < BGP_OPEN || type > BGP_ROUTE_REFRESH)
        return WIRE_BGP_TYPE;
    if (length < lengths[type].least || length > lengths[type].most)
        return WIRE_BGP_LENGTH;
    return WIRE_OK;
}
