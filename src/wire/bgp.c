// The header of every message: marker 16 (all ones), length 2 (of the whole message), type 1.
#include "wire/bgp.h"

#include "wire/cursor.h"

enum {
    MARKER_SIZE = 16,
    HEADER_SIZE = 19,
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
    [BGP_KEEPALIVE] = {HEADER_SIZE, HEADER_SIZE},
    [BGP_ROUTE_REFRESH] = {23, LENGTH_EXTENDED},
};

static bool marker_is_ones(struct span marker)
{
    static const uint8_t ones[MARKER_SIZE] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    };
    return span_equal(marker, span_of(ones, sizeof ones));
}

enum wire_event bgp_decode(struct bgp_message *message, struct span bytes)
{
    *message = (struct bgp_message){0};
    struct cursor c = cursor_over(bytes);
    struct span marker = cursor_take(&c, MARKER_SIZE);
    uint16_t length = cursor_u16(&c);
    uint8_t type = cursor_u8(&c);
    if (c.failed)
        return WIRE_BGP_LENGTH;
    *message = (struct bgp_message){.type = type, .length = length};
    if (!marker_is_ones(marker))
        return WIRE_BGP_MARKER;
    if (length < HEADER_SIZE || length > bytes.len)
        return WIRE_BGP_LENGTH;
    if (type < BGP_OPEN || type > BGP_ROUTE_REFRESH)
        return WIRE_BGP_TYPE;
    if (length < lengths[type].least || length > lengths[type].most)
        return WIRE_BGP_LENGTH;
    return WIRE_OK;
}
