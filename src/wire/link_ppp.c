// PPP (RFC 1661), with or without the address and control bytes of HDLC framing (RFC 1662), and
// inside PPPoE sessions (RFC 2516); Cisco HDLC, which shares a link type with it.
//
//     PPP           [0xff 0x03]  protocol (one byte when it is odd, else two)
//     Cisco HDLC    0x0f or 0x8f, 0x00, EtherType
//     PPPoE         0                 1     2        4       6
//                   version and type  code  session  length  PPP protocol
#include "wire/bytes.h"
#include "wire/link.h"

enum { HDLC_HEADER = 2, HDLC_PPP = 0xff03, HDLC_CISCO_UNICAST = 0x0f00, HDLC_CISCO_ALL = 0x8f00 };
enum { PPPOE_HEADER = 6, PPPOE_LENGTH_AT = 4 };

enum {
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281, // RFC 3032
    PPP_MPLS_MULTICAST = 0x0283,
    ETHERTYPE_MPLS = 0x8847,
};

static uint16_t protocol_ethertype(unsigned protocol)
{
    switch (protocol) {
    case PPP_IPV4:
        return ETHERTYPE_IPV4;
    case PPP_IPV6:
        return ETHERTYPE_IPV6;
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        return ETHERTYPE_MPLS;
    default:
        return ETHERTYPE_NONE;
    }
}

static enum wire_event ppp_protocol(struct link_layer *layer)
{
    if (!link_has(layer, 1))
        return WIRE_LINK_SHORT;
    const uint8_t *field = layer->frame + layer->at;
    uint32_t size = field[0] & 1 ? 1 : 2;
    if (!link_has(layer, size))
        return WIRE_LINK_SHORT;
    layer->at += size;
    layer->ethertype = protocol_ethertype(size == 1 ? field[0] : load_be16(field));
    return WIRE_OK;
}

static enum wire_event cisco_hdlc(struct link_layer *layer)
{
    if (!link_has(layer, HDLC_HEADER + 2))
        return WIRE_LINK_SHORT;
    uint16_t type = load_be16(layer->frame + layer->at + HDLC_HEADER);
    layer->at += HDLC_HEADER + 2;
    layer->ethertype = type < ETHERTYPE_MIN ? (uint16_t)ETHERTYPE_NONE : type;
    return WIRE_OK;
}

enum wire_event link_ppp(struct link_layer *layer)
{
    if (!link_has(layer, HDLC_HEADER))
        return WIRE_LINK_SHORT;
    uint16_t framing = load_be16(layer->frame + layer->at);
    if (framing == HDLC_CISCO_UNICAST || framing == HDLC_CISCO_ALL)
        return cisco_hdlc(layer);
    if (framing == HDLC_PPP)
        layer->at += HDLC_HEADER;
    return ppp_protocol(layer);
}

enum wire_event link_pppoe(struct link_layer *layer)
{
    if (!link_has(layer, PPPOE_HEADER))
        return WIRE_LINK_SHORT;
    uint32_t length = load_be16(layer->frame + layer->at + PPPOE_LENGTH_AT);
    layer->at += PPPOE_HEADER;
    link_limit(layer, length);
    return ppp_protocol(layer);
}
