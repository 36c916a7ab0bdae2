#include "input/host_spec.h"

#include "base/memory.h"

#include <arpa/inet.h>

enum { IP_BITS = 128, V4_BITS = 32 };

void host_spec_init(struct host_spec *spec)
{
    *spec = (struct host_spec){0};
}

void host_spec_done(struct host_spec *spec)
{
    mem_free(spec->v4.ranges);
    mem_free(spec->v6.ranges);
    host_spec_init(spec);
}

static bool copy_ranges(struct host_ranges *to, const struct host_ranges *from)
{
    if (from->count == 0)
        return true;
    if (!(to->ranges = mem_calloc(from->count, sizeof *to->ranges)))
        return false;
    memcpy(to->ranges, from->ranges, from->count * sizeof *to->ranges);
    to->count = to->room = from->count;
    return true;
}

bool host_spec_copy(struct host_spec *to, const struct host_spec *from)
{
    if (copy_ranges(&to->v4, &from->v4) && copy_ranges(&to->v6, &from->v6))
        return true;
    host_spec_done(to);
    return false;
}

// Puts a range in its place and joins what touches it.
static bool add_range(struct host_ranges *list, struct host_range range, struct error *err)
{
    enum { FIRST_ROOM = 8 };
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : FIRST_ROOM;
        struct host_range *ranges = mem_realloc(list->ranges, room * sizeof *ranges);
        if (!ranges)
            return error_set(err, ERROR_MEMORY, "no memory for a list of networks");
        list->ranges = ranges;
        list->room = room;
    }
    struct host_range *r = list->ranges;
    size_t from = 0;
    while (from < list->count && r[from].last < range.first && r[from].last + 1 != range.first)
        from++;
    size_t behind = from;
    for (; behind < list->count &&
           (r[behind].first <= range.last || r[behind].first - 1 == range.last);
         behind++) {
        range.first = r[behind].first < range.first ? r[behind].first : range.first;
        range.last = r[behind].last > range.last ? r[behind].last : range.last;
    }
    memmove(r + from + 1, r + behind, (list->count - behind) * sizeof *r);
    r[from] = range;
    list->count -= behind - from;
    list->count++;
    return true;
}

// -1: not digits, or above the maximum.
static int parse_prefix(const char *text, size_t len, int max)
{
    int value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
        if (value > max)
            return -1;
    }
    return len > 0 ? value : -1;
}

static bool parse_address(const char *text, bool v6, struct ip_address *ip)
{
    uint8_t bytes[sizeof ip->bytes];
    if (inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes) != 1)
        return false;
    *ip = v6 ? ip_from_v6(bytes) : ip_from_v4(bytes);
    return true;
}

bool host_spec_add(struct host_spec *spec, unsigned l3, const struct ip_address *ip,
                   unsigned prefix, struct error *err)
{
    bool v6 = l3 == L3_IPV6;
    unsigned host_bits = (v6 ? IP_BITS : V4_BITS) - prefix;
    ip_number mask = host_bits == IP_BITS ? 0 : ~(ip_number)0 << host_bits;
    ip_number first = ip_to_number(ip) & mask;
    return add_range(v6 ? &spec->v6 : &spec->v4, (struct host_range){first, first | ~mask}, err);
}

static bool same_ranges(const struct host_ranges *a, const struct host_ranges *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->ranges, b->ranges, a->count * sizeof *a->ranges) == 0);
}

bool host_spec_equal(const struct host_spec *a, const struct host_spec *b)
{
    return same_ranges(&a->v4, &b->v4) && same_ranges(&a->v6, &b->v6);
}

static bool add_network(struct host_spec *spec, const char *text, size_t len, struct error *err)
{
    const char *slash = memchr(text, '/', len);
    bool v6 = memchr(text, ':', len) != NULL;
    int max = v6 ? IP_BITS : V4_BITS;
    size_t address_len = slash ? (size_t)(slash - text) : len;
    int prefix = slash ? parse_prefix(slash + 1, len - address_len - 1, max) : -1;
    if (prefix < 0)
        return error_set(err, ERROR_INVALID, "invalid CIDR: %.*s", (int)len, text);
    char address[INET6_ADDRSTRLEN + 1] = "";
    struct ip_address ip;
    if (address_len < sizeof address)
        memcpy(address, text, address_len);
    if (!parse_address(address, v6, &ip))
        return error_set(err, ERROR_INVALID, "invalid IPv%c address: %.*s", v6 ? '6' : '4',
                         (int)address_len, text);
    return host_spec_add(spec, v6 ? L3_IPV6 : L3_IPV4, &ip, (unsigned)prefix, err);
}

static bool add_all(struct host_ranges *to, const struct host_ranges *from, struct error *err)
{
    for (size_t i = 0; i < from->count; i++)
        if (!add_range(to, from->ranges[i], err))
            return false;
    return true;
}

bool host_spec_parse(struct host_spec *spec, const char *text, struct error *err)
{
    struct host_spec both;
    host_spec_init(&both);
    bool good = add_all(&both.v4, &spec->v4, err) && add_all(&both.v6, &spec->v6, err);
    while (good && *text) {
        size_t len = strcspn(text, ",");
        good = add_network(&both, text, len, err);
        text += len + (text[len] == ',');
    }
    struct host_spec old = *spec;
    if (good)
        *spec = both;
    host_spec_done(good ? &old : &both);
    return good;
}
