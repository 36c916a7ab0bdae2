#include "wire/packet.h"

#include "wire/bytes.h"
#include "wire/ip.h"
#include "wire/link.h"

enum { ETHERNET_SOURCE_AT = 6, ETHERNET_TYPE_AT = 12, ETHERNET_HEADER = 14 };

// Longer frames are read up to here, so that offsets plus lengths of 16 bits never overflow.
enum { FRAME_MAX = 1 << 30 };

static inline uint32_t at_most(uint32_t value, uint32_t limit)
{
    return value < limit ? value : limit;
}

static inline void start_view(struct packet_view *view, unsigned link, const uint8_t *frame,
                              uint32_t captured, uint32_t wire)
{
    view->frame = frame;
    view->captured = captured;
    view->wire = wire;
    view->src = view->dst = (struct ip_address){{0}};
    view->src_port = view->dst_port = 0;
    view->link = (uint16_t)link; // the upper bits of a file's field mean other things
    view->l3 = L3_NONE;
    view->l4 = L4_OTHER;
    view->protocol = 0;
    view->tcp_flags = 0;
    view->fragment = view->later_fragment = false;
    view->tcp_seq = 0;
    view->body_at = captured;
    view->body_captured = view->body_wire = 0;
    view->src_mac_at = 0;
}

static inline enum wire_event decode_network(struct packet_view *view, uint16_t ethertype,
                                             uint32_t at, uint32_t end)
{
    if (ethertype == ETHERTYPE_IPV4)
        return ipv4_decode(view, at, end);
    if (ethertype == ETHERTYPE_IPV6)
        return ipv6_decode(view, at, end);
    return WIRE_OK;
}

static enum wire_event decode_layers(struct packet_view *view, uint32_t end)
{
    struct link_layer layer = {
        .frame = view->frame, .captured = view->captured, .end = end, .ethertype = ETHERTYPE_NONE};
    enum wire_event event = link_peel(&layer, view->link);
    view->src_mac_at = layer.src_mac_at;
    return event ? event : decode_network(view, layer.ethertype, layer.at, layer.end);
}

// The frame that most frames are needs no walk: Ethernet without tags.
static inline bool is_plain_ip(const struct packet_view *view, uint16_t *ethertype)
{
    if (view->link != LINK_ETHERNET || view->captured < ETHERNET_HEADER)
        return false;
    *ethertype = load_be16(view->frame + ETHERNET_TYPE_AT);
    return *ethertype == ETHERTYPE_IPV4 || *ethertype == ETHERTYPE_IPV6;
}

enum wire_event packet_decode(struct packet_view *view, unsigned link, const uint8_t *frame,
                              uint32_t captured, uint32_t wire)
{
    captured = at_most(captured, FRAME_MAX);
    wire = wire > captured ? wire : captured;
    start_view(view, link, frame, captured, wire);
    uint32_t end = at_most(wire, FRAME_MAX);
    uint16_t ethertype;
    enum wire_event event;
    if (is_plain_ip(view, &ethertype)) {
        view->src_mac_at = ETHERNET_SOURCE_AT;
        event = decode_network(view, ethertype, ETHERNET_HEADER, end);
    } else {
        event = decode_layers(view, end);
    }
    view->event = (uint8_t)event;
    return event;
}
