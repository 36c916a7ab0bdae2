// The UDP payloads of a recorded capture: little-endian classic pcap of Ethernet frames, IPv4 and
// IPv6 without extension headers, no fragments. Enough to test message decoders on real bytes
// without the floors that read files and packets.
#pragma once

#include "base/span.h"

#include <stdio.h>
#include <stdlib.h>

struct pcap_udp {
    uint8_t *data;
    size_t len, at;
    struct span payload; // of the datagram found last
    uint32_t wire_size;  // by the UDP header
    uint16_t src_port, dst_port;
};

// False when there is no such file in the folder of recorded data.
static inline bool pcap_udp_open(struct pcap_udp *u, const char *name)
{
    const char *shared = getenv("PKTVISOR_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/captures/%s", shared ? shared : ".", name);
    *u = (struct pcap_udp){.data = NULL};
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    enum { FILE_MAX = 4 << 20, FILE_HEADER = 24 };
    u->data = malloc(FILE_MAX);
    u->len = u->data ? fread(u->data, 1, FILE_MAX, f) : 0;
    u->at = FILE_HEADER;
    fclose(f);
    return u->len > FILE_HEADER;
}

static inline void pcap_udp_close(struct pcap_udp *u)
{
    free(u->data);
}

static inline uint16_t pcap_udp_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

// The UDP datagram of one frame, if it is one.
static inline bool pcap_udp_parse(struct pcap_udp *u, struct span frame)
{
    enum { ETHERNET = 14, IPV6 = 40, UDP = 8, PROTOCOL_UDP = 17 };
    if (frame.len < ETHERNET + IPV6 + UDP)
        return false;
    const uint8_t *ip = frame.ptr + ETHERNET;
    unsigned ethertype = pcap_udp_be16(frame.ptr + 12);
    bool v4 = ethertype == 0x0800 && ip[9] == PROTOCOL_UDP && (pcap_udp_be16(ip + 6) & 0x3fff) == 0;
    bool v6 = ethertype == 0x86dd && ip[6] == PROTOCOL_UDP;
    if (!v4 && !v6)
        return false;
    const uint8_t *udp = ip + (v4 ? (size_t)(ip[0] & 0xf) * 4 : IPV6);
    size_t captured = (size_t)(frame.ptr + frame.len - udp);
    if (captured < UDP || pcap_udp_be16(udp + 4) < UDP)
        return false;
    u->src_port = pcap_udp_be16(udp);
    u->dst_port = pcap_udp_be16(udp + 2);
    u->wire_size = (uint32_t)pcap_udp_be16(udp + 4) - UDP;
    captured -= UDP;
    u->payload = span_of(udp + UDP, captured < u->wire_size ? captured : u->wire_size);
    return true;
}

// Moves to the next datagram with this port on either side; false at the end.
static inline bool pcap_udp_next(struct pcap_udp *u, uint16_t port)
{
    enum { RECORD_HEADER = 16, CAPTURED_AT = 8 };
    while (u->len - u->at >= RECORD_HEADER) {
        uint32_t captured;
        memcpy(&captured, u->data + u->at + CAPTURED_AT, sizeof captured);
        u->at += RECORD_HEADER;
        if (captured > u->len - u->at)
            return false;
        struct span frame = span_of(u->data + u->at, captured);
        u->at += captured;
        if (pcap_udp_parse(u, frame) && (u->src_port == port || u->dst_port == port))
            return true;
    }
    return false;
}
