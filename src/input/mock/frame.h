// Ethernet frames of made traffic: IPv4 (RFC 791), IPv6 (RFC 8200), UDP, TCP, ICMP, ARP, with valid
// lengths and checksums.
#pragma once

#include "input/mock/out.h"
#include "wire/packet.h"

enum {
    MOCK_MAC = 6,
    MOCK_PAYLOAD_MAX = 1440, // of UDP and TCP: what fits behind an IPv6 header in MOCK_FRAME_MAX
};

// From one end to the other. MAC addresses follow from the IP addresses unless they are told.
struct mock_path {
    bool v6;
    struct ip_address src, dst;
    uint16_t src_port, dst_port;
    const uint8_t *src_mac, *dst_mac; // NULL: as said
};

struct mock_segment {
    uint32_t seq, ack;
    uint8_t flags; // enum tcp_flag
};

// The hardware address that belongs to an IP address.
void mock_mac(const struct ip_address *ip, uint8_t mac[static MOCK_MAC]);

// Each appends a whole frame to an empty `out`. `id` is the IPv4 identification.
void mock_frame_udp(struct mock_out *out, const struct mock_path *path, unsigned id,
                    struct span payload);
void mock_frame_tcp(struct mock_out *out, const struct mock_path *path, unsigned id,
                    const struct mock_segment *segment, struct span payload);
void mock_frame_echo(struct mock_out *out, const struct mock_path *path, unsigned id, bool reply,
                     unsigned sequence);
void mock_frame_arp(struct mock_out *out, const struct mock_path *path, bool reply);
