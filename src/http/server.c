#include "http/parts.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS = 1024,
    THREADS = 2,
    IDLE_SECONDS = 120,
    REQUEST_SECONDS = 15,
    ANSWER_SECONDS = 60,
    BODY = 1 << 20,
    ANSWERS = 64 << 20,
    MEMORY_OF_CONNECTION = 16 << 10,
    FILES_FOR_OTHERS = 256, // of the process: captures, databases, logs
    ACCEPTED_AT_ONCE = 64,  // before time limits are looked at again
    STOP_MS = 1000,
    PAUSE_MS = 20, // when the system has no file or memory for a connection
};

#define TLS_VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

int64_t server_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

void server_log(struct http_server *server, enum http_log_level level, const char *format, ...)
{
    if (!server->options.log)
        return;
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    server->options.log(server->options.log_context, level, text);
}

static void warn(void *context, const char *text)
{
    server_log(context, HTTP_LOG_WARNING, "%s", text);
}

// --- callbacks of libmicrohttpd

static void start_connection(struct http_server *server, struct MHD_Connection *connection,
                             void **place_out)
{
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *peer =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct connection *place = mem_zalloc(sizeof *place);
    *place_out = place;
    if (!place) {
        shutdown(fd->connect_fd, SHUT_RDWR);
        return;
    }
    place->fd = fd->connect_fd;
    place->local = peer->client_addr->sa_family == AF_UNIX;
    place->loopback = address_is_loopback(peer->client_addr) && !server->options.treat_as_remote;
    connections_add(&server->connections, place, server_now());
}

static void notify(void *context, struct MHD_Connection *connection, void **place,
                   enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        start_connection(context, connection, place);
    } else if (*place) {
        connections_remove(*place);
        mem_free(*place);
        *place = NULL;
    }
}

// The library sets the session's pointer to its connection.
static int retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                    gnutls_pcert_st **chain, unsigned *length, gnutls_ocsp_data_st **ocsp,
                    unsigned *ocsp_length, gnutls_privkey_t *key, unsigned *flags)
{
    (void)info;
    const union MHD_ConnectionInfo *context = MHD_get_connection_info(
        gnutls_session_get_ptr(session), MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const struct connection *place = context ? context->socket_context : NULL;
    if (!place)
        return -1;
    const struct http_server *server =
        (const void *)((const char *)place->owner - offsetof(struct http_server, connections));
    *ocsp = NULL;
    *ocsp_length = 0;
    *flags = GNUTLS_CERT_RETR_DEINIT_ALL;
    return http_certificate_retrieve(server->certificate, server_now(), chain, length, key);
}

__attribute__((format(printf, 2, 0))) static void drop_message(void *context, const char *format,
                                                               va_list args)
{
    (void)context, (void)format, (void)args; // about broken clients
}

// --- the thread that accepts and cuts

static bool accept_one(struct http_server *server, int listener, unsigned *next)
{
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
    } peer = {0};
    socklen_t len = sizeof peer;
    int fd = accept4(listener, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    // The library closes it when it fails.
    MHD_add_connection(server->daemons[(*next)++ % server->n_daemons], fd, &peer.any, len);
    return true;
}

static void accept_some(struct http_server *server, int listener, unsigned *next)
{
    for (unsigned i = 0; i < ACCEPTED_AT_ONCE; i++) {
        if (accept_one(server, listener, next))
            continue;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            connections_make_room(&server->connections, server_now());
            poll(NULL, 0, PAUSE_MS);
        }
        if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

static void warn_insecure(struct http_server *server, int64_t now)
{
    if (exposure_due(&server->exposure, now))
        server_log(
            server, HTTP_LOG_WARNING,
            "the admin API is open to everybody who reaches this address: no token is asked for");
}

// What a second brings; returns when to call again.
static int64_t look_after(struct http_server *server, int64_t *next_look)
{
    int64_t now = server_now();
    if (now >= *next_look) {
        connections_hang_up(&server->connections);
        *next_look = now + CLOCK_SECOND;
    }
    warn_insecure(server, now);
    return connections_expire(&server->connections, now);
}

static void *acceptor(void *context)
{
    struct http_server *server = context;
    struct pollfd polled[LISTENERS_MAX + 1];
    unsigned count = server->listeners.count, next = 0;
    int64_t next_look = 0;
    for (unsigned i = 0; i < count; i++)
        polled[i] = (struct pollfd){.fd = server->listeners.fds[i], .events = POLLIN};
    polled[count] = (struct pollfd){.fd = server->wake, .events = POLLIN};
    while (!polled[count].revents) {
        int64_t due = look_after(server, &next_look), now = server_now();
        int wait_ms = due > now ? (int)((due - now) / 1000000) + 1 : 0;
        if (poll(polled, count + 1, wait_ms) <= 0)
            continue;
        for (unsigned i = 0; i < count; i++)
            if (polled[i].revents)
                accept_some(server, polled[i].fd, &next);
    }
    return NULL;
}

// --- life

static void take_defaults(struct http_server_options *options)
{
    options->max_connections = options->max_connections ? options->max_connections : CONNECTIONS;
    options->threads = options->threads ? options->threads : THREADS;
    if (options->threads > HTTP_THREADS_MAX)
        options->threads = HTTP_THREADS_MAX;
    options->idle_seconds = options->idle_seconds ? options->idle_seconds : IDLE_SECONDS;
    options->request_seconds =
        options->request_seconds ? options->request_seconds : REQUEST_SECONDS;
    options->answer_seconds = options->answer_seconds ? options->answer_seconds : ANSWER_SECONDS;
    options->max_body = options->max_body ? options->max_body : BODY;
    options->max_answers = options->max_answers ? options->max_answers : ANSWERS;
}

// Connections that are cut hold their file a moment longer: twice as many are planned for.
static void fit_files(struct http_server *server)
{
    struct rlimit limit;
    rlim_t wanted = 2 * (rlim_t)server->options.max_connections + FILES_FOR_OTHERS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted)
        return;
    rlim_t rest = limit.rlim_cur > FILES_FOR_OTHERS ? limit.rlim_cur - FILES_FOR_OTHERS : 0;
    server->options.max_connections = rest >= 16 ? (unsigned)(rest / 2) : 8;
    server_log(server, HTTP_LOG_WARNING,
               "the process may open %llu files: at most %u HTTP connections",
               (unsigned long long)limit.rlim_cur, server->options.max_connections);
}

static bool check_options(const struct http_server_options *options, struct error *err)
{
    if (options->tls && !(options->tls_cert && options->tls_key))
        return error_set(err, ERROR_INVALID,
                         "you must specify --tls-key and --tls-cert to use --tls");
    for (size_t i = 0; i < options->n_routes; i++)
        if (!http_route_valid(&options->routes[i]))
            return error_set(err, ERROR_INVALID, "route %s cannot be matched",
                             options->routes[i].pattern);
    return true;
}

static bool open_files(struct http_server *server, struct error *err)
{
    const struct http_server_options *options = &server->options;
    struct error reason;
    if (options->tls) {
        server->certificate =
            http_certificate_open(options->tls_cert, options->tls_key, warn, server, &reason);
        if (!server->certificate)
            return error_set(err, reason.code, "invalid TLS configuration (%s)", reason.text);
    }
    if (options->api_token_file &&
        !(server->guard.api = http_tokens_open(options->api_token_file, warn, server, err)))
        return false;
    return !options->read_token_file ||
           (server->guard.read = http_tokens_open(options->read_token_file, warn, server, err));
}

static bool check_exposure(struct http_server *server, struct error *err)
{
    const struct http_server_options *options = &server->options;
    struct exposure *exposure = &server->exposure;
    *exposure = (struct exposure){.host = options->host,
                                  .remote = server->listeners.remote,
                                  .admin = options->admin && !server->guard.api,
                                  .reading = !server->guard.read};
    if (!exposure_accept(exposure, options->admin_insecure, err))
        return false;
    if (exposure->remote && exposure->reading)
        server_log(server, HTTP_LOG_WARNING,
                   "everybody who reaches %s can read the metrics: --read-token-file guards them",
                   options->host);
    return true;
}

static struct MHD_Daemon *start_daemon(struct http_server *server)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET |
                     MHD_ALLOW_SUSPEND_RESUME; // which includes MHD_USE_ITC
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)(intptr_t)retrieve},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_VERSIONS},
        {MHD_OPTION_END, 0, NULL}};
    if (server->options.tls)
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    return MHD_start_daemon(flags, 0, NULL, NULL, exchange_step, server, MHD_OPTION_EXTERNAL_LOGGER,
                            drop_message, NULL, MHD_OPTION_CONNECTION_LIMIT,
                            2 * server->options.max_connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)MEMORY_OF_CONNECTION, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
                            exchange_begin, server, MHD_OPTION_NOTIFY_COMPLETED, exchange_end,
                            server, MHD_OPTION_NOTIFY_CONNECTION, notify, server, MHD_OPTION_ARRAY,
                            tls, MHD_OPTION_END);
}

static bool start_threads(struct http_server *server, struct error *err)
{
    while (server->n_daemons < server->options.threads) {
        struct MHD_Daemon *daemon = start_daemon(server);
        if (!daemon)
            return error_set(err, ERROR_IO, "the HTTP server cannot start a thread");
        server->daemons[server->n_daemons++] = daemon;
    }
    server->accepting = writer_start(&server->writer) &&
                        pthread_create(&server->acceptor, NULL, acceptor, server) == 0;
    return server->accepting ? true
                             : error_set(err, ERROR_IO, "the HTTP server cannot start a thread");
}

static void set_limits(struct http_server *server)
{
    const struct http_server_options *options = &server->options;
    int64_t *limits = server->connections.limits;
    connections_init(&server->connections, options->max_connections, options->max_answers);
    limits[CONNECTION_FRESH] = options->request_seconds * CLOCK_SECOND;
    limits[CONNECTION_RECEIVING] = options->request_seconds * CLOCK_SECOND;
    limits[CONNECTION_ANSWERING] = options->answer_seconds * CLOCK_SECOND;
    limits[CONNECTION_IDLE] = options->idle_seconds * CLOCK_SECOND;
}

static bool open_all(struct http_server *server, struct error *err)
{
    const struct http_server_options *options = &server->options;
    server->wake = eventfd(0, EFD_CLOEXEC);
    if (server->wake < 0)
        return error_set(err, ERROR_IO, "no event descriptor");
    return open_files(server, err) &&
           listeners_open(&server->listeners, options->host, options->port, err) &&
           check_exposure(server, err);
}

struct http_server *http_server_new(const struct http_server_options *options, struct error *err)
{
    if (!check_options(options, err))
        return NULL;
    struct http_server *server = mem_zalloc(sizeof *server);
    if (!server) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    server->options = *options;
    take_defaults(&server->options);
    fit_files(server);
    set_limits(server);
    if (open_all(server, err))
        return server;
    http_server_free(server);
    return NULL;
}

bool http_server_start(struct http_server *server, struct error *err)
{
    return listeners_listen(&server->listeners, server->options.host, err) &&
           start_threads(server, err);
}

unsigned http_server_port(const struct http_server *server)
{
    return server->listeners.port;
}

void http_server_counters(struct http_server *server, struct http_counters *counters)
{
    const struct server_counts *counts = &server->counts;
    for (unsigned i = 0; i < HTTP_STATUS_END; i++)
        counters->requests[i] = atomic_load(&counts->requests[i]);
    counters->bodies_too_large = atomic_load(&counts->bodies_too_large);
    counters->failed_authentications = atomic_load(&counts->failed_authentications);
    counters->foreign_hosts = atomic_load(&counts->foreign_hosts);
    counters->bytes_sent = atomic_load(&counts->bytes_sent);
    connections_count(&server->connections, counters);
}

static bool answering(struct http_server *server)
{
    pthread_mutex_lock(&server->connections.mutex);
    bool some = server->connections.lists[CONNECTION_ANSWERING].count > 0;
    pthread_mutex_unlock(&server->connections.mutex);
    return some;
}

void http_server_stop(struct http_server *server)
{
    uint64_t one = 1;
    if (server->accepting) {
        if (write(server->wake, &one, sizeof one) == sizeof one)
            pthread_join(server->acceptor, NULL);
        server->accepting = false;
    }
    listeners_close(&server->listeners);
    for (unsigned waited = 0; waited < STOP_MS && answering(server); waited += PAUSE_MS)
        poll(NULL, 0, PAUSE_MS);
    writer_stop(&server->writer); // a suspended connection must not meet the end of its thread
    while (server->n_daemons > 0)
        MHD_stop_daemon(server->daemons[--server->n_daemons]);
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    http_server_stop(server);
    if (server->wake > 0)
        close(server->wake);
    http_tokens_free(server->guard.api);
    http_tokens_free(server->guard.read);
    http_certificate_free(server->certificate);
    connections_done(&server->connections);
    mem_free(server);
}
