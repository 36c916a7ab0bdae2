// IP addresses as 16 bytes: IPv6 as it is, IPv4 in the last four bytes behind ::ffff:0:0/96 (RFC
// 4291, 2.5.5.2), so that one comparison serves both.
#pragma once

#include "base/buffer.h"
#include "base/span.h"

struct ip_address {
    uint8_t bytes[16];
};

enum { IP_V4_AT = 12 }; // where the four bytes of an IPv4 address lie

static inline struct ip_address ip_from_v4(const uint8_t bytes[static 4])
{
    struct ip_address ip = {{[10] = 0xff, [11] = 0xff}};
    memcpy(ip.bytes + IP_V4_AT, bytes, 4);
    return ip;
}

static inline struct ip_address ip_from_v6(const uint8_t bytes[static 16])
{
    struct ip_address ip;
    memcpy(ip.bytes, bytes, sizeof ip.bytes);
    return ip;
}

static inline bool ip_is_v4(const struct ip_address *ip)
{
    static const uint8_t mapped[IP_V4_AT] = {[10] = 0xff, [11] = 0xff};
    return memcmp(ip->bytes, mapped, sizeof mapped) == 0;
}

static inline bool ip_equal(const struct ip_address *a, const struct ip_address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

bool ip_parse(const char *text, struct ip_address *out); // either family, no prefix

// Canonical bytes for sketches: 4 or 16 of them, borrowed from ip.
static inline struct span ip_canonical(const struct ip_address *ip)
{
    return ip_is_v4(ip) ? span_of(ip->bytes + IP_V4_AT, 4) : span_of(ip->bytes, sizeof ip->bytes);
}

// Text: dotted quad or RFC 5952. The span form takes the canonical bytes (4 or 16); any other
// length adds nothing.
enum { IP_TEXT_MAX = 46 };
void ip_format(const struct ip_address *ip, char out[static IP_TEXT_MAX]);
void ip_format_canonical(struct span canonical, struct buffer *out);
void mac_format(const uint8_t mac[static 6], char out[static 18]); // aa:bb:cc:dd:ee:ff
