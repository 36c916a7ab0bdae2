// IPv4, RFC 791:
//
//     0             1    2       4     6                 8     9         10        12   16   20
//     version, IHL  ToS  length  id    flags and offset  TTL   protocol  checksum  src  dst options
#include "wire/bytes.h"
#include "wire/ip.h"

enum { LENGTH_AT = 2, FRAGMENT_AT = 6, PROTOCOL_AT = 9, SOURCE_AT = 12, DESTINATION_AT = 16 };
enum { HEADER = 20, VERSION = 4, MORE_FRAGMENTS = 0x2000, FRAGMENT_OFFSET = 0x1fff };

static inline void fill(struct packet_view *view, const uint8_t *header)
{
    unsigned fragment = load_be16(header + FRAGMENT_AT);
    view->l3 = L3_IPV4;
    view->src = ip_from_v4(header + SOURCE_AT);
    view->dst = ip_from_v4(header + DESTINATION_AT);
    view->protocol = header[PROTOCOL_AT];
    view->fragment = (fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0;
    view->later_fragment = (fragment & FRAGMENT_OFFSET) != 0;
}

enum wire_event ipv4_decode(struct packet_view *view, uint32_t at, uint32_t end)
{
    if (view->captured - at < HEADER || end < at + HEADER)
        return WIRE_IPV4_SHORT;
    const uint8_t *header = view->frame + at;
    if (header[0] >> 4 != VERSION)
        return WIRE_IPV4_VERSION;
    fill(view, header);
    uint32_t header_length = (header[0] & 15u) * 4;
    if (header_length < HEADER || header_length > end - at)
        return WIRE_IPV4_HEADER_LENGTH;
    uint32_t length = load_be16(header + LENGTH_AT);
    if (length == 0) // not filled in yet: a large segment on its way to the network card
        return transport_decode(view, at + header_length, end);
    if (length < header_length)
        return WIRE_IPV4_TOTAL_LENGTH;
    enum wire_event event = transport_decode(view, at + header_length, at + length);
    return event == WIRE_OK && length > end - at ? WIRE_IPV4_TOTAL_LENGTH : event;
}
