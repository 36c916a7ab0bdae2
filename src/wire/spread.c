// Which packets must meet in one worker: those of the same two addresses, either way round.
#include "base/hash.h"
#include "wire/bytes.h"
#include "wire/ip.h"
#include "wire/link.h"

enum { ETHERNET_TYPE_AT = 12, ETHERNET_HEADER = 14 };
enum { IPV4_FRAGMENT_AT = 6, IPV4_PROTOCOL_AT = 9, IPV4_ADDRESSES_AT = 12, IPV4_HEADER = 20 };
enum { IPV4_PLAIN = 0x45, IPV4_IS_FRAGMENT = 0x3fff };
enum { IPV6_NEXT_AT = 6, IPV6_ADDRESSES_AT = 8, IPV6_HEADER = 40, IPV6_VERSION = 6 };
enum { PORTS = 4 };

// Fixed, so that two runs over one capture spread alike: digits of pi.
#define MIX_A 0x243f6a8885a308d3u
#define MIX_B 0x13198a2e03707344u

static bool is_dhcp_port(unsigned port)
{
    return port == 67 || port == 68 || port == 546 || port == 547;
}

static bool is_dhcp(unsigned src_port, unsigned dst_port)
{
    return is_dhcp_port(src_port) || is_dhcp_port(dst_port);
}

// Sum and exclusive or do not change when the two addresses change places.
static uint64_t spread_v4(const uint8_t *src, const uint8_t *dst)
{
    uint64_t a = load_be32(src), b = load_be32(dst);
    return hash_fold((a + b) ^ MIX_A, (a ^ b) ^ MIX_B);
}

static uint64_t spread_v6(const uint8_t *src, const uint8_t *dst)
{
    uint64_t a_high = hash_load64(src), a_low = hash_load64(src + 8);
    uint64_t b_high = hash_load64(dst), b_low = hash_load64(dst + 8);
    return hash_fold((a_high + b_high) ^ MIX_A, (a_low ^ b_low) ^ MIX_B) ^
           hash_fold((a_low + b_low) ^ MIX_B, (a_high ^ b_high) ^ MIX_A);
}

static uint64_t spread_view(const struct packet_view *view)
{
    if (view->l3 == L3_NONE || (view->l4 == L4_UDP && is_dhcp(view->src_port, view->dst_port)))
        return SPREAD_FIXED;
    if (view->l3 == L3_IPV4)
        return spread_v4(view->src.bytes + IP_V4_AT, view->dst.bytes + IP_V4_AT);
    return spread_v6(view->src.bytes, view->dst.bytes);
}

static uint64_t spread_any(unsigned link, const uint8_t *frame, uint32_t captured)
{
    struct packet_view view;
    packet_decode(&view, link, frame, captured, captured);
    return spread_view(&view);
}

static inline bool is_plain_v4(const uint8_t *ip, uint32_t left)
{
    if (left < IPV4_HEADER + PORTS || ip[0] != IPV4_PLAIN)
        return false;
    if (ip[IPV4_PROTOCOL_AT] == PROTOCOL_TCP)
        return true;
    return ip[IPV4_PROTOCOL_AT] == PROTOCOL_UDP &&
           !(load_be16(ip + IPV4_FRAGMENT_AT) & IPV4_IS_FRAGMENT);
}

static inline bool is_plain_v6(const uint8_t *ip, uint32_t left)
{
    return left >= IPV6_HEADER + PORTS && ip[0] >> 4 == IPV6_VERSION &&
           (ip[IPV6_NEXT_AT] == PROTOCOL_TCP || ip[IPV6_NEXT_AT] == PROTOCOL_UDP);
}

static inline bool is_plain_dhcp(uint8_t protocol, const uint8_t *ports)
{
    return protocol == PROTOCOL_UDP && is_dhcp(load_be16(ports), load_be16(ports + 2));
}

// Plain Ethernet and IP with nothing between header and ports; all else is decoded in full.
uint64_t packet_spread(unsigned link, const uint8_t *frame, uint32_t captured)
{
    if ((uint16_t)link != LINK_ETHERNET || captured < ETHERNET_HEADER)
        return spread_any(link, frame, captured);
    uint16_t ethertype = load_be16(frame + ETHERNET_TYPE_AT);
    const uint8_t *ip = frame + ETHERNET_HEADER;
    uint32_t left = captured - ETHERNET_HEADER;
    if (ethertype == ETHERTYPE_IPV4 && is_plain_v4(ip, left)) {
        if (is_plain_dhcp(ip[IPV4_PROTOCOL_AT], ip + IPV4_HEADER))
            return SPREAD_FIXED;
        return spread_v4(ip + IPV4_ADDRESSES_AT, ip + IPV4_ADDRESSES_AT + 4);
    }
    if (ethertype == ETHERTYPE_IPV6 && is_plain_v6(ip, left)) {
        if (is_plain_dhcp(ip[IPV6_NEXT_AT], ip + IPV6_HEADER))
            return SPREAD_FIXED;
        return spread_v6(ip + IPV6_ADDRESSES_AT, ip + IPV6_ADDRESSES_AT + 16);
    }
    return spread_any(link, frame, captured);
}
