// What a handler of a route is given and what it fills in. Nothing here knows the library below, so
// a test can make a request by hand.
#pragma once

#include "base/buffer.h"
#include "base/span.h"

struct http_rendering; // rendering.h

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_METHODS };

enum {
    HTTP_PARAMETERS_MAX = 4,  // of a route; the table of routes is refused beyond
    HTTP_QUERY_MAX = 16,      // of a request; it is answered by 400 beyond
    HTTP_EXTRA_MAX = 4,       // headers that a handler can add
    HTTP_HEADER_VALUE = 256,  // bytes of such a header with its closing zero
    HTTP_BODY_MAX = 64 << 20, // bytes of an answer; it becomes a 500 beyond
};

#define HTTP_TYPE_JSON "text/json" // as upstream's
#define HTTP_TYPE_TEXT "text/plain"

struct http_field {
    const char *name;
    const char *value; // "" where the request has only a name
};

// Everything is borrowed until the handler returns.
struct http_request {
    enum http_method method;                           // HEAD comes as HTTP_GET
    const char *path;                                  // decoded, without the query
    struct http_field parameters[HTTP_PARAMETERS_MAX]; // of the route's pattern
    unsigned n_parameters;
    struct http_field query[HTTP_QUERY_MAX];
    unsigned n_query;
    const char *content_type; // NULL where there is none
    const char *accept;       // likewise
    struct span body;
    bool remote;       // the peer is neither loopback nor a local socket
    bool admin;        // the request carried the api token
    bool accepts_gzip; // for information: the server packs answers itself
    const char *(*header)(const void *source, const char *name); // of all others, or NULL
    const void *source;
};

// Zeroed but for an empty body; status 0 becomes 200. Of `shared` the answer takes the caller's
// reference; it is sent instead of the body.
struct http_response {
    unsigned status;
    const char *content_type; // literal; NULL: none is sent
    struct buffer body;
    struct http_rendering *shared;
    bool packed; // the body is not worth another packing
    struct {
        const char *name; // literal
        char value[HTTP_HEADER_VALUE];
    } extra[HTTP_EXTRA_MAX];
    unsigned n_extra;
};

// The value of a parameter of the route, of the query (NULL: not given) and of a header (likewise).
const char *http_parameter(const struct http_request *request, const char *name);
const char *http_query(const struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name);

// True for "application/json" and "application/json; charset=utf-8", whatever the case.
bool http_is_type(const char *content_type, const char *type);

// The body becomes {"error": TEXT}.
void http_answer_error(struct http_response *response, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// A value that is too long for HTTP_HEADER_VALUE, or one too many, is left out.
void http_answer_header(struct http_response *response, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void http_response_done(struct http_response *response);
