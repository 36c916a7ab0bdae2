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

// ";q=0", ";q=0.000": no other weight means never.
static bool weight_is_zero(struct span parameters)
{
    const char *text = (const char *)parameters.ptr, *end = text + parameters.len;
    while (text < end && (*text == ';' || *text == ' ' || *text == '\t'))
        text++;
    if (end - text < 3 || (text[0] | 0x20) != 'q' || text[1] != '=')
        return false;
    for (text += 2; text < end; text++)
        if (*text != '0' && *text != '.')
            return false;
    return true;
}

bool http_accepts_gzip(const char *accept_encoding)
{
    bool any = false;
    for (const char *at = accept_encoding; at && *at; at += strspn(at, ",")) {
        size_t len = strcspn(at, ","), name_len = 0;
        while (name_len < len && at[name_len] != ';')
            name_len++;
        struct span name = trim(at, name_len);
        bool accepted = !weight_is_zero(trim(at + name_len, len - name_len));
        if (is_text(name, "gzip") || is_text(name, "x-gzip"))
            return accepted;
        if (is_text(name, "*"))
            any = accepted;
        at += len;
    }
    return any;
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
