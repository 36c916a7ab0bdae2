// One frame decoded once: offsets into the captured bytes, normalised addresses, ports, what was
// cut. Decoding allocates nothing, copies nothing but addresses, and never reads outside the
// captured bytes. What is malformed is a named event (wire/events.h), never an error.
//
// "Captured" is what the capture holds, "wire" what was sent: a snapped packet uses what is there
// and reports the wire length.
#pragma once

#include "wire/address.h"
#include "wire/events.h"

// Link types as libpcap's LINKTYPE_ values (the numbers in capture files).
enum link_type {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_PPP_HDLC = 50,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_LINUX_SLL2 = 276,
};

enum l3_kind { L3_NONE, L3_IPV4, L3_IPV6 };
enum l4_kind { L4_OTHER, L4_UDP, L4_TCP };
enum direction { DIRECTION_UNKNOWN, DIRECTION_IN, DIRECTION_OUT }; // seen from the host

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

struct packet_view {
    int64_t time;                // ns since the epoch
    const uint8_t *frame;        // the captured bytes
    uint32_t captured;           // how many of them
    uint32_t wire;               // length of the frame as sent
    struct ip_address src, dst;  // zero where l3 is L3_NONE
    uint16_t src_port, dst_port; // 0 where l4 is L4_OTHER or the packet is a later fragment
    uint16_t link;               // enum link_type of the frame
    uint8_t l3;                  // enum l3_kind
    uint8_t l4;                  // enum l4_kind
    uint8_t protocol;            // IP protocol number behind all extension headers
    uint8_t direction;           // enum direction; set by the input, not by the decoder
    uint8_t tcp_flags;
    uint8_t event;       // enum wire_event: what is wrong with it; WIRE_OK when nothing
    bool fragment;       // any fragment (more to come, or offset > 0)
    bool later_fragment; // offset > 0: no L4 header in it
    uint32_t tcp_seq;
    uint32_t body_at;       // UDP or TCP payload: offset in frame
    uint32_t body_captured; // bytes of it that are there
    uint32_t body_wire;     // bytes of it that were sent (UDP: by the UDP length, also in a first
                            // fragment; TCP: by the IP length)
    uint32_t src_mac_at;    // offset of the Ethernet source address; 0: none
};

static inline struct span packet_body(const struct packet_view *p)
{
    return span_of(p->frame + p->body_at, p->body_captured);
}

// Fills everything but `time` and `direction`. frame must outlive the view. Returns view->event.
enum wire_event packet_decode(struct packet_view *view, unsigned link, const uint8_t *frame,
                              uint32_t captured, uint32_t wire);

// The outer addresses only, for spreading packets over workers: equal for both directions of a flow
// and for all fragments of a datagram; DHCP (ports 67, 68, 546, 547) always gives the same value,
// whatever the addresses. Cheap; takes malformed frames (they give some value).
uint64_t packet_spread(unsigned link, const uint8_t *frame, uint32_t captured);
