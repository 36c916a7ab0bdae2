// One frame decoded once: offsets into the captured bytes, normalised addresses, ports, what was
// cut. Decoding allocates nothing, copies nothing but addresses, and never reads outside the
// captured bytes. What is malformed is a named event (wire/events.h), never an error: as much of
// the view is filled as can be trusted.
//
// "Captured" is what the capture holds, "wire" what was sent: a snapped packet uses what is there
// and reports the wire length. Only a header that the capture cut off is an event (…_SHORT,
// IPV6_EXTENSION); a body that it cut off is not.
//
// Addresses and ports are those of the outermost IP header: tunnels are not looked into.
#pragma once

#include "wire/address.h"
#include "wire/events.h"

// Link types: name, value as libpcap's LINKTYPE_ (the numbers in capture files), decoder. A new
// link type is one row and one file wire/link_….c.
#define LINK_TYPES(LINK)                                                                      \
    LINK(NULL, 0, link_null)                                                                  \
    LINK(ETHERNET, 1, link_ethernet)                                                          \
    LINK(PPP, 9, link_ppp)                                                                    \
    LINK(RAW_BSD, 12, link_raw)     /* DLT_RAW where a program wrote the DLT into the file */ \
    LINK(RAW_OPENBSD, 14, link_raw) /* DLT_RAW of OpenBSD, likewise */                        \
    LINK(PPP_HDLC, 50, link_ppp)                                                              \
    LINK(RAW, 101, link_raw)                                                                  \
    LINK(LOOP, 108, link_null)                                                                \
    LINK(LINUX_SLL, 113, link_cooked)                                                         \
    LINK(IPV4, 228, link_raw)                                                                 \
    LINK(IPV6, 229, link_raw)                                                                 \
    LINK(LINUX_SLL2, 276, link_cooked2)

enum link_type {
#define LINK_ENUM(name, value, decoder) LINK_##name = value,
    LINK_TYPES(LINK_ENUM)
#undef LINK_ENUM
};

enum l3_kind { L3_NONE, L3_IPV4, L3_IPV6 };
enum l4_kind { L4_OTHER, L4_UDP, L4_TCP };
enum direction { DIRECTION_UNKNOWN, DIRECTION_IN, DIRECTION_OUT }; // seen from the host

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

struct packet_view {
    int64_t time;                // ns since the epoch; set by the input
    int64_t second;              // whole seconds of it, rounded down; set by the input
    const uint8_t *frame;        // the captured bytes
    uint32_t captured;           // how many of them
    uint32_t wire;               // length of the frame as sent
    struct ip_address src, dst;  // zero where l3 is L3_NONE
    uint16_t src_port, dst_port; // 0 where l4 is L4_OTHER, the packet is a later fragment or was
                                 // cut before them
    uint16_t link;               // enum link_type of the frame (lower 16 bits of what was given)
    uint8_t l3;                  // enum l3_kind
    uint8_t l4;                  // enum l4_kind, by the protocol number
    uint8_t protocol;            // IP protocol number behind all extension headers
    uint8_t direction;           // enum direction; set by the input, not by the decoder
    uint8_t tcp_flags;
    uint8_t event;       // enum wire_event: what is wrong with it; WIRE_OK when nothing
    bool fragment;       // any fragment (more to come, or offset > 0)
    bool later_fragment; // offset > 0: no L4 header in it
    uint32_t tcp_seq;
    uint32_t body_at;       // what UDP or TCP carry: offset in frame. In a later fragment and where
                            // l4 is L4_OTHER, what IP carries; without IP nothing
    uint32_t body_captured; // bytes of it that are there; body_at + body_captured <= captured
    uint32_t body_wire;     // bytes of it that were sent (UDP: by the UDP length, also in a first
                            // fragment; else by the IP length); at least body_captured
    uint32_t src_mac_at;    // offset of the Ethernet source address; 0: none
};

static inline struct span packet_body(const struct packet_view *p)
{
    return span_of(p->frame + p->body_at, p->body_captured);
}

// Fills everything but `time`, `second` and `direction`. frame must outlive the view. A wire length
// below the captured one is taken as equal to it. Returns view->event.
enum wire_event packet_decode(struct packet_view *view, unsigned link, const uint8_t *frame,
                              uint32_t captured, uint32_t wire);

// A hash of the outer addresses, for spreading packets over workers: worker = hash % workers. Equal
// for both directions of a flow and for all fragments of a datagram, the same in every run, and the
// same as the kernel's program computes for Ethernet with VLAN tags (wire/spread.h). SPREAD_FIXED
// for what has to meet whatever its addresses: DHCP (UDP ports 67, 68, 546, 547, behind IPv4
// options and an IPv6 fragment header, behind no other extension header), UDP whose ports were cut
// off, and what is not IP. Later fragments have no ports: those of DHCP, which no handler reads, go
// by their addresses. Cheap; takes malformed frames (they give some value).
enum { SPREAD_FIXED = 0 };
uint32_t packet_spread(unsigned link, const uint8_t *frame, uint32_t captured);
