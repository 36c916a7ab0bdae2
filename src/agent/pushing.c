#include "agent/pushing_parts.h"

#include "agent/api_parts.h"
#include "agent/privileges.h"
#include "base/log.h"
#include "base/memory.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { HOST_MAX = 256, URL_MAX = 4096 };

static const struct {
    const char *key;
    enum push_protocol protocol;
} lists[] = {{"remote_write", PUSH_REMOTE_WRITE}, {"otlp", PUSH_OTLP}};
enum { LISTS = sizeof lists / sizeof *lists };

// --- which receivers there are

static void warn(void *context, const char *text)
{
    (void)context;
    log_write(LOG_LEVEL_WARNING, "%s", text);
}

static bool add_option(struct push_targets *targets, const struct agent_options *options,
                       const struct push_defaults *defaults, struct error *err)
{
    if (!options->remote_write_url)
        return true;
    if (push_targets_add(targets, PUSH_REMOTE_WRITE, NULL, options->remote_write_url, defaults,
                         err))
        return true;
    error_prefix(err, "--remote-write-url");
    return false;
}

static bool copy(char **to, const char *from)
{
    return !from || (*to = mem_strdup(from));
}

// A host that is an IPv6 address is put in brackets.
static bool add_otel(struct push_targets *targets, const struct agent_options *o,
                     const struct push_defaults *defaults, struct error *err)
{
    char url[URL_MAX];
    if (!o->otel)
        return true;
    bool address = strchr(o->otel_host, ':') && *o->otel_host != '[';
    snprintf(url, sizeof url, "%s://%s%s%s:%llu%s%s", o->otel_tls ? "https" : "http",
             address ? "[" : "", o->otel_host, address ? "]" : "", (unsigned long long)o->otel_port,
             *o->otel_path == '/' ? "" : "/", o->otel_path);
    struct push_target *target = push_targets_add(targets, PUSH_OTLP, NULL, url, defaults, err);
    if (!target) {
        error_prefix(err, "--otel-host, --otel-path");
        return false;
    }
    target->interval = (unsigned)o->otel_interval;
    return !o->otel_tls ||
           (copy(&target->ca, o->otel_tls_ca) && copy(&target->cert, o->otel_tls_cert) &&
            copy(&target->key, o->otel_tls_key)) ||
           error_set(err, ERROR_MEMORY, "no memory for a receiver");
}

static bool add_lists(struct push_targets *targets, struct config_file *file,
                      const struct push_defaults *defaults)
{
    struct check check = {
        .yaml = &file->yaml, .faults = &file->faults, .warn = warn, .sound = true};
    struct yaml_at visor = yaml_key(NULL, "visor"), config = yaml_key(&visor, "config");
    bool ignored, fine = true;
    const json_t *map = config_file_options(file, &ignored);
    for (size_t i = 0; i < LISTS; i++) {
        const json_t *list = json_object_get(map, lists[i].key);
        struct yaml_at at = yaml_key(&config, lists[i].key);
        if (list)
            fine &= push_targets_read(targets, lists[i].protocol, list, &at, defaults, &check);
    }
    return fine;
}

static bool read_targets(struct push_targets *targets, const struct agent_options *options,
                         struct config_file *file, struct error *err)
{
    char host[HOST_MAX] = "localhost", folder[PATH_MAX];
    gethostname(host, sizeof host - 1);
    const struct push_defaults defaults = {
        // Options that could not be read have no folder; then nothing is opened.
        .queue_folder = options->queue_dir ? options->queue_dir : "",
        .instance = options->prom_instance ? options->prom_instance : host,
        .host = host,
        .names = options->prometheus_names == NAMES_BOTH     ? PUSH_UPSTREAM | PUSH_NATIVE
                 : options->prometheus_names == NAMES_NATIVE ? PUSH_NATIVE
                                                             : PUSH_UPSTREAM,
        .folder = options->daemon ? getcwd(folder, sizeof folder) : NULL, // it is left later
    };
    return add_option(targets, options, &defaults, err) &&
           add_otel(targets, options, &defaults, err) &&
           (!file->yaml.root || add_lists(targets, file, &defaults)) &&
           push_targets_agree(targets, err);
}

bool pushing_check(const struct agent_options *options, struct config_file *file, struct error *err)
{
    struct push_targets targets = {0};
    bool fine = read_targets(&targets, options, file, err);
    push_targets_done(&targets);
    return fine;
}

void pushing_difference(const struct config_file *a, const struct config_file *b,
                        struct buffer *names)
{
    bool ignored;
    const json_t *in_a = config_file_options(a, &ignored), *in_b = config_file_options(b, &ignored);
    for (size_t i = 0; i < LISTS; i++) {
        json_t *x = json_object_get(in_a, lists[i].key), *y = json_object_get(in_b, lists[i].key);
        if (x == y || (x && y && json_equal(x, y)))
            continue;
        buffer_printf(names, "%s%s", names->len ? ", " : "", lists[i].key);
    }
}

// --- what they are given

static bool is_past(void *context, int64_t period)
{
    const struct agent *agent = context;
    return manager_is_past(agent->manager, period);
}

static bool write_period(void *context, const struct push_wish *wish)
{
    const struct agent *agent = context;
    struct manager_push push = {
        .names = ((wish->names & PUSH_UPSTREAM) ? MANAGER_UPSTREAM : 0) |
                 ((wish->names & PUSH_NATIVE) ? MANAGER_NATIVE : 0),
        .period = wish->period,
        .sink = wish->sink,
        .policy = wish->policy,
        .context = wish->context,
    };
    if (!manager_push(agent->manager, &push))
        return false;
    if (wish->policy)
        wish->policy(wish->context, NULL);
    return api_families_sink(agent, wish->sink);
}

static void say(void *context, enum log_level level, const char *text)
{
    (void)context;
    log_write(level, "%s", text);
}

// --- life

bool pushing_prepare(struct agent *agent, struct error *err)
{
    struct pushing *pushing = agent->pushing = mem_zalloc(sizeof *pushing);
    if (!pushing)
        return error_set(err, ERROR_MEMORY, "no memory for receivers");
    if (!read_targets(&pushing->targets, agent->options, agent->file, err))
        return false;
    const char *user = agent->options->user;
    for (size_t i = 0; user && i < pushing->targets.n; i++)
        if (!privileges_make_folder(user, pushing->targets.all[i].folder, err))
            return false;
    return true;
}

bool pushing_open(struct agent *agent, struct error *err)
{
    struct pushing *pushing = agent->pushing;
    const struct push_options options = {
        .targets = &pushing->targets,
        .period_seconds = (unsigned)agent->options->period_seconds,
        .source = {is_past, write_period, agent},
        .say = say,
    };
    if (pushing->targets.n == 0)
        return true;
    if (!(pushing->push = push_new(&options, err)))
        return false;
    for (size_t i = 0; i < pushing->targets.n; i++) {
        const struct push_target *target = &pushing->targets.all[i];
        // Some receivers take their token in the query.
        log_write(LOG_LEVEL_INFO, "pushing to %s: %.*s (%s, queue %s)", target->name,
                  (int)strcspn(target->url, "?"), target->url, push_protocol_name(target->protocol),
                  target->folder);
    }
    return true;
}

bool pushing_start(struct agent *agent, struct error *err)
{
    struct push *push = agent->pushing->push;
    return !push || push_start(push, err);
}

void pushing_wake(void *agent_, const char *policy)
{
    const struct agent *agent = agent_;
    (void)policy;
    if (agent->pushing->push)
        push_wake(agent->pushing->push);
}

void pushing_stop(struct agent *agent)
{
    if (agent->pushing && agent->pushing->push)
        push_stop(agent->pushing->push);
}

void pushing_close(struct agent *agent)
{
    if (!agent->pushing)
        return;
    push_free(agent->pushing->push);
    push_targets_done(&agent->pushing->targets);
    mem_free(agent->pushing);
}
