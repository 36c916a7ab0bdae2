// One request and its answer.
#include "http/parts.h"

#include "base/memory.h"
#include "http/negotiate.h"
#include "http/pack.h"
#include "http/rendering.h"

#include <stdio.h>
#include <stdlib.h>

enum { SWALLOWED = 16 }; // times max_body, of a body that is too large

struct exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct connection *place;
    char method[16]; // as sent, cut
    bool too_large;
    struct buffer body;
    struct http_request request;
    struct http_names names;
    bool query_too_long;
    struct http_response response;
    const struct http_route *route; // to be called, or NULL: the response is there
    struct writer_job job;
    bool waiting; // for the writer
};

static struct connection *place_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const char *request_header(const void *source, const char *name)
{
    const struct exchange *exchange = source;
    return header_of(exchange->connection, name);
}

void *exchange_begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    (void)context, (void)uri;
    struct connection *place = place_of(connection);
    if (place)
        connections_move(place, CONNECTION_RECEIVING, server_now());
    return NULL;
}

void exchange_end(void *context, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection;
    struct exchange *exchange = *state;
    if (!exchange)
        return;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        connections_move(exchange->place, CONNECTION_IDLE, server_now());
    http_response_done(&exchange->response);
    buffer_done(&exchange->body);
    mem_free(exchange);
    *state = NULL;
}

// --- the answer

static void release_rendering(void *rendering)
{
    http_rendering_release(rendering);
}

static bool worth_packing(const struct exchange *exchange, size_t len)
{
    return exchange->request.accepts_gzip && len >= HTTP_PACK_LEAST;
}

static struct MHD_Response *shared_response(const struct exchange *exchange,
                                            struct http_rendering *rendering, bool *packed)
{
    struct span content = http_rendering_plain(rendering), gzip = {0};
    if (worth_packing(exchange, content.len))
        gzip = http_rendering_gzip(rendering);
    *packed = gzip.len > 0;
    if (*packed)
        content = gzip;
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        content.len, (void *)(uintptr_t)content.ptr, release_rendering, rendering);
    if (!response)
        http_rendering_release(rendering);
    return response;
}

static struct MHD_Response *own_response(struct exchange *exchange, bool *packed)
{
    struct buffer *body = &exchange->response.body, gzip = {0};
    if (!exchange->response.packed && worth_packing(exchange, body->len))
        http_pack(buffer_span(body), &gzip);
    *packed = gzip.len > 0;
    struct buffer *sent = *packed ? &gzip : body;
    if (*packed)
        buffer_done(body);
    if (sent->len == 0)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    connections_hold(exchange->place, sent->len, server_now());
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(sent->len, sent->data, mem_free);
    if (response)
        *sent = (struct buffer){0};
    else
        buffer_done(sent);
    return response;
}

static void add_headers(struct MHD_Response *to, const struct http_response *from,
                        const char *content_type, bool packed, bool large)
{
    if (content_type)
        MHD_add_response_header(to, "Content-Type", content_type);
    if (packed)
        MHD_add_response_header(to, "Content-Encoding", "gzip");
    if (large)
        MHD_add_response_header(to, "Vary", "Accept-Encoding");
    for (unsigned i = 0; i < from->n_extra; i++)
        MHD_add_response_header(to, from->extra[i].name, from->extra[i].value);
}

static void count_answer(struct http_server *server, unsigned status, size_t bytes)
{
    atomic_fetch_add(&server->counts.requests[status < HTTP_STATUS_END ? status : 0], 1);
    atomic_fetch_add(&server->counts.bytes_sent, bytes);
}

// Nothing of a stranger reaches a log unescaped, and no query, in which a token may stand.
static void log_access(const struct exchange *exchange, const struct http_response *response)
{
    char path[512];
    size_t used = 0;
    for (const char *c = exchange->request.path; *c && used + 5 < sizeof path; c++) {
        bool plain = *c > 0x20 && *c < 0x7f && *c != '\\';
        used += (size_t)snprintf(path + used, sizeof path - used, plain ? "%c" : "\\x%02x",
                                 (unsigned char)*c);
    }
    path[used] = 0;
    server_log(exchange->server, HTTP_LOG_INFO, "REQUEST: %s %s %u", exchange->method, path,
               response->status);
    if (response->status == 500 && !response->shared)
        server_log(exchange->server, HTTP_LOG_ERROR, "%.*s", (int)response->body.len,
                   (const char *)response->body.data);
}

static void settle(struct http_response *response)
{
    if (response->status == 0)
        response->status = 200;
    if (response->body.failed && !response->shared)
        http_answer_error(response, 500, "out of memory");
    if (response->body.failed)
        buffer_done(&response->body);
}

static enum MHD_Result send_answer(struct exchange *exchange)
{
    struct http_response *response = &exchange->response;
    settle(response);
    log_access(exchange, response);
    struct http_rendering *shared = response->shared;
    const char *type = shared ? http_rendering_type(shared) : response->content_type;
    size_t len = shared ? http_rendering_plain(shared).len : response->body.len;
    bool packed;
    response->shared = NULL;
    struct MHD_Response *answer =
        shared ? shared_response(exchange, shared, &packed) : own_response(exchange, &packed);
    http_response_done(response);
    if (!answer)
        return MHD_NO;
    add_headers(answer, response, type, packed, len >= HTTP_PACK_LEAST && !response->packed);
    count_answer(exchange->server, response->status, len);
    enum MHD_Result result = MHD_queue_response(exchange->connection, response->status, answer);
    MHD_destroy_response(answer);
    return result;
}

// --- what is asked

static bool read_method(const char *text, enum http_method *method)
{
    if (strcmp(text, "HEAD") == 0)
        text = "GET";
    for (unsigned i = 0; i < HTTP_METHODS; i++)
        if (strcmp(text, http_method_text(i)) == 0) {
            *method = i;
            return true;
        }
    return false;
}

static enum MHD_Result add_query(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    (void)kind;
    struct exchange *exchange = context;
    struct http_request *request = &exchange->request;
    if (request->n_query == HTTP_QUERY_MAX) {
        exchange->query_too_long = true;
        return MHD_NO;
    }
    request->query[request->n_query++] = (struct http_field){name, value ? value : ""};
    return MHD_YES;
}

static enum verdict ask_guard(struct exchange *exchange, enum http_access access)
{
    struct http_server *server = exchange->server;
    struct asker asker = {
        .authorization = header_of(exchange->connection, "Authorization"),
        .host = header_of(exchange->connection, "Host"),
        .loopback = exchange->place->loopback,
        .local = exchange->place->local,
    };
    enum verdict verdict =
        guard_ask(&server->guard, access, &asker, server_now(), &exchange->request.admin);
    if (verdict == VERDICT_FOREIGN_HOST)
        atomic_fetch_add(&server->counts.foreign_hosts, 1);
    else if (verdict != VERDICT_PASS)
        atomic_fetch_add(&server->counts.failed_authentications, 1);
    return verdict;
}

static void answer_allow(const struct http_match *match, bool asked, struct http_response *response)
{
    char allow[64];
    http_allow_text(match->allowed, allow, sizeof allow);
    response->status = asked ? 204 : 405;
    http_answer_header(response, "Allow", "%s", allow);
}

// Finds the route to be called, or fills the response.
static void route_request(struct exchange *exchange)
{
    const struct http_server_options *options = &exchange->server->options;
    struct http_request *request = &exchange->request;
    struct http_response *response = &exchange->response;
    bool known = read_method(exchange->method, &request->method);
    struct http_match match =
        http_route_find(options->routes, options->n_routes, options->admin, request->method,
                        request->path, request, &exchange->names);
    if (!match.path_known || (known && !match.route && match.hidden)) {
        http_answer_error(response, 404, "%s",
                          match.hidden ? "the admin API is off" : "no such path");
        return;
    }
    const struct http_route *route = known ? match.route : NULL;
    enum verdict verdict = ask_guard(exchange, route ? route->access : HTTP_READ);
    if (verdict != VERDICT_PASS)
        guard_answer(verdict, response);
    else if (!route)
        answer_allow(&match, strcmp(exchange->method, "OPTIONS") == 0, response);
    else if (exchange->query_too_long)
        http_answer_error(response, 400, "more than %d query parameters", HTTP_QUERY_MAX);
    else
        exchange->route = route;
}

static void fill_request(struct exchange *exchange, const char *url)
{
    struct http_request *request = &exchange->request;
    struct MHD_Connection *connection = exchange->connection;
    request->path = url;
    request->body = buffer_span(&exchange->body);
    request->content_type = header_of(connection, "Content-Type");
    request->accept = header_of(connection, "Accept");
    request->accepts_gzip = http_accepts_gzip(header_of(connection, "Accept-Encoding"));
    request->remote = !exchange->place->loopback;
    request->header = request_header;
    request->source = exchange;
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query, exchange);
}

static void call_route(struct exchange *exchange)
{
    exchange->route->handle(exchange->server->options.context, &exchange->request,
                            &exchange->response);
}

static void write_job(struct writer_job *job)
{
    struct exchange *exchange =
        (struct exchange *)(void *)((char *)job - offsetof(struct exchange, job));
    call_route(exchange);
    MHD_resume_connection(exchange->connection);
}

// The library calls again when the connection is resumed.
static enum MHD_Result call_by_writer(struct exchange *exchange)
{
    exchange->waiting = true;
    exchange->job.run = write_job;
    MHD_suspend_connection(exchange->connection);
    writer_add(&exchange->server->writer, &exchange->job);
    return MHD_YES;
}

static enum MHD_Result answer(struct exchange *exchange, const char *url)
{
    struct http_response *response = &exchange->response;
    if (exchange->waiting)
        return send_answer(exchange);
    connections_move(exchange->place, CONNECTION_ANSWERING, server_now());
    buffer_init(&response->body, HTTP_BODY_MAX);
    fill_request(exchange, url);
    if (exchange->too_large) {
        atomic_fetch_add(&exchange->server->counts.bodies_too_large, 1);
        http_answer_error(response, 413, "the body is larger than %zu bytes",
                          exchange->server->options.max_body);
    } else if (exchange->body.failed) {
        http_answer_error(response, 503, "out of memory");
    } else {
        route_request(exchange);
    }
    if (exchange->route && exchange->route->access == HTTP_WRITE)
        return call_by_writer(exchange);
    if (exchange->route)
        call_route(exchange);
    return send_answer(exchange);
}

// --- how it arrives

static struct exchange *exchange_new(struct http_server *server, struct MHD_Connection *connection,
                                     const char *method)
{
    struct connection *place = place_of(connection);
    struct exchange *exchange = place ? mem_zalloc(sizeof *exchange) : NULL;
    if (!exchange)
        return NULL;
    exchange->server = server;
    exchange->connection = connection;
    exchange->place = place;
    snprintf(exchange->method, sizeof exchange->method, "%s", method);
    buffer_init(&exchange->body, server->options.max_body);
    return exchange;
}

static bool announces(const struct exchange *exchange, unsigned long long more_than)
{
    const char *length = header_of(exchange->connection, "Content-Length");
    return length && strtoull(length, NULL, 10) > more_than;
}

static void throw_away(struct exchange *exchange)
{
    exchange->too_large = true;
    buffer_done(&exchange->body);
    exchange->body.max = 0;
}

// A body that is too large is read and thrown away first: most clients look for the answer when
// they have sent it, and do not find it when the connection is closed meanwhile. Those that wait to
// be told are told, and nobody sends for ever.
static bool refused_at_once(const struct exchange *exchange)
{
    return announces(exchange, exchange->server->options.max_body * SWALLOWED) ||
           header_of(exchange->connection, "Expect");
}

enum MHD_Result exchange_step(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    (void)version;
    struct exchange *exchange = *state;
    if (!exchange) {
        exchange = *state = exchange_new(context, connection, method);
        if (!exchange)
            return MHD_NO;
        if (announces(exchange, exchange->server->options.max_body))
            throw_away(exchange);
        // Answered before the body is sent the library closes the connection.
        return exchange->too_large && refused_at_once(exchange) ? answer(exchange, url) : MHD_YES;
    }
    if (*upload_size == 0)
        return answer(exchange, url);
    if (*upload_size > exchange->body.max - exchange->body.len)
        throw_away(exchange);
    if (!exchange->too_large)
        buffer_add(&exchange->body, upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
}
