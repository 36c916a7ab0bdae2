#include "address.h"

#include "must.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

struct address address_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct address){FAMILY_IPV4, {a, b, c, d}};
}

struct address address_parse(const char *text)
{
    struct address a = {FAMILY_IPV4, {0}};
    if (inet_pton(AF_INET, text, a.bytes) == 1)
        return a;
    a.family = FAMILY_IPV6;
    if (inet_pton(AF_INET6, text, a.bytes) != 1)
        fail("not an address: %s", text);
    return a;
}

void address_text(const struct address *a, char out[static ADDRESS_TEXT_MAX])
{
    int family = a->family == FAMILY_IPV4 ? AF_INET : AF_INET6;
    if (!inet_ntop(family, a->bytes, out, ADDRESS_TEXT_MAX))
        fail("an address has no text");
}

void mac_text(const uint8_t mac[static 6], char out[static MAC_TEXT_MAX])
{
    snprintf(out, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
             mac[4], mac[5]);
}

struct path path_of(const char *src, unsigned src_port, const char *dst, unsigned dst_port)
{
    return (struct path){address_parse(src), address_parse(dst), (uint16_t)src_port,
                         (uint16_t)dst_port};
}

static struct network network_parse(char *cidr)
{
    char *slash = strchr(cidr, '/');
    if (!slash)
        fail("not a network: %s", cidr);
    *slash = '\0';
    char *end;
    unsigned long prefix = strtoul(slash + 1, &end, 10);
    struct network network = {address_parse(cidr), (unsigned)prefix};
    if (*end || prefix > address_span(&network.base).len * 8)
        fail("not a prefix length: %s", slash + 1);
    return network;
}

void hosts_parse(struct hosts *hosts, const char *cidrs)
{
    char text[1024];
    if (strlen(cidrs) >= sizeof text)
        fail("too many networks: %s", cidrs);
    memcpy(text, cidrs, strlen(cidrs) + 1);
    hosts->count = 0;
    char *rest = NULL;
    for (char *cidr = strtok_r(text, ",", &rest); cidr; cidr = strtok_r(NULL, ",", &rest)) {
        if (hosts->count == NETWORKS_MAX)
            fail("more than %d networks: %s", NETWORKS_MAX, cidrs);
        hosts->networks[hosts->count++] = network_parse(cidr);
    }
}

static bool is_inside(const struct network *network, const struct address *a)
{
    if (a->family != network->base.family)
        return false;
    for (unsigned bit = 0; bit < network->prefix; bit++) {
        unsigned differ = a->bytes[bit / 8] ^ network->base.bytes[bit / 8];
        if (differ >> (7 - bit % 8) & 1)
            return false;
    }
    return true;
}

static bool is_host(const struct hosts *hosts, const struct address *a)
{
    for (unsigned i = 0; i < hosts->count; i++)
        if (is_inside(&hosts->networks[i], a))
            return true;
    return false;
}

enum way hosts_way(const struct hosts *hosts, const struct path *path)
{
    if (is_host(hosts, &path->dst))
        return WAY_IN;
    return is_host(hosts, &path->src) ? WAY_OUT : WAY_UNKNOWN;
}

struct address hosts_address(const struct hosts *hosts, enum family family, unsigned n)
{
    for (unsigned i = 0; i < hosts->count; i++) {
        struct address a = hosts->networks[i].base;
        if (a.family != family)
            continue;
        size_t last = address_span(&a).len - 1;
        unsigned sum = n;
        for (size_t at = last; sum; at--) {
            sum += a.bytes[at];
            a.bytes[at] = (uint8_t)sum;
            sum >>= 8;
        }
        return a;
    }
    fail("the hosts have no IPv%d network", family);
}
