// IP and what it carries, into a view. `at` is the offset where the header begins, `end` where the
// layer ends on the wire (it may lie beyond what was captured). Each function fills what it learns
// and returns what is wrong: the innermost event, because streams ask whether the TCP header can be
// trusted. Internal to this floor.
#pragma once

#include "wire/packet.h"

enum ip_protocol {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_NONE = 59,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_HIP = 139,
    PROTOCOL_SHIM6 = 140,
};

enum wire_event ipv4_decode(struct packet_view *view, uint32_t at, uint32_t end);
enum wire_event ipv6_decode(struct packet_view *view, uint32_t at, uint32_t end);

// UDP, TCP or another protocol: view->protocol and the fragment flags are set.
enum wire_event transport_decode(struct packet_view *view, uint32_t at, uint32_t end);

// Bytes of [at, end) that are missing in the wire lengths are none, those that the capture lacks
// are not there.
static inline void ip_set_body(struct packet_view *view, uint32_t at, uint32_t end)
{
    uint32_t sent = end > at ? end - at : 0;
    uint32_t there = view->captured > at ? view->captured - at : 0;
    view->body_at = at < view->captured ? at : view->captured;
    view->body_wire = sent;
    view->body_captured = there < sent ? there : sent;
}
