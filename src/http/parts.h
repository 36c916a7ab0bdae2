// The server from inside: shared by server.c (life) and exchange.c (requests).
#pragma once

#include "http/certificate.h"
#include "http/connections.h"
#include "http/exposure.h"
#include "http/guard.h"
#include "http/listen.h"
#include "http/server.h"
#include "http/writer.h"

#include <microhttpd.h>
#include <stdatomic.h>

enum { HTTP_THREADS_MAX = 16 };

// Of the answers; the rest is in struct connections.
struct server_counts {
    atomic_uint_least64_t requests[HTTP_STATUS_END];
    atomic_uint_least64_t bodies_too_large, failed_authentications, foreign_hosts, bytes_sent;
};

struct http_server {
    struct http_server_options options; // with defaults; texts are valid until it has started
    struct listeners listeners;
    struct guard guard;
    struct http_certificate *certificate;
    struct connections connections;
    struct server_counts counts;
    struct writer writer;
    struct MHD_Daemon *daemons[HTTP_THREADS_MAX]; // one thread each
    unsigned n_daemons;
    pthread_t acceptor;
    bool accepting;
    int wake; // eventfd that ends the acceptor
    struct exposure exposure;
};

int64_t server_now(void); // ns of a steady clock
void server_log(struct http_server *server, enum http_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Callbacks of libmicrohttpd; the context of all is the server.
void *exchange_begin(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_step(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state);
void exchange_end(void *context, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode code);
