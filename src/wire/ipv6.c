// IPv6, RFC 8200:
//
//     0                     4       6            7          8    24   40
//     version, class, flow  length  next header  hop limit  src  dst  extension headers, payload
//
// Extension headers, in any order:
//
//     0            1                               2
//     next header  length in units, without some   …
#include "wire/bytes.h"
#include "wire/ip.h"

enum { LENGTH_AT = 4, NEXT_AT = 6, SOURCE_AT = 8, DESTINATION_AT = 24, HEADER = 40, VERSION = 6 };
enum { EXTENSION_LEAST = 8, EXTENSIONS_MAX = 16 };
enum { FRAGMENT_FIELD_AT = 2, FRAGMENT_OFFSET = 0xfff8, MORE_FRAGMENTS = 1 };

// How the length byte of an extension header counts: (length + extra) * unit bytes; a unit of 0: no
// extension header, walking ends.
struct extension {
    uint8_t unit, extra;
};

static const struct extension extensions[256] = {
    [PROTOCOL_HOP_BY_HOP] = {8, 1},     [PROTOCOL_ROUTING] = {8, 1},
    [PROTOCOL_FRAGMENT] = {8, 1}, // its length byte is reserved and sent as zero
    [PROTOCOL_AUTHENTICATION] = {4, 2}, [PROTOCOL_DESTINATION] = {8, 1},
    [PROTOCOL_MOBILITY] = {8, 1},       [PROTOCOL_HIP] = {8, 1},
    [PROTOCOL_SHIM6] = {8, 1},
};

static void take_fragment(struct packet_view *view, const uint8_t *header)
{
    unsigned field = load_be16(header + FRAGMENT_FIELD_AT);
    view->fragment |= (field & (FRAGMENT_OFFSET | MORE_FRAGMENTS)) != 0;
    view->later_fragment |= (field & FRAGMENT_OFFSET) != 0;
}

// Walks to the payload. A later fragment holds no more headers.
static bool skip_extensions(struct packet_view *view, uint32_t *at, uint32_t end)
{
    for (int headers = 0; !view->later_fragment; headers++) {
        struct extension extension = extensions[view->protocol];
        if (!extension.unit)
            return true;
        if (headers == EXTENSIONS_MAX || *at > view->captured ||
            view->captured - *at < EXTENSION_LEAST)
            return false;
        const uint8_t *header = view->frame + *at;
        uint32_t length = EXTENSION_LEAST;
        if (view->protocol == PROTOCOL_FRAGMENT)
            take_fragment(view, header);
        else
            length = (header[1] + (uint32_t)extension.extra) * extension.unit;
        if (end < *at || length > end - *at)
            return false;
        view->protocol = header[0];
        *at += length;
    }
    return true;
}

// A length of zero is a jumbogram's (RFC 2675) or not filled in yet, unless nothing follows.
static uint32_t payload_end(uint32_t at, uint32_t length, uint8_t next, uint32_t end)
{
    return length == 0 && next != PROTOCOL_NONE ? end : at + length;
}

enum wire_event ipv6_decode(struct packet_view *view, uint32_t at, uint32_t end)
{
    if (view->captured - at < HEADER || end < at + HEADER)
        return WIRE_IPV6_SHORT;
    const uint8_t *header = view->frame + at;
    if (header[0] >> 4 != VERSION)
        return WIRE_IPV6_VERSION;
    view->l3 = L3_IPV6;
    view->src = ip_from_v6(header + SOURCE_AT);
    view->dst = ip_from_v6(header + DESTINATION_AT);
    view->protocol = header[NEXT_AT];
    at += HEADER;
    uint32_t ip_end = payload_end(at, load_be16(header + LENGTH_AT), view->protocol, end);
    enum wire_event event = WIRE_IPV6_EXTENSION;
    if (skip_extensions(view, &at, ip_end))
        event = transport_decode(view, at, ip_end);
    return event == WIRE_OK && ip_end > end ? WIRE_IPV6_PAYLOAD_LENGTH : event;
}
