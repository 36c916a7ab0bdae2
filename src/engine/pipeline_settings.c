// Other settings for a pipeline that runs.
#include "engine/pipeline_parts.h"
#include "metric/reconfigure.h"

#include <string.h>

static bool apply_to_instance(const struct pipeline *pipeline, struct instance *instance,
                              const struct metric_settings *settings, struct error *err)
{
    bool fine = true;
    for (unsigned w = 0; fine && w < pipeline->env.workers; w++) {
        pipeline_enter(pipeline, w);
        fine = metric_shard_reconfigure(instance->metrics[w], settings, err);
        pipeline_leave(pipeline, w);
    }
    return fine && metric_history_reconfigure(instance->history, settings, err) &&
           metric_totals_reconfigure(instance->totals, settings, err);
}

static const struct handler_spec *nth_handler(const struct policy_spec *spec, size_t index)
{
    size_t c = 0;
    for (; c < spec->n_chains && index >= spec->chains[c].count; c++)
        index -= spec->chains[c].count;
    return c < spec->n_chains ? &spec->chains[c].handlers[index] : NULL;
}

// The settings of `spec`, its groups and those of `also` (NULL: none) together.
static bool apply(struct pipeline *pipeline, const struct policy_spec *spec,
                  const struct policy_spec *also, struct error *err)
{
    for (size_t i = 0; i < pipeline->n_instances; i++) {
        struct metric_settings settings = nth_handler(spec, i)->settings;
        if (also)
            settings.groups |= nth_handler(also, i)->settings.groups;
        if (!apply_to_instance(pipeline, &pipeline->instances[i], &settings, err))
            return false;
    }
    return true;
}

static bool same_handlers(const struct pipeline *pipeline, const struct policy_spec *spec)
{
    for (size_t i = 0; i < pipeline->n_instances; i++) {
        const struct handler_spec *theirs = nth_handler(spec, i);
        if (!theirs || theirs->class != pipeline->instances[i].spec->class)
            return false;
    }
    return !nth_handler(spec, pipeline->n_instances);
}

static void take_spec(struct pipeline *pipeline, const struct policy_spec *spec)
{
    pipeline->spec = spec;
    for (size_t i = 0; i < pipeline->n_instances; i++) {
        struct instance *instance = &pipeline->instances[i];
        instance->spec = nth_handler(spec, i);
        if (instance->spec->class->config_settings)
            instance->spec->class->config_settings(instance->config, &instance->spec->settings);
    }
}

// First groups only come, so that going back loses nothing; then those that are not wanted go.
bool pipeline_reconfigure(struct pipeline *pipeline, const struct policy_spec *spec,
                          struct error *err)
{
    if (!same_handlers(pipeline, spec))
        return error_set(err, ERROR_INVALID, "policy '%s' has other handlers", spec->name);
    pthread_mutex_lock(&pipeline->lock);
    const struct policy_spec *old = pipeline->spec;
    bool fine = apply(pipeline, spec, old, err) && apply(pipeline, spec, NULL, err);
    if (!fine)
        apply(pipeline, old, NULL, NULL);
    for (unsigned w = 0; w < pipeline->env.workers; w++)
        pipeline_enter(pipeline, w);
    if (fine)
        take_spec(pipeline, spec);
    for (unsigned w = 0; w < pipeline->env.workers; w++)
        pipeline_leave(pipeline, w);
    atomic_fetch_add(&pipeline->version, 1);
    pthread_mutex_unlock(&pipeline->lock);
    return fine;
}
