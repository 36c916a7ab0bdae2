// Lists of networks in CIDR notation (RFC 4632, RFC 4291 2.3): the host's own networks, from which
// the direction of a packet follows, and other lists of addresses.
//
// IPv4 and IPv6 networks are two lists; an address is looked for in its own. Networks that touch or
// contain each other are kept as one range, so a look-up is a binary search over disjoint ranges.
#pragma once

#include "base/error.h"
#include "wire/packet.h"

__extension__ typedef unsigned __int128 ip_number;

struct host_range {
    ip_number first, last;
};

struct host_ranges {
    struct host_range *ranges; // in order, disjoint
    size_t count, room;
};

struct host_spec {
    struct host_ranges v4, v6;
};

// An empty list; host_spec_done is always allowed behind it.
void host_spec_init(struct host_spec *spec);
void host_spec_done(struct host_spec *spec);

// Fills a spec that has been initialised and is empty. False: no memory.
bool host_spec_copy(struct host_spec *to, const struct host_spec *from);

// Adds the networks of a text, CIDRs separated by commas; the prefix length is mandatory, an empty
// text adds none. False with upstream's words (`invalid CIDR: X`, `invalid IPv4 address: A`,
// `invalid IPv6 address: A`): then nothing was added.
bool host_spec_parse(struct host_spec *spec, const char *text, struct error *err);

// Adds the network of an address: l3 is L3_IPV4 or L3_IPV6, prefix at most 32 or 128; bits behind
// it are ignored. False: no memory.
bool host_spec_add(struct host_spec *spec, unsigned l3, const struct ip_address *ip,
                   unsigned prefix, struct error *err);

// Whether the same addresses are in both.
bool host_spec_equal(const struct host_spec *a, const struct host_spec *b);

static inline ip_number ip_to_number(const struct ip_address *ip)
{
    uint64_t high, low;
    memcpy(&high, ip->bytes, sizeof high);
    memcpy(&low, ip->bytes + sizeof high, sizeof low);
    return (ip_number)__builtin_bswap64(high) << 64 | __builtin_bswap64(low);
}

// Without branches that depend on the address: it is as good as random.
static inline bool host_ranges_has(const struct host_ranges *list, const struct ip_address *ip)
{
    ip_number number = ip_to_number(ip);
    size_t at = 0, left = list->count;
    if (left == 0)
        return false;
    while (left > 1) { // the last range that does not begin behind the address
        size_t half = left / 2;
        at = list->ranges[at + half].first <= number ? at + half : at;
        left -= half;
    }
    const struct host_range *range = &list->ranges[at];
    return (range->first <= number) & (number <= range->last);
}

// l3 is L3_IPV4 or L3_IPV6 (L3_NONE is in no list). 0.0.0.0 never matches, as with upstream: it is
// no host's address.
static inline bool host_spec_has(const struct host_spec *spec, unsigned l3,
                                 const struct ip_address *ip)
{
    uint32_t v4;
    memcpy(&v4, ip->bytes + IP_V4_AT, sizeof v4);
    bool possible = l3 == L3_IPV4 ? v4 != 0 : l3 == L3_IPV6;
    return host_ranges_has(l3 == L3_IPV4 ? &spec->v4 : &spec->v6, ip) & possible;
}

// In when the destination is one of the host's addresses, even if the source is one too; out when
// the source is; else unknown.
static inline enum direction host_spec_direction(const struct host_spec *spec,
                                                 const struct packet_view *packet)
{
    bool in = host_spec_has(spec, packet->l3, &packet->dst);
    bool out = host_spec_has(spec, packet->l3, &packet->src);
    return in ? DIRECTION_IN : out ? DIRECTION_OUT : DIRECTION_UNKNOWN;
}
