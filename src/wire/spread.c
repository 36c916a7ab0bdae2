// Which packets must meet in one worker: those of the same two addresses, either way round.
#include "wire/spread.h"

#include "wire/bytes.h"
#include "wire/ip.h"
#include "wire/link.h"

enum { ETHERNET_TYPE_AT = 12, ETHERNET_HEADER = 14, PORTS = 4 };

_Static_assert((int)SPREAD_TAGS_MAX == (int)LINK_VLANS_MAX, "the kernel follows as many tags");

static uint32_t spread_pair(uint32_t a, uint32_t b)
{
    uint32_t h = ((a + b) * SPREAD_SUM) ^ (a ^ b);
    h ^= h >> SPREAD_SHIFT_1;
    h *= SPREAD_MIX;
    return h ^ h >> SPREAD_SHIFT_2;
}

static uint32_t fold(const uint8_t *address)
{
    uint32_t h = load_be32(address) * SPREAD_FOLD + load_be32(address + 4);
    h = h * SPREAD_FOLD + load_be32(address + 8);
    return h * SPREAD_FOLD + load_be32(address + 12);
}

static bool is_dhcp_port(unsigned port)
{
    unsigned above = port - SPREAD_DHCP_FIRST;
    unsigned range = SPREAD_DHCP_LAST - SPREAD_DHCP_FIRST;
    return above <= range && (above <= 1 || above >= range - 1);
}

// Ports that are not there may be DHCP's.
static bool may_be_dhcp(const uint8_t *ip, uint32_t left, uint32_t at)
{
    return left < at + PORTS || is_dhcp_port(load_be16(ip + at)) ||
           is_dhcp_port(load_be16(ip + at + 2));
}

static uint32_t spread_v4(const uint8_t *ip, uint32_t left)
{
    if (left < IPV4_HEADER)
        return SPREAD_FIXED;
    if (ip[IPV4_PROTOCOL_AT] == PROTOCOL_UDP &&
        !(load_be16(ip + IPV4_FRAGMENT_AT) & IPV4_LATER_FRAGMENT) &&
        may_be_dhcp(ip, left, (ip[0] & 15u) * 4u))
        return SPREAD_FIXED;
    return spread_pair(load_be32(ip + IPV4_ADDRESSES_AT), load_be32(ip + IPV4_ADDRESSES_AT + 4));
}

static bool may_be_fragmented_dhcp(const uint8_t *ip, uint32_t left)
{
    if (left < IPV6_FRAGMENT_AT + 2)
        return true;
    return ip[IPV6_HEADER] == PROTOCOL_UDP &&
           !(load_be16(ip + IPV6_FRAGMENT_AT) & IPV6_LATER_FRAGMENT) &&
           may_be_dhcp(ip, left, IPV6_HEADER + IPV6_FRAGMENT_HEADER);
}

static uint32_t spread_v6(const uint8_t *ip, uint32_t left)
{
    if (left < IPV6_HEADER)
        return SPREAD_FIXED;
    if (ip[IPV6_NEXT_AT] == PROTOCOL_UDP && may_be_dhcp(ip, left, IPV6_HEADER))
        return SPREAD_FIXED;
    if (ip[IPV6_NEXT_AT] == PROTOCOL_FRAGMENT && may_be_fragmented_dhcp(ip, left))
        return SPREAD_FIXED;
    return spread_pair(fold(ip + IPV6_ADDRESSES_AT), fold(ip + IPV6_ADDRESSES_AT + 16));
}

static uint32_t spread_ip(uint16_t ethertype, const uint8_t *ip, uint32_t left)
{
    if (ethertype == ETHERTYPE_IPV4)
        return spread_v4(ip, left);
    return ethertype == ETHERTYPE_IPV6 ? spread_v6(ip, left) : (uint32_t)SPREAD_FIXED;
}

static uint32_t spread_any(unsigned link, const uint8_t *frame, uint32_t captured)
{
    struct link_layer layer = {.frame = frame, .captured = captured, .end = captured};
    if (link_peel(&layer, link) != WIRE_OK)
        return SPREAD_FIXED;
    return spread_ip(layer.ethertype, frame + layer.at, captured - layer.at);
}

uint32_t packet_spread(unsigned link, const uint8_t *frame, uint32_t captured)
{
    if ((uint16_t)link == LINK_ETHERNET && captured >= ETHERNET_HEADER) {
        uint16_t ethertype = load_be16(frame + ETHERNET_TYPE_AT);
        if (ethertype == ETHERTYPE_IPV4 || ethertype == ETHERTYPE_IPV6)
            return spread_ip(ethertype, frame + ETHERNET_HEADER, captured - ETHERNET_HEADER);
    }
    return spread_any((uint16_t)link, frame, captured);
}
