#include "input/mock/frame.h"

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_IPV6 = 0x86dd,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ICMPV6 = 58,
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    HOPS = 64,
    DONT_FRAGMENT = 0x4000,
    WINDOW = 0xffff,
    ECHO_DATA = 56,
};

static const uint8_t broadcast[MOCK_MAC] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

void mock_mac(const struct ip_address *ip, uint8_t mac[static MOCK_MAC])
{
    bool v4 = ip_is_v4(ip);
    const uint8_t *low = ip->bytes + IP_V4_AT;
    static const uint8_t v4_broadcast[4] = {255, 255, 255, 255};
    if (v4 && memcmp(low, v4_broadcast, sizeof v4_broadcast) == 0) {
        memcpy(mac, broadcast, MOCK_MAC);
        return;
    }
    bool multicast = !v4 && ip->bytes[0] == 0xff;
    mac[0] = multicast ? 0x33 : 0x02; // RFC 2464 7; else locally administered
    mac[1] = multicast ? 0x33 : !v4;
    memcpy(mac + 2, low, 4);
}

static void put_ethernet(struct mock_out *out, const struct mock_path *path, unsigned ethertype)
{
    uint8_t src[MOCK_MAC], dst[MOCK_MAC];
    mock_mac(&path->src, src);
    mock_mac(&path->dst, dst);
    out_bytes(out, path->dst_mac ? path->dst_mac : dst, MOCK_MAC);
    out_bytes(out, path->src_mac ? path->src_mac : src, MOCK_MAC);
    out_u16(out, ethertype);
}

// Sum of 16-bit words (RFC 1071), four at a time: the order of addition does not matter.
static uint64_t add_words(uint64_t sum, const uint8_t *bytes, size_t len)
{
    for (; len >= 4; bytes += 4, len -= 4) {
        uint32_t word;
        memcpy(&word, bytes, sizeof word);
        sum += word;
    }
    if (len > 0) {
        uint32_t word = 0;
        memcpy(&word, bytes, len);
        sum += word;
    }
    return sum;
}

// In the byte order of the words that were added: stored as it is.
static void store_checksum(uint8_t *at, uint64_t sum, bool udp)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    uint16_t value = (uint16_t)~sum;
    if (udp && value == 0)
        value = 0xffff; // 0 says that there is none
    memcpy(at, &value, sizeof value);
}

static void put_ipv4(struct mock_out *out, const struct mock_path *path, unsigned id,
                     unsigned protocol, uint32_t len)
{
    uint32_t at = out->len;
    out_u16(out, 0x4500);
    out_u16(out, IPV4_HEADER + len);
    out_u16(out, id & 0xffff);
    out_u16(out, DONT_FRAGMENT);
    out_u16(out, HOPS << 8 | protocol);
    out_u16(out, 0);
    out_bytes(out, path->src.bytes + IP_V4_AT, 4);
    out_bytes(out, path->dst.bytes + IP_V4_AT, 4);
    store_checksum(out->bytes + at + 10, add_words(0, out->bytes + at, IPV4_HEADER), false);
}

static void put_ipv6(struct mock_out *out, const struct mock_path *path, unsigned protocol,
                     uint32_t len)
{
    out_u32(out, 0x60000000);
    out_u16(out, len);
    out_u16(out, protocol << 8 | HOPS);
    out_bytes(out, path->src.bytes, sizeof path->src.bytes);
    out_bytes(out, path->dst.bytes, sizeof path->dst.bytes);
}

static void put_ip(struct mock_out *out, const struct mock_path *path, unsigned id,
                   unsigned protocol, uint32_t len)
{
    put_ethernet(out, path, path->v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
    if (path->v6)
        put_ipv6(out, path, protocol, len);
    else
        put_ipv4(out, path, id, protocol, len);
}

// Of all from `at` to the end, with the pseudo header where the protocol has one.
static void set_checksum(struct mock_out *out, const struct mock_path *path, unsigned protocol,
                         uint32_t at, uint32_t field)
{
    uint32_t len = out->len - at;
    uint64_t sum = 0;
    if (protocol != PROTOCOL_ICMP) {
        unsigned size = path->v6 ? 16 : 4;
        sum = add_words(sum, path->src.bytes + 16 - size, size);
        sum = add_words(sum, path->dst.bytes + 16 - size, size);
        sum += __builtin_bswap32(len) + (uint64_t)__builtin_bswap32(protocol);
    }
    store_checksum(out->bytes + at + field, add_words(sum, out->bytes + at, len),
                   protocol == PROTOCOL_UDP);
}

void mock_frame_udp(struct mock_out *out, const struct mock_path *path, unsigned id,
                    struct span payload)
{
    enum { HEADER = 8, CHECKSUM = 6 };
    uint32_t len = HEADER + (uint32_t)payload.len;
    put_ip(out, path, id, PROTOCOL_UDP, len);
    uint32_t at = out->len;
    out_u16(out, path->src_port);
    out_u16(out, path->dst_port);
    out_u16(out, len);
    out_u16(out, 0);
    out_bytes(out, payload.ptr, (uint32_t)payload.len);
    set_checksum(out, path, PROTOCOL_UDP, at, CHECKSUM);
}

void mock_frame_tcp(struct mock_out *out, const struct mock_path *path, unsigned id,
                    const struct mock_segment *segment, struct span payload)
{
    enum { HEADER = 20, WORDS = HEADER / 4, CHECKSUM = 16 };
    put_ip(out, path, id, PROTOCOL_TCP, HEADER + (uint32_t)payload.len);
    uint32_t at = out->len;
    out_u16(out, path->src_port);
    out_u16(out, path->dst_port);
    out_u32(out, segment->seq);
    out_u32(out, segment->flags & TCP_ACK ? segment->ack : 0);
    out_u16(out, WORDS << 12 | segment->flags);
    out_u16(out, WINDOW);
    out_u32(out, 0);
    out_bytes(out, payload.ptr, (uint32_t)payload.len);
    set_checksum(out, path, PROTOCOL_TCP, at, CHECKSUM);
}

void mock_frame_echo(struct mock_out *out, const struct mock_path *path, unsigned id, bool reply,
                     unsigned sequence)
{
    enum { HEADER = 8, CHECKSUM = 2, REQUEST_V4 = 8, REQUEST_V6 = 128, REPLY_V6 = 129 };
    unsigned protocol = path->v6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
    put_ip(out, path, id, protocol, HEADER + ECHO_DATA);
    uint32_t at = out->len;
    unsigned type_v6 = reply ? REPLY_V6 : REQUEST_V6, type_v4 = reply ? 0 : REQUEST_V4;
    out_u16(out, (path->v6 ? type_v6 : type_v4) << 8);
    out_u16(out, 0);
    out_u16(out, id & 0xffff);
    out_u16(out, sequence);
    for (unsigned i = 0; i < ECHO_DATA; i++)
        out_u8(out, i);
    set_checksum(out, path, protocol, at, CHECKSUM);
}

void mock_frame_arp(struct mock_out *out, const struct mock_path *path, bool reply)
{
    static const uint8_t unknown[MOCK_MAC];
    uint8_t src[MOCK_MAC], dst[MOCK_MAC];
    mock_mac(&path->src, src);
    mock_mac(&path->dst, dst);
    struct mock_path link = *path;
    link.dst_mac = reply ? NULL : broadcast;
    put_ethernet(out, &link, ETHERTYPE_ARP);
    out_u16(out, 1); // Ethernet
    out_u16(out, ETHERTYPE_IPV4);
    out_u16(out, MOCK_MAC << 8 | 4);
    out_u16(out, reply ? 2 : 1);
    out_bytes(out, src, MOCK_MAC);
    out_bytes(out, path->src.bytes + IP_V4_AT, 4);
    out_bytes(out, reply ? dst : unknown, MOCK_MAC);
    out_bytes(out, path->dst.bytes + IP_V4_AT, 4);
}
