// UDP, RFC 768:      0         2              4       6         8
//                    src port  dst port       length  checksum  payload
//
// TCP, RFC 9293:     0         2              4               8    12           13     20
//                    src port  dst port       sequence number ack  data offset  flags  options…
#include "wire/bytes.h"
#include "wire/ip.h"

enum { DESTINATION_AT = 2, PORTS = 4 };
enum { UDP_LENGTH_AT = 4, UDP_HEADER = 8 };
enum { TCP_SEQUENCE_AT = 4, TCP_OFFSET_AT = 12, TCP_FLAGS_AT = 13, TCP_READ = 14, TCP_HEADER = 20 };

static inline uint32_t bytes_there(const struct packet_view *view, uint32_t at)
{
    return view->captured > at ? view->captured - at : 0;
}

static inline void take_ports(struct packet_view *view, const uint8_t *header)
{
    view->src_port = load_be16(header);
    view->dst_port = load_be16(header + DESTINATION_AT);
}

// The capture or the packet ends inside the header: the ports may still be there.
static enum wire_event header_short(struct packet_view *view, uint32_t at, uint32_t end,
                                    enum wire_event event)
{
    if (bytes_there(view, at) >= PORTS && end >= at + PORTS)
        take_ports(view, view->frame + at);
    return event;
}

static inline enum wire_event udp_decode(struct packet_view *view, uint32_t at, uint32_t end)
{
    if (bytes_there(view, at) < UDP_HEADER || end < at + UDP_HEADER)
        return header_short(view, at, end, WIRE_UDP_SHORT);
    const uint8_t *header = view->frame + at;
    take_ports(view, header);
    uint32_t length = load_be16(header + UDP_LENGTH_AT);
    ip_set_body(view, at + UDP_HEADER, end);
    if (length == 0) // a jumbogram's (RFC 2675), or not filled in yet
        return WIRE_OK;
    if (length < UDP_HEADER) {
        ip_set_body(view, at + UDP_HEADER, at + UDP_HEADER);
        return WIRE_UDP_LENGTH;
    }
    uint32_t payload = length - UDP_HEADER;
    if (payload > view->body_wire && !view->fragment)
        return WIRE_UDP_LENGTH;
    view->body_wire = payload;
    if (view->body_captured > payload)
        view->body_captured = payload;
    return WIRE_OK;
}

static inline enum wire_event tcp_decode(struct packet_view *view, uint32_t at, uint32_t end)
{
    if (bytes_there(view, at) < TCP_READ || end < at + TCP_HEADER)
        return header_short(view, at, end, WIRE_TCP_SHORT);
    const uint8_t *header = view->frame + at;
    take_ports(view, header);
    view->tcp_seq = load_be32(header + TCP_SEQUENCE_AT);
    view->tcp_flags = header[TCP_FLAGS_AT];
    uint32_t header_length = (header[TCP_OFFSET_AT] >> 4) * 4u;
    if (header_length < TCP_HEADER || header_length > end - at)
        return WIRE_TCP_HEADER_LENGTH;
    ip_set_body(view, at + header_length, end);
    return WIRE_OK;
}

enum wire_event transport_decode(struct packet_view *view, uint32_t at, uint32_t end)
{
    uint8_t protocol = view->protocol;
    view->l4 = protocol == PROTOCOL_UDP ? L4_UDP : protocol == PROTOCOL_TCP ? L4_TCP : L4_OTHER;
    if (view->l4 == L4_OTHER || view->later_fragment) {
        ip_set_body(view, at, end);
        return WIRE_OK;
    }
    return view->l4 == L4_UDP ? udp_decode(view, at, end) : tcp_decode(view, at, end);
}
