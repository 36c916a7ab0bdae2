// Addresses and the ends of a conversation. Both families; zero means none.
#pragma once

#include "base/span.h"

enum family { FAMILY_NONE = 0, FAMILY_IPV4 = 4, FAMILY_IPV6 = 6 };

struct address {
    uint8_t family; // enum family
    uint8_t bytes[16];
};

enum { ADDRESS_TEXT_MAX = 46, MAC_TEXT_MAX = 18 };

static inline struct span address_span(const struct address *a)
{
    return span_of(a->bytes, a->family == FAMILY_IPV4 ? 4 : a->family == FAMILY_IPV6 ? 16 : 0);
}

struct path {
    struct address src, dst;
    uint16_t src_port, dst_port; // 0 where there are none
};

static inline struct path path_reversed(const struct path *path)
{
    return (struct path){path->dst, path->src, path->dst_port, path->src_port};
}

struct address address_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
struct address address_parse(const char *text); // ends the program when it is none
void address_text(const struct address *a, char out[static ADDRESS_TEXT_MAX]);
void mac_text(const uint8_t mac[static 6], char out[static MAC_TEXT_MAX]);

struct path path_of(const char *src, unsigned src_port, const char *dst, unsigned dst_port);

// The networks whose addresses are the observed host's: direction is seen from there.
enum { NETWORKS_MAX = 16 };

struct network {
    struct address base;
    unsigned prefix;
};

struct hosts {
    struct network networks[NETWORKS_MAX];
    unsigned count;
};

enum way { WAY_UNKNOWN, WAY_IN, WAY_OUT, WAYS };

void hosts_parse(struct hosts *hosts, const char *cidrs); // comma separated; ends the program
// Destination in a network: in, whatever the source is; else source in one: out.
enum way hosts_way(const struct hosts *hosts, const struct path *path);
// The n-th address of the first network of a family (n = 0: its base).
struct address hosts_address(const struct hosts *hosts, enum family family, unsigned n);
