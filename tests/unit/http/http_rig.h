// A server on loopback with a few routes, and a client of plain sockets that sends what it is told,
// also what no real client sends.
#pragma once

#include "base/memory.h"
#include "http/rendering.h"
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 10000, ANSWER_ROOM = 1 << 20 };

static inline void rig_hello(void *context, const struct http_request *request,
                             struct http_response *response)
{
    (void)context;
    const char *name = http_parameter(request, "name"), *number = http_parameter(request, "number");
    const char *query = http_query(request, "q");
    response->content_type = HTTP_TYPE_TEXT;
    buffer_printf(&response->body, "%s %s %s %s", http_method_text(request->method),
                  name ? name : "-", number ? number : "-", query ? query : "-");
}

static inline void rig_echo(void *context, const struct http_request *request,
                            struct http_response *response)
{
    (void)context;
    response->status = 201;
    response->content_type = HTTP_TYPE_TEXT;
    buffer_add(&response->body, request->body.ptr, request->body.len);
}

// 100,000 bytes that pack well, rendered anew.
static inline void rig_large(void *context, const struct http_request *request,
                             struct http_response *response)
{
    (void)context, (void)request;
    response->content_type = HTTP_TYPE_TEXT;
    for (unsigned i = 0; i < 10000; i++)
        buffer_printf(&response->body, "%09u\n", i);
}

static inline void rig_kept(void *context, const struct http_request *request,
                            struct http_response *response)
{
    (void)request;
    response->shared = http_rendering_hold(context);
}

static const struct http_route RIG_ROUTES[] = {
    {HTTP_GET, "/hello", rig_hello, HTTP_READ, "hello"},
    {HTTP_GET, "/hello/{name}/{number}", rig_hello, HTTP_READ, "helloOne"},
    {HTTP_POST, "/hello", rig_echo, HTTP_WRITE, "echo"},
    {HTTP_GET, "/large", rig_large, HTTP_READ, "large"},
    {HTTP_GET, "/kept", rig_kept, HTTP_READ, "kept"},
};

static inline struct http_server_options rig_options(void)
{
    return (struct http_server_options){
        .host = "127.0.0.1",
        .routes = RIG_ROUTES,
        .n_routes = sizeof RIG_ROUTES / sizeof *RIG_ROUTES,
        .admin = true,
    };
}

static inline struct http_server *rig_start(const struct http_server_options *options)
{
    struct error err = {0};
    struct http_server *server = http_server_new(options, &err);
    if (server && !http_server_start(server, &err)) {
        http_server_free(server);
        server = NULL;
    }
    if (!server)
        print_message("%s\n", err.text);
    assert_non_null(server);
    return server;
}

static inline double rig_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline int rig_connect(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline void rig_send(int fd, const char *text)
{
    size_t len = strlen(text);
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

// What comes within the time; -1: nothing did, 0: the server closed.
static inline ssize_t rig_receive(int fd, char *bytes, size_t room, int wait_ms)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    if (poll(&polled, 1, wait_ms) != 1)
        return -1;
    ssize_t got = recv(fd, bytes, room, 0);
    return got < 0 ? 0 : got;
}

struct rig_answer {
    unsigned status; // 0: the connection was closed before one came
    char *head;      // these point into `bytes`
    char *body;
    size_t body_len;
    char bytes[ANSWER_ROOM];
};

static inline const char *rig_head_field(const struct rig_answer *answer, const char *field)
{
    return answer->head ? strcasestr(answer->head, field) : NULL;
}

// Reads exactly one answer: by its Content-Length, none for HEAD.
static inline void rig_read(int fd, struct rig_answer *answer, bool head_only)
{
    size_t used = 0, needed = SIZE_MAX;
    answer->status = 0;
    answer->head = NULL;
    while (used < needed && used + 1 < ANSWER_ROOM) {
        size_t step = needed == SIZE_MAX ? 1 : needed - used;
        ssize_t got = rig_receive(fd, answer->bytes + used, step, PATIENCE_MS);
        if (got <= 0)
            return;
        used += (size_t)got;
        answer->bytes[used] = 0;
        if (needed == SIZE_MAX && used > 3 && !memcmp(answer->bytes + used - 4, "\r\n\r\n", 4)) {
            const char *length = strcasestr(answer->bytes, "Content-Length:");
            answer->body_len = length && !head_only ? strtoul(length + 15, NULL, 10) : 0;
            answer->body = answer->bytes + used;
            needed = used + answer->body_len;
        }
    }
    answer->body[answer->body_len] = 0;
    answer->body[-1] = 0;
    answer->head = answer->bytes;
    answer->status = (unsigned)strtoul(answer->bytes + 9, NULL, 10);
}

// One request on a connection of its own; the text is the whole request.
static inline struct rig_answer *rig_ask(unsigned port, const char *text)
{
    static struct rig_answer answer;
    int fd = rig_connect(port);
    rig_send(fd, text);
    rig_read(fd, &answer, strncmp(text, "HEAD", 4) == 0);
    close(fd);
    return &answer;
}

#define RIG_GET(path, more) "GET " path " HTTP/1.1\r\nHost: localhost\r\n" more "\r\n"
