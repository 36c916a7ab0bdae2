//   IPv4  0: version 4, words; 1: class; 2: total length; 4: id; 6: flags and offset / 8; 8: ttl;
//         9: protocol; 10: checksum; 12: source; 16: destination; 20: options
//   IPv6  0: version 6, class, label; 4: length behind this header; 6: next; 7: hops; 8: source;
//         24: destination
//   UDP   0: source; 2: destination port; 4: length; 6: checksum
//   TCP   0: ports; 4: seq; 8: ack; 12: words, bits; 14: window; 16: checksum; 18: urgent
#include "frames.h"

enum {
    IPV4_HEADER = 20,
    IPV4_TOTAL_LENGTH_AT = 2,
    IPV4_CHECKSUM_AT = 10,
    IPV4_MORE = 0x2000,
    IPV4_DONT_FRAGMENT = 0x4000,
    IPV6_HEADER = 40,
    IPV6_LENGTH_AT = 4,
    UDP_HEADER = 8,
    UDP_LENGTH_AT = 4,
    UDP_CHECKSUM_AT = 6,
    TCP_CHECKSUM_AT = 16,
    ICMP_CHECKSUM_AT = 2,
    TTL = 61,
    TCP_WINDOW = 64240,
};

// The Internet checksum (RFC 1071) in the machine's byte order, which it does not depend on.
static uint64_t sum(uint64_t total, struct span bytes)
{
    const uint8_t *p = bytes.ptr;
    size_t n = bytes.len;
    for (; n >= 4; p += 4, n -= 4) {
        uint32_t word;
        memcpy(&word, p, sizeof word);
        total += word;
    }
    uint8_t rest[4] = {0};
    for (size_t i = 0; i < n; i++)
        rest[i] = p[i];
    uint32_t word;
    memcpy(&word, rest, sizeof word);
    return total + word;
}

static uint16_t folded(uint64_t total)
{
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return (uint16_t)~total;
}

// Checksum of what begins at `from`, with the pseudo header of UDP, TCP and ICMPv6.
static void set_checksum(struct put *frame, size_t from, size_t at, const struct path *path,
                         unsigned protocol)
{
    size_t len = frame->len - from;
    uint8_t pseudo[8] = {0};
    set_16(pseudo, (unsigned)(len >> 16));
    set_16(pseudo + 2, len & 0xffff);
    set_16(pseudo + 6, protocol);
    uint64_t total = sum(0, span_of(pseudo, sizeof pseudo));
    total = sum(total, address_span(&path->src));
    total = sum(total, address_span(&path->dst));
    uint16_t check = folded(sum(total, span_of(frame->bytes + from, len)));
    if (check == 0 && protocol == IP_UDP)
        check = 0xffff; // 0 would mean that there is none
    memcpy(frame->bytes + from + at, &check, sizeof check);
}

unsigned ethertype_of(const struct path *path)
{
    return path->src.family == FAMILY_IPV6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
}

void frame_ethernet(struct put *frame, const uint8_t dst[static 6], const uint8_t src[static 6],
                    unsigned ethertype)
{
    put_bytes(frame, dst, MAC_SIZE);
    put_bytes(frame, src, MAC_SIZE);
    put_16(frame, ethertype);
}

static void put_addresses(struct put *frame, const struct path *path)
{
    struct span src = address_span(&path->src), dst = address_span(&path->dst);
    put_bytes(frame, src.ptr, src.len);
    put_bytes(frame, dst.ptr, dst.len);
}

// The header of either family for `len` bytes behind it (and behind IPv4 options).
static void put_ip(struct put *frame, const struct path *path, unsigned id, unsigned flags,
                   unsigned protocol, struct span options, size_t len)
{
    size_t start = frame->len;
    if (path->src.family == FAMILY_IPV6) {
        put_32(frame, 0x60000000);
        put_16(frame, (unsigned)len);
        put_8(frame, protocol);
        put_8(frame, TTL);
        put_addresses(frame, path);
        return;
    }
    size_t header = IPV4_HEADER + options.len;
    put_8(frame, 0x40 | (unsigned)header / 4);
    put_8(frame, 0);
    put_16(frame, (unsigned)(header + len));
    put_16(frame, id & 0xffff);
    put_16(frame, flags);
    put_8(frame, TTL);
    put_8(frame, protocol);
    put_16(frame, 0);
    put_addresses(frame, path);
    put_bytes(frame, options.ptr, options.len);
    uint16_t check = folded(sum(0, span_of(frame->bytes + start, header)));
    memcpy(frame->bytes + start + IPV4_CHECKSUM_AT, &check, sizeof check);
}

static void put_plain_ip(struct put *frame, const struct path *path, unsigned id, unsigned protocol,
                         size_t len)
{
    put_ip(frame, path, id, IPV4_DONT_FRAGMENT, protocol, (struct span){0}, len);
}

void put_udp(struct put *out, const struct path *path, struct span payload)
{
    size_t start = out->len;
    put_16(out, path->src_port);
    put_16(out, path->dst_port);
    put_16(out, (unsigned)(UDP_HEADER + payload.len));
    put_16(out, 0);
    put_bytes(out, payload.ptr, payload.len);
    set_checksum(out, start, UDP_CHECKSUM_AT, path, IP_UDP);
}

void frame_udp(struct put *frame, const struct path *path, unsigned id, struct span payload)
{
    put_plain_ip(frame, path, id, IP_UDP, UDP_HEADER + payload.len);
    put_udp(frame, path, payload);
}

void frame_udp_with_options(struct put *frame, const struct path *path, unsigned id,
                            struct span payload)
{
    static const uint8_t router_alert[4] = {148, 4, 0, 0};
    static const uint8_t extensions[16] = {60,     0, 5, 2, 0, 0, 1, 0,  // hop-by-hop: router alert
                                           IP_UDP, 0, 1, 4, 0, 0, 0, 0}; // destination: padding
    if (path->src.family == FAMILY_IPV4) {
        put_ip(frame, path, id, 0, IP_UDP, span_of(router_alert, sizeof router_alert),
               UDP_HEADER + payload.len);
    } else {
        put_plain_ip(frame, path, id, IP_HOP_BY_HOP, sizeof extensions + UDP_HEADER + payload.len);
        put_bytes(frame, extensions, sizeof extensions);
    }
    put_udp(frame, path, payload);
}

void frame_tcp(struct put *frame, const struct path *path, unsigned id,
               const struct tcp_fields *tcp, struct span payload)
{
    static const uint8_t mss_option[4] = {2, 4, TCP_MSS >> 8, TCP_MSS & 0xff};
    bool syn = tcp->bits & BIT_SYN;
    size_t header = 20 + (syn ? sizeof mss_option : 0);
    put_plain_ip(frame, path, id, IP_TCP, header + payload.len);
    size_t start = frame->len;
    put_16(frame, path->src_port);
    put_16(frame, path->dst_port);
    put_32(frame, tcp->seq);
    put_32(frame, tcp->ack);
    put_8(frame, (unsigned)header / 4 << 4);
    put_8(frame, tcp->bits);
    put_16(frame, TCP_WINDOW);
    put_32(frame, 0);
    if (syn)
        put_bytes(frame, mss_option, sizeof mss_option);
    put_bytes(frame, payload.ptr, payload.len);
    set_checksum(frame, start, TCP_CHECKSUM_AT, path, IP_TCP);
}

void frame_echo(struct put *frame, const struct path *path, unsigned id, bool reply,
                unsigned sequence, struct span payload)
{
    bool v6 = path->src.family == FAMILY_IPV6;
    put_plain_ip(frame, path, id, v6 ? IP_ICMPV6 : IP_ICMP, 8 + payload.len);
    size_t start = frame->len;
    put_8(frame, v6 ? (reply ? 129 : 128) : (reply ? 0 : 8));
    put_8(frame, 0);
    put_16(frame, 0);
    put_16(frame, id & 0xffff);
    put_16(frame, sequence);
    put_bytes(frame, payload.ptr, payload.len);
    if (v6) {
        set_checksum(frame, start, ICMP_CHECKSUM_AT, path, IP_ICMPV6);
        return;
    }
    uint16_t check = folded(sum(0, span_of(frame->bytes + start, frame->len - start)));
    memcpy(frame->bytes + start + ICMP_CHECKSUM_AT, &check, sizeof check);
}

void frame_arp(struct put *frame, bool reply, const uint8_t src_mac[static 6],
               const uint8_t dst_mac[static 6], const struct address *src,
               const struct address *dst)
{
    static const uint8_t ethernet_ipv4[6] = {0, 1, 8, 0, 6, 4};
    static const uint8_t unknown[MAC_SIZE];
    put_bytes(frame, ethernet_ipv4, sizeof ethernet_ipv4);
    put_16(frame, reply ? 2 : 1);
    put_bytes(frame, src_mac, MAC_SIZE);
    put_bytes(frame, src->bytes, 4);
    put_bytes(frame, reply ? dst_mac : unknown, MAC_SIZE);
    put_bytes(frame, dst->bytes, 4);
}

void frame_fragment(struct put *frame, const struct path *path, unsigned protocol,
                    struct fragment fragment, struct span part)
{
    if (path->src.family == FAMILY_IPV4) {
        unsigned flags = fragment.offset / 8 | (fragment.more ? IPV4_MORE : 0);
        put_ip(frame, path, fragment.id, flags, protocol, (struct span){0}, part.len);
    } else {
        put_plain_ip(frame, path, 0, IP_FRAGMENT, 8 + part.len);
        put_8(frame, protocol);
        put_8(frame, 0);
        put_16(frame, fragment.offset | (fragment.more ? 1 : 0));
        put_32(frame, fragment.id);
    }
    put_bytes(frame, part.ptr, part.len);
}
