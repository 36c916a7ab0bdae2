// Packets from the network layer up: IPv4 (RFC 791), IPv6 (RFC 8200), UDP, TCP, ICMP, ARP, with
// valid lengths and checksums. Each function appends to a frame whose link header is already there.
#pragma once

#include "address.h"
#include "put.h"

enum {
    FRAME_ROOM = 65536 + 256, // the greatest IP packet and any link header
    MAC_SIZE = 6,
    TCP_MSS = 1448,
};

enum ip_protocol {
    IP_HOP_BY_HOP = 0,
    IP_ICMP = 1,
    IP_TCP = 6,
    IP_UDP = 17,
    IP_FRAGMENT = 44,
    IP_ICMPV6 = 58
};

enum ethertype {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_PPPOE = 0x8864,
    ETHERTYPE_QINQ = 0x88a8
};

enum tcp_bit { BIT_FIN = 1, BIT_SYN = 2, BIT_RST = 4, BIT_PSH = 8, BIT_ACK = 16 };

struct tcp_fields {
    uint32_t seq, ack;
    uint8_t bits; // enum tcp_bit
};

// A part of a datagram; offsets are multiples of 8. {0, false}: not a fragment.
struct fragment {
    uint16_t offset;
    bool more;
    uint32_t id;
};

unsigned ethertype_of(const struct path *path);
void frame_ethernet(struct put *frame, const uint8_t dst[static 6], const uint8_t src[static 6],
                    unsigned ethertype);

// id: the IPv4 identification (IPv6 has none outside fragments).
void frame_udp(struct put *frame, const struct path *path, unsigned id, struct span payload);
void frame_tcp(struct put *frame, const struct path *path, unsigned id,
               const struct tcp_fields *tcp, struct span payload);
void frame_echo(struct put *frame, const struct path *path, unsigned id, bool reply,
                unsigned sequence, struct span payload);
void frame_arp(struct put *frame, bool reply, const uint8_t src_mac[static 6],
               const uint8_t dst_mac[static 6], const struct address *src,
               const struct address *dst);

// The UDP header and payload alone, to be cut into fragments.
void put_udp(struct put *out, const struct path *path, struct span payload);
void frame_fragment(struct put *frame, const struct path *path, unsigned protocol,
                    struct fragment fragment, struct span part);
// IPv6 with hop-by-hop and destination options, IPv4 with a router alert, before UDP.
void frame_udp_with_options(struct put *frame, const struct path *path, unsigned id,
                            struct span payload);
