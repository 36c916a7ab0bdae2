#include "http/route.h"

#include <stdio.h>

static const char *const METHODS[HTTP_METHODS] = {
    [HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE"};

const char *http_method_text(enum http_method method)
{
    return METHODS[method];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(const char *text, size_t len)
{
    if (len == 0 || len > HTTP_NAME_MAX || is_digit(text[0]) || text[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i], lower = (char)(c | 0x20);
        if (!is_digit(c) && !(lower >= 'a' && lower <= 'z') && c != '_' && c != '-')
            return false;
    }
    return true;
}

static bool is_number(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_digit(text[i]))
            return false;
    return len > 0 && len <= 19;
}

static void copy_text(char *to, size_t size, const char *text, size_t len)
{
    if (len >= size)
        len = size - 1;
    memcpy(to, text, len);
    to[len] = 0;
}

bool http_route_valid(const struct http_route *route)
{
    unsigned parameters = 0;
    if (!route->handle || !route->operation || route->pattern[0] != '/')
        return false;
    for (const char *at = route->pattern; (at = strchr(at, '{')); parameters++) {
        size_t len = strcspn(at, "}/");
        if (at[-1] != '/' || at[len] != '}' || len < 2 || len - 1 > HTTP_PARAMETER_NAME ||
            (at[len + 1] && at[len + 1] != '/'))
            return false;
        at += len;
    }
    return parameters <= HTTP_PARAMETERS_MAX;
}

// One segment of the path against one {parameter}.
static bool take_parameter(const char *name, size_t name_len, const char *text, size_t len,
                           struct http_request *request, struct http_names *names)
{
    bool number = name_len == 6 && memcmp(name, "number", 6) == 0;
    if (request->n_parameters == HTTP_PARAMETERS_MAX ||
        !(number ? is_number(text, len) : is_name(text, len)))
        return false;
    unsigned i = request->n_parameters++;
    copy_text(names->name[i], sizeof names->name[i], name, name_len);
    copy_text(names->text[i], sizeof names->text[i], text, len);
    request->parameters[i] = (struct http_field){names->name[i], names->text[i]};
    return true;
}

static bool path_matches(const char *pattern, const char *path, struct http_request *request,
                         struct http_names *names)
{
    request->n_parameters = 0;
    while (*pattern) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        const char *name = pattern + 1;
        size_t name_len = strcspn(name, "}"), len = strcspn(path, "/");
        if (!take_parameter(name, name_len, path, len, request, names))
            return false;
        pattern = name + name_len + (name[name_len] == '}');
        path += len;
    }
    return *path == 0;
}

struct http_match http_route_find(const struct http_route *routes, size_t n, bool admin,
                                  enum http_method method, const char *path,
                                  struct http_request *request, struct http_names *names)
{
    struct http_match match = {0};
    for (size_t i = 0; i < n; i++) {
        if (match.route && routes[i].method == method)
            continue;
        struct http_request found = {0};
        struct http_names texts;
        if (!path_matches(routes[i].pattern, path, &found, &texts))
            continue;
        if (routes[i].access == HTTP_WRITE && !admin) {
            match.hidden |= routes[i].method == method;
            continue;
        }
        match.path_known = true;
        match.allowed |= 1u << routes[i].method;
        if (routes[i].method == method) {
            match.route = &routes[i];
            path_matches(routes[i].pattern, path, request, names);
        }
    }
    return match;
}

void http_allow_text(unsigned allowed, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (unsigned method = 0; method < HTTP_METHODS; method++) {
        if (!(allowed & 1u << method) || used >= size)
            continue;
        int len = snprintf(text + used, size - used, "%s%s", METHODS[method],
                           method == HTTP_GET ? ", HEAD, " : ", ");
        used += len > 0 ? (size_t)len : 0;
    }
    if (used < size)
        snprintf(text + used, size - used, "OPTIONS");
}
