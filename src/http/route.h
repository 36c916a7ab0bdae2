// The table of routes and how a path finds its row.
//
// A pattern is a path with parameters: "/api/v1/policies/{name}/metrics/bucket/{number}". A
// parameter stands for a whole segment. {number} is decimal, at most 19 digits; all others match
// [a-zA-Z_][a-zA-Z0-9_-]*, at most HTTP_NAME_MAX bytes. A path has no closing slash of its own.
// Where two patterns match, the first of the table wins.
#pragma once

#include "http/message.h"

enum {
    HTTP_NAME_MAX = 255,      // bytes of a value
    HTTP_PARAMETER_NAME = 31, // bytes of what stands in the braces
};

enum http_access {
    HTTP_READ,  // open unless there is a read token
    HTTP_WRITE, // exists with admin only; needs the api token where there is one
};

struct http_route {
    enum http_method method;
    const char *pattern;
    void (*handle)(void *context, const struct http_request *request,
                   struct http_response *response);
    enum http_access access;
    const char *operation; // id in the OpenAPI document
};

struct http_match {
    const struct http_route *route; // NULL: none for this path and method
    bool path_known;                // some row that exists here has this path
    bool hidden;                    // the row for this method exists with admin only
    unsigned allowed;               // bits 1 << method of the rows that exist here
};

// Parameters are copied into `names`, to which the request's fields point.
struct http_names {
    char text[HTTP_PARAMETERS_MAX][HTTP_NAME_MAX + 1]; // values
    char name[HTTP_PARAMETERS_MAX][HTTP_PARAMETER_NAME + 1];
};

// Its parameters fit the limits, a segment is a parameter or none, and it has a handler.
bool http_route_valid(const struct http_route *route);

struct http_match http_route_find(const struct http_route *routes, size_t n, bool admin,
                                  enum http_method method, const char *path,
                                  struct http_request *request, struct http_names *names);

// "GET, HEAD, POST, OPTIONS" of http_match.allowed.
void http_allow_text(unsigned allowed, char *text, size_t size);
const char *http_method_text(enum http_method method);
