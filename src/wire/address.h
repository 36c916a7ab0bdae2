// IP addresses as 16 bytes: IPv6 as it is, IPv4 in the last four bytes behind ::ffff:0:0/96 (RFC
// 4291, 2.5.5.2), so that one comparison serves both.
#pragma once

#include "base/buffer.h"
#include "base/span.h"

struct ip_address {
    uint8_t bytes[16];
};

struct ip_address ip_from_v4(const uint8_t bytes[static 4]);
struct ip_address ip_from_v6(const uint8_t bytes[static 16]);
bool ip_is_v4(const struct ip_address *ip);
static inline bool ip_equal(const struct ip_address *a, const struct ip_address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}
bool ip_parse(const char *text, struct ip_address *out); // either family, no prefix

// Canonical bytes for sketches: 4 or 16 of them, borrowed from ip.
struct span ip_canonical(const struct ip_address *ip);

// Text: dotted quad or RFC 5952. The span form takes the canonical bytes (4 or 16).
enum { IP_TEXT_MAX = 46 };
void ip_format(const struct ip_address *ip, char out[static IP_TEXT_MAX]);
void ip_format_canonical(struct span canonical, struct buffer *out);
void mac_format(const uint8_t mac[static 6], char out[static 18]); // aa:bb:cc:dd:ee:ff
