// The HTTP door: routes, tokens, TLS, limits. A small layer over libmicrohttpd (epoll, few
// threads).
//
// Slow or broken clients cost nobody else anything:
//   connections beyond max_connections  the one that has waited longest for its client goes; only
//                                       when all are being answered the one in the middle of its
//                                       answer for longest. New ones are never refused. `evicted`
//   idle longer than idle_seconds       closed. `timeouts`
//   a request that is not complete request_seconds after its connection or its first line, an
//   answer that is not taken within answer_seconds
//                                       closed. `timeouts`
//   answers (without shared renderings) that clients have not taken are more than max_answers
//                                       the one goes that has waited longest. `evicted`
//   header larger than ~8 KiB           431 by the library
//   body larger than max_body           413, when it has been read and thrown away, or at once
//                                       where more than 16 times that is announced.
//                                       `bodies_too_large`
//
// Who may do what:
//   api token file    writing needs its token (401, or 403 with the read token); it also reads
//   read token file   reading needs its token or the api token
//   neither           open. From a loopback address only with a Host that is localhost or a literal
//                     address (403), which keeps web pages out (DNS rebinding)
// Token files are read again within a second of a change. While one cannot be read nobody passes.
//
// Handlers of HTTP_READ are called by several threads at once, each of which serves many
// connections and waits meanwhile; handlers of HTTP_WRITE by one thread, one after the other.
#pragma once

#include "base/error.h"
#include "http/route.h"

enum http_log_level { HTTP_LOG_INFO, HTTP_LOG_WARNING, HTTP_LOG_ERROR };

struct http_server_options {
    const char *host; // name, address, or "unix:/path" (mode 0660)
    unsigned port;    // 0: any, see http_server_port
    bool tls;
    const char *tls_cert, *tls_key; // PEM, certificate with its chain; both or neither
    const char *api_token_file, *read_token_file; // or NULL
    bool admin;                                   // rows with HTTP_WRITE exist
    bool admin_insecure;             // admin on an address that is not loopback, without api token
    const struct http_route *routes; // live as long as the server
    size_t n_routes;
    void *context;                                                           // of the handlers
    void (*log)(void *context, enum http_log_level level, const char *text); // or NULL; any thread
    void *log_context;
    bool treat_as_remote; // for tests: no peer counts as loopback

    // 0: the default.
    unsigned max_connections; // 1,024; less if the process may not open that many files
    unsigned threads;         // 2
    unsigned idle_seconds;    // 120
    unsigned request_seconds; // 15
    unsigned answer_seconds;  // 60
    size_t max_body;          // 1 MiB
    size_t max_answers;       // 64 MiB
};

enum { HTTP_STATUS_END = 600 };

struct http_counters {
    uint64_t requests[HTTP_STATUS_END]; // answers by status
    uint64_t connections;               // accepted
    uint64_t open;                      // now
    uint64_t evicted;
    uint64_t timeouts;
    uint64_t broken; // closed before a request was complete, or refused by the library (400, 431)
    uint64_t bodies_too_large;
    uint64_t failed_authentications;
    uint64_t foreign_hosts; // refused for their Host header
    uint64_t bytes_sent;    // of bodies
};

struct http_server;

// Reads the files and binds the addresses, which may take rights that the process gives up
// afterwards; no thread runs yet, nobody is served. A local socket takes connections, which wait.
// The options' texts must live until http_server_start has returned. Texts of upstream: "unable to
// bind to HOST:PORT", "invalid TLS configuration", "you must specify --tls-key and --tls-cert to
// use --tls"; what the system said follows in brackets.
struct http_server *http_server_new(const struct http_server_options *options, struct error *err);
// Listens and serves. On failure the server can only be freed.
bool http_server_start(struct http_server *server, struct error *err);
unsigned http_server_port(const struct http_server *server); // 0 for a local socket
void http_server_counters(struct http_server *server, struct http_counters *counters);

// Accepts nobody any more, lets answers under way be sent for at most a second.
void http_server_stop(struct http_server *server);
void http_server_free(struct http_server *server); // stops it first; NULL is accepted
