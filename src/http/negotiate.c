#include "http/negotiate.h"

#include <arpa/inet.h>
#include <strings.h>

static struct span trim(const char *text, size_t len)
{
    while (len > 0 && (text[0] == ' ' || text[0] == '\t')) {
        text++;
        len--;
    }
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    return span_of(text, len);
}

static bool is_text(struct span span, const char *text)
{
    return span.len == strlen(text) && strncasecmp((const char *)span.ptr, text, span.len) == 0;
}

// The weight among parameters like "; version=1.0.0; q=0.5", in thousandths; 1000 without one.
static unsigned weight_of(struct span parameters)
{
    const char *at = (const char *)parameters.ptr, *end = at + parameters.len;
    for (; at < end; at++) {
        if (*at != ';')
            continue;
        do
            at++;
        while (at < end && (*at == ' ' || *at == '\t'));
        if (end - at < 3 || (at[0] | 0x20) != 'q' || at[1] != '=')
            continue;
        unsigned weight = at[2] == '1' ? 1000 : 0, place = 100;
        for (at += 4; weight < 1000 && at < end && *at >= '0' && *at <= '9'; at++, place /= 10)
            weight += (unsigned)(*at - '0') * place;
        return weight;
    }
    return 1000;
}

// The next item of a list; false at its end.
struct item {
    struct span name;
    unsigned weight;
};
static bool next_item(const char **at, struct item *item)
{
    *at += strspn(*at, ",");
    if (!**at)
        return false;
    size_t len = strcspn(*at, ","), name_len = 0;
    while (name_len < len && (*at)[name_len] != ';')
        name_len++;
    item->name = trim(*at, name_len);
    item->weight = weight_of(span_of(*at + name_len, len - name_len));
    *at += len;
    return true;
}

bool http_accepts_gzip(const char *accept_encoding)
{
    bool any = false;
    struct item item;
    for (const char *at = accept_encoding; at && next_item(&at, &item);) {
        if (is_text(item.name, "gzip") || is_text(item.name, "x-gzip"))
            return item.weight > 0;
        if (is_text(item.name, "*"))
            any = item.weight > 0;
    }
    return any;
}

unsigned http_accept_weight(const char *accept, const char *type)
{
    unsigned greatest = 0;
    struct item item;
    for (const char *at = accept; at && next_item(&at, &item);)
        if (is_text(item.name, type) && item.weight > greatest)
            greatest = item.weight;
    return greatest;
}

static bool is_token_char(uint8_t c)
{
    uint8_t lower = c | 0x20;
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~+/", c) != NULL);
}

bool http_is_token(struct span text)
{
    size_t i = 0;
    while (i < text.len && is_token_char(text.ptr[i]))
        i++;
    size_t body = i;
    while (i < text.len && text.ptr[i] == '=')
        i++;
    return body > 0 && i == text.len;
}

struct span http_bearer_token(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return (struct span){0};
    const char *text = authorization + sizeof scheme - 1;
    struct span token = trim(text, strlen(text));
    return http_is_token(token) ? token : (struct span){0};
}

static bool is_port(const char *text)
{
    if (*text == 0)
        return true;
    if (*text++ != ':')
        return false;
    size_t len = strspn(text, "0123456789");
    return len <= 5 && text[len] == 0;
}

static bool is_address(int family, const char *text, size_t len)
{
    char copy[INET6_ADDRSTRLEN];
    uint8_t address[16];
    if (len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = 0;
    return inet_pton(family, copy, address) == 1;
}

bool http_host_is_literal(const char *host)
{
    if (!host)
        return false;
    if (host[0] == '[') {
        size_t len = strcspn(host + 1, "]");
        return host[1 + len] == ']' && is_address(AF_INET6, host + 1, len) &&
               is_port(host + 2 + len);
    }
    size_t len = strcspn(host, ":");
    if (!is_port(host + len))
        return false;
    struct span name = span_of(host, len);
    return is_text(name, "localhost") || is_text(name, "localhost.") ||
           is_address(AF_INET, host, len);
}
