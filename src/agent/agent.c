#include "agent/agent_parts.h"
#include "agent/policies.h"
#include "agent/privileges.h"
#include "agent/pushing.h"
#include "agent/routes.h"
#include "agent/signals.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "handler/handler.h"

#include <stdio.h>
#include <time.h>

enum {
    GEO_SECONDS = 2,   // between two looks at the files
    LATE_SECONDS = 10, // a worker that has shown no sign of life for so long is stuck
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

// The registry that was asked for, or the system's. A system without /etc/services names no ports.
static bool open_services(struct agent *agent, struct error *err)
{
    const char *registry = agent->options->service_registry;
    struct error missing;
    if (!(agent->services = services_new()))
        return error_set(err, ERROR_MEMORY, "no memory for names of services");
    if (registry)
        return services_load_csv(agent->services, registry, err);
    if (!services_load_system(agent->services, SERVICES_SYSTEM, &missing))
        log_write(LOG_LEVEL_DEBUG, "no names of ports: %s", missing.text);
    return true;
}

// Before the policies: upstream's of the file began without databases.
static bool open_geo(struct agent *agent, struct error *err)
{
    const char *city = agent->options->geo_city, *asn = agent->options->geo_asn;
    if (!city && !asn)
        return true;
    if (!(agent->geo = geo_open_live(city, asn, err)))
        error_prefix(err, "Fatal error");
    return agent->geo != NULL;
}

static bool drop_privileges(struct agent *agent, struct error *err)
{
    static const char local[] = "unix:";
    const struct agent_options *o = agent->options;
    struct privileges wanted = {.user = o->user};
    if (strncmp(o->host, local, sizeof local - 1) == 0)
        wanted.socket = o->host + sizeof local - 1;
    return privileges_drop(&wanted, err);
}

// Without the right to capture there is made traffic, and files; IFACE asks for more.
static bool check_rights(struct agent *agent, struct error *err)
{
    struct error missing;
    if (privileges_may_capture(&missing))
        return true;
    if (agent->options->iface)
        return error_set(err, missing.code, "%s", missing.text);
    log_write(LOG_LEVEL_WARNING, "%s", missing.text);
    return true;
}

static bool watch_signals(struct agent *agent, struct error *err)
{
    (void)agent;
    return signals_watch(err);
}

static void log_http(void *context, enum http_log_level level, const char *text)
{
    static const enum log_level levels[] = {[HTTP_LOG_INFO] = LOG_LEVEL_INFO,
                                            [HTTP_LOG_WARNING] = LOG_LEVEL_WARNING,
                                            [HTTP_LOG_ERROR] = LOG_LEVEL_ERROR};
    (void)context;
    log_write(levels[level], "%s", text);
}

static void say_routes(const struct agent_options *options)
{
    log_write(LOG_LEVEL_INFO, "Initialize server control plane");
    for (size_t i = 0; i < agent_routes_count; i++)
        if (agent_routes[i].access == HTTP_READ || options->admin_api)
            log_write(LOG_LEVEL_INFO, "Registering %s %s", http_method_text(agent_routes[i].method),
                      agent_routes[i].pattern);
    if (options->iface)
        log_write(LOG_LEVEL_INFO,
                  "enabling prometheus metrics for \"default\" policy on: /metrics");
    if (options->tls)
        log_write(LOG_LEVEL_INFO, "Enabling TLS with cert %s and key %s", options->tls_cert,
                  options->tls_key);
}

static bool make_cache(struct agent *agent, struct error *err)
{
    agent->cache = api_cache_new();
    return agent->cache ? true : error_set(err, ERROR_MEMORY, "no memory for Prometheus texts");
}

// Tokens and keys are read, and ports below 1024 bound, while there are the rights for that.
static bool open_http(struct agent *agent, struct error *err)
{
    const struct agent_options *o = agent->options;
    struct http_server_options server = {
        .host = o->host,
        .port = (unsigned)o->port,
        .tls = o->tls,
        .tls_cert = o->tls_cert,
        .tls_key = o->tls_key,
        .api_token_file = o->api_token_file,
        .read_token_file = o->read_token_file,
        .admin = o->admin_api,
        .admin_insecure = o->admin_api_insecure,
        .routes = agent_routes,
        .n_routes = agent_routes_count,
        .context = agent,
        .log = log_http,
    };
    agent->server = http_server_new(&server, err);
    return agent->server != NULL;
}

static bool start_http(struct agent *agent, struct error *err)
{
    const struct agent_options *o = agent->options;
    say_routes(o);
    if (!http_server_start(agent->server, err))
        return false;
    unsigned port = http_server_port(agent->server);
    if (port)
        log_write(LOG_LEVEL_INFO, "web server listening on %s:%u", o->host, port);
    else
        log_write(LOG_LEVEL_INFO, "web server listening on %s", o->host);
    return true;
}

// What the agent consists of, in the order in which it starts. No thread runs before the one of
// signals, since rights belong to threads.
static bool (*const parts[])(struct agent *agent, struct error *err) = {
    open_services, open_geo,      open_http,      pushing_prepare, drop_privileges, check_rights,
    pushing_open,  watch_signals, policies_start, pushing_start,   make_cache,      start_http,
};

struct agent *agent_new(const struct agent_options *options, struct config_file *file,
                        struct error *err)
{
    struct agent *agent = mem_zalloc(sizeof *agent);
    if (!agent) {
        error_set(err, ERROR_MEMORY, "no memory");
        return NULL;
    }
    agent->options = options;
    agent->file = file;
    agent->started = now_ns();
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!parts[i](agent, err)) {
            agent_free(agent);
            return NULL;
        }
    return agent;
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    pushing_stop(agent); // first: what a minute says of the server is asked there
    http_server_free(agent->server);
    api_cache_free(agent->cache);
    manager_free(agent->manager);
    pushing_close(agent);
    geo_close(agent->geo);
    services_free(agent->services);
    mem_free(agent);
}

bool agent_reload(struct agent *agent, struct config_file *file)
{
    return policies_configure(agent, file);
}

static void refresh_geo(struct agent *agent, int64_t now)
{
    struct error err;
    bool changed = false;
    if (!agent->geo || now < agent->next_geo)
        return;
    agent->next_geo = now + GEO_SECONDS * CLOCK_SECOND;
    if (!geo_refresh(agent->geo, &changed, &err))
        log_write(LOG_LEVEL_WARNING, "%s (the old database stays)", err.text);
    if (changed)
        log_write(LOG_LEVEL_INFO, "geo database read again");
}

void agent_tick(struct agent *agent)
{
    refresh_geo(agent, now_ns());
}

bool agent_healthy(struct agent *agent)
{
    return now_ns() - manager_oldest_sign(agent->manager) < LATE_SECONDS * CLOCK_SECOND;
}

bool agent_check(const struct agent_options *options, struct config_file *file, struct error *err)
{
    bool fine = policies_check(options, file);
    return pushing_check(options, file, err) && fine;
}

void agent_difference(const struct config_file *a, const struct config_file *b,
                      struct buffer *names)
{
    pushing_difference(a, b, names);
}

void agent_modules(void (*each)(void *context, const char *line), void *context)
{
    static const char *const inputs[] = {"mock", "pcap"};
    char line[128];
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        snprintf(line, sizeof line, "input: %s version 1.0", inputs[i]);
        each(context, line);
    }
    for (const struct handler_class *const *class = handler_classes; *class; class ++) {
        snprintf(line, sizeof line, "handler: %s version %s", (*class)->type, (*class)->version);
        each(context, line);
    }
}
