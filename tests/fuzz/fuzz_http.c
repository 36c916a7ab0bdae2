// What is read of a request outside of the library: header fields, and the way from a path to its
// route. The input is a line with a path, then a field.
#include <stdlib.h>

#include "base/memory.h"
#include "http/negotiate.h"
#include "http/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void nothing(void *context, const struct http_request *request,
                    struct http_response *response)
{
    (void)context, (void)request, (void)response;
}

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/metrics", nothing, HTTP_READ, "a"},
    {HTTP_GET, "/p/__all/bucket/{number}", nothing, HTTP_READ, "b"},
    {HTTP_GET, "/p/{name}/bucket/{number}", nothing, HTTP_READ, "c"},
    {HTTP_DELETE, "/p/{name}", nothing, HTTP_WRITE, "d"},
    {HTTP_GET, "/{a}/{b}/{c}/{d}", nothing, HTTP_READ, "e"},
};

static void check_route(const char *path)
{
    for (unsigned bits = 0; bits < 2 * HTTP_METHODS; bits++) {
        struct http_request request = {0};
        struct http_names names;
        struct http_match match =
            http_route_find(ROUTES, sizeof ROUTES / sizeof *ROUTES, bits & 1,
                            (enum http_method)(bits / 2), path, &request, &names);
        require(!match.route || (match.path_known && match.route->method == bits / 2));
        require((match.allowed != 0) == match.path_known);
        require(match.route || request.n_parameters == 0);
        for (unsigned i = 0; i < request.n_parameters; i++) {
            require(strstr(path, request.parameters[i].value) != NULL);
            require(http_parameter(&request, request.parameters[i].name) != NULL);
        }
    }
}

static void check_fields(const char *field)
{
    struct span token = http_bearer_token(field);
    require(token.len <= strlen(field));
    require(token.len == 0 || http_is_token(token));
    http_accepts_gzip(field);
    require(http_accept_weight(field, "text/plain") <= 1000);
    if (http_host_is_literal(field))
        require(strspn(field, "0123456789abcdefABCDEF.:[]LOCAHSTlocahst") == strlen(field));
    http_is_type(field, "application/json");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_alloc(size + 1);
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = 0;
    char *field = strchr(text, '\n');
    if (field)
        *field++ = 0;
    check_route(text);
    check_fields(field ? field : text);
    mem_free(text);
    return 0;
}
