#include "agent/policies.h"

#include "agent/default_policy.h"
#include "agent/pushing.h"
#include "agent/signals.h"
#include "base/log.h"

enum {
    DOCUMENT_MAX = 64 * 1024, // bytes of what IFACE stands for
    MEBIBYTE = 1024 * 1024,
};

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
        .names = agent_names(o),
        .workers = (unsigned)o->workers,
        .period_seconds = (unsigned)o->period_seconds,
        .warn = warn,
        .stop = &signals_stopping,
    };
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

bool policies_start(struct agent *agent, struct error *err)
{
    struct manager_options options = manager_options(agent->options, agent->geo);
    options.closed = pushing_wake;
    options.context = agent;
    if (!(agent->manager = manager_new(&options, err)))
        return false;
    if (agent->file->path && !policies_configure(agent, agent->file))
        return false;
    if (!agent->options->iface)
        return true;
    return apply_default(agent, MANAGER_TAPS, default_tap_document, err) &&
           apply_default(agent, MANAGER_POLICIES, default_policy_document, err);
}

bool policies_configure(struct agent *agent, struct config_file *file)
{
    return manager_configure(agent->manager, buffer_span(&file->text), &file->faults);
}

bool policies_check(const struct agent_options *options, struct config_file *file)
{
    struct manager_options checked = manager_options(options, NULL);
    return manager_check(&checked, buffer_span(&file->text), &file->faults);
}
