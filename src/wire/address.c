#include "wire/address.h"

#include <arpa/inet.h>

_Static_assert(IP_TEXT_MAX >= INET6_ADDRSTRLEN, "every address fits");

bool ip_parse(const char *text, struct ip_address *out)
{
    uint8_t v4[4];
    if (inet_pton(AF_INET, text, v4) == 1) {
        *out = ip_from_v4(v4);
        return true;
    }
    struct ip_address v6;
    if (inet_pton(AF_INET6, text, v6.bytes) != 1)
        return false;
    *out = v6;
    return true;
}

static void format_canonical(struct span canonical, char out[static IP_TEXT_MAX])
{
    out[0] = '\0';
    if (canonical.len == 4)
        inet_ntop(AF_INET, canonical.ptr, out, IP_TEXT_MAX);
    else if (canonical.len == 16)
        inet_ntop(AF_INET6, canonical.ptr, out, IP_TEXT_MAX);
}

void ip_format(const struct ip_address *ip, char out[static IP_TEXT_MAX])
{
    format_canonical(ip_canonical(ip), out);
}

void ip_format_canonical(struct span canonical, struct buffer *out)
{
    char text[IP_TEXT_MAX];
    format_canonical(canonical, text);
    buffer_add_text(out, text);
}

void mac_format(const uint8_t mac[static 6], char out[static 18])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 6; i++) {
        out[i * 3] = digits[mac[i] >> 4];
        out[i * 3 + 1] = digits[mac[i] & 15];
        out[i * 3 + 2] = i < 5 ? ':' : '\0';
    }
}
