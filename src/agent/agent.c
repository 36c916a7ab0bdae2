#include "agent/agent.h"

#include "agent/agent_parts.h"
#include "agent/default_policy.h"
#include "agent/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <time.h>

enum {
    GEO_SECONDS = 5,          // between looks at the files of the databases
    LATE_SECONDS = 10,        // a worker that has shown no sign of life for so long is stuck
    DOCUMENT_MAX = 64 * 1024, // bytes of what IFACE stands for
    MEBIBYTE = 1024 * 1024,
};

static int64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

// Upstream's registry, or the system's. A system without /etc/services names no ports.
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

static bool open_geo(struct agent *agent, struct error *err)
{
    const char *city = agent->options->geo_city, *asn = agent->options->geo_asn;
    if (!city && !asn)
        return true;
    if (!(agent->geo = geo_open_live(city, asn, err)))
        error_prefix(err, "Fatal error");
    return agent->geo != NULL;
}

static void warn(void *context, const char *text)
{
    (void)context;
    log_write(LOG_LEVEL_WARNING, "%s", text);
}

static struct manager_options manager_options(const struct agent_options *o, const struct geo *geo)
{
    return (struct manager_options){
        .defaults = {.periods = (unsigned)o->periods,
                     .deep_sample_rate = (unsigned)o->max_deep_sample,
                     .input = INPUT_PCAP},
        .geo = geo,
        .geo_cache_size = (unsigned)o->geo_cache_size,
        .memory_limit = (size_t)o->memory_limit * MEBIBYTE,
        .policy_series_max = o->policy_max_series,
        .series_max = o->max_series,
        .workers = (unsigned)o->workers,
        .period_seconds = (unsigned)o->period_seconds,
        .warn = warn,
    };
}

static void log_faults(const struct config_file *file, const struct fault_list *faults)
{
    struct buffer line;
    buffer_init(&line, 1 << 20);
    for (size_t i = 0; i < faults->count; i++) {
        buffer_clear(&line);
        config_file_say(file, &faults->faults[i], &line);
        log_write(LOG_LEVEL_ERROR, "%s", buffer_text(&line));
    }
    buffer_done(&line);
}

static bool configure(struct agent *agent, const struct config_file *file, struct error *err)
{
    struct fault_list faults = {0};
    if (!file->path)
        return true;
    bool fine = manager_configure(agent->manager, buffer_span(&file->text), &faults);
    log_faults(file, &faults);
    if (!fine)
        fault_list_first(&faults, file->path, err);
    fault_list_done(&faults);
    return fine;
}

typedef bool document_fn(const struct agent_options *options, struct buffer *out);

static bool apply_default(struct agent *agent, enum manager_kind kind, document_fn *write,
                          struct error *err)
{
    struct buffer text;
    struct manager_answer answer = {0};
    buffer_init(&text, DOCUMENT_MAX);
    bool fine = write(agent->options, &text);
    if (!fine)
        error_set(err, ERROR_MEMORY, "no memory for the default policy");
    struct manager_change change = {.kind = kind, .text = buffer_span(&text)};
    if (fine && manager_apply(agent->manager, &change, &answer) != MANAGER_DONE)
        fine = fault_list_first(&answer.faults, NULL, err);
    manager_answer_done(&answer);
    buffer_done(&text);
    return fine;
}

// Taps and policies of the file, then those that IFACE stands for.
static bool start_policies(struct agent *agent, struct error *err)
{
    struct manager_options options = manager_options(agent->options, agent->geo);
    if (!(agent->manager = manager_new(&options, err)) || !configure(agent, agent->file, err))
        return false;
    if (!agent->options->iface)
        return true;
    return apply_default(agent, MANAGER_TAPS, default_tap_document, err) &&
           apply_default(agent, MANAGER_POLICIES, default_policy_document, err);
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
    for (size_t i = 0; i < agent_routes_count; i++)
        if (agent_routes[i].access == HTTP_READ || options->admin_api)
            log_write(LOG_LEVEL_INFO, "Registering %s %s", http_method_text(agent_routes[i].method),
                      agent_routes[i].pattern);
    if (options->tls)
        log_write(LOG_LEVEL_INFO, "Enabling TLS with cert %s and key %s", options->tls_cert,
                  options->tls_key);
}

static bool listen_http(struct agent *agent, struct error *err)
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
    log_write(LOG_LEVEL_INFO, "Initialize server control plane");
    say_routes(o);
    if (!(agent->server = http_server_new(&server, err)))
        return false;
    unsigned port = http_server_port(agent->server);
    if (port)
        log_write(LOG_LEVEL_INFO, "web server listening on %s:%u", o->host, port);
    else
        log_write(LOG_LEVEL_INFO, "web server listening on %s", o->host);
    return true;
}

// What the agent consists of, in the order in which it starts.
static bool (*const parts[])(struct agent *agent, struct error *err) = {
    open_services,
    open_geo,
    start_policies,
    listen_http,
};

struct agent *agent_new(const struct agent_options *options, const struct config_file *file,
                        struct error *err)
{
    struct agent *agent = mem_zalloc(sizeof *agent);
    if (!agent) {
        error_set(err, ERROR_MEMORY, "no memory");
        return NULL;
    }
    agent->options = options;
    agent->file = file;
    agent->started = monotonic();
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
    http_server_free(agent->server);
    manager_free(agent->manager);
    geo_close(agent->geo);
    services_free(agent->services);
    mem_free(agent);
}

bool agent_reload(struct agent *agent, const struct config_file *file)
{
    struct error err = {0};
    return configure(agent, file, &err);
}

void agent_tick(struct agent *agent)
{
    struct error err = {0};
    bool changed;
    int64_t now = monotonic();
    if (!agent->geo || now < agent->next_geo)
        return;
    agent->next_geo = now + GEO_SECONDS * CLOCK_SECOND;
    if (!geo_refresh(agent->geo, &changed, &err))
        log_write(LOG_LEVEL_WARNING, "%s", err.text);
    else if (changed)
        log_write(LOG_LEVEL_INFO, "geo databases opened again");
}

bool agent_healthy(struct agent *agent)
{
    return monotonic() - manager_oldest_sign(agent->manager) < LATE_SECONDS * CLOCK_SECOND;
}

bool agent_check(const struct agent_options *options, struct config_file *file)
{
    struct manager_options checked = manager_options(options, NULL);
    return manager_check(&checked, buffer_span(&file->text), &file->faults);
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
