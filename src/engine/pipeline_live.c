// Periods of live traffic: how workers begin and end them, how the closed ones come together, and
// how all of it is read.
#include "engine/pipeline_parts.h"

#include "base/memory.h"
#include "metric/json_info.h"

enum { NO_PERIOD_YET = 0 };

void pipeline_set_gates(struct pipeline *pipeline, struct gate *const *gates)
{
    pipeline->gates = gates;
}

void pipeline_start_in(struct pipeline *pipeline, unsigned worker, int64_t time, int64_t period)
{
    for (size_t i = 0; i < pipeline->n_instances; i++)
        metric_shard_start_in(pipeline->instances[i].metrics[worker], time, period);
    pipeline->usage[worker].period = period;
    atomic_store(&pipeline->usage[worker].began, period);
}

void pipeline_rotate_to(struct pipeline *pipeline, unsigned worker, int64_t time, int64_t period)
{
    struct usage *usage = &pipeline->usage[worker];
    bool back = period <= usage->period;
    pipeline_tick(pipeline, worker, time);
    for (size_t i = 0; i < pipeline->n_instances; i++)
        metric_shard_rotate_to(pipeline->instances[i].metrics[worker], time, period);
    atomic_store(&usage->ended, back ? period - 1 : usage->period);
    if (back)
        atomic_store(&usage->began, period);
    usage->period = period;
    atomic_fetch_add(&usage->rotations, 1);
}

void pipeline_go_back(struct pipeline *pipeline, int64_t period)
{
    pthread_mutex_lock(&pipeline->lock);
    if (pipeline->closed >= period)
        pipeline->closed = period - 1;
    for (size_t i = 0; i < pipeline->n_instances; i++)
        metric_totals_go_back(pipeline->instances[i].totals, period);
    pthread_mutex_unlock(&pipeline->lock);
}

// The newest period that all workers have ended; false when that is none, or known already.
static bool ended_by_all(const struct pipeline *pipeline, int64_t *period)
{
    *period = INT64_MAX;
    for (unsigned w = 0; w < pipeline->env.workers; w++) {
        if (atomic_load(&pipeline->usage[w].rotations) == NO_PERIOD_YET)
            return false;
        int64_t ended = atomic_load(&pipeline->usage[w].ended);
        *period = ended < *period ? ended : *period;
    }
    return pipeline->env.workers > 0 && *period > pipeline->closed;
}

// A handler's bucket of a period, merged over all workers, whose own memory of it is given back.
static struct metric_bucket *take_period(struct pipeline *pipeline, struct instance *instance,
                                         int64_t period)
{
    const struct metric_shard *any = instance->metrics[0];
    struct metric_bucket *bucket =
        metric_bucket_new(any->table, &any->settings, pipeline->env.closed);
    for (unsigned w = 0; w < pipeline->env.workers; w++) {
        pipeline_enter(pipeline, w);
        if (bucket)
            metric_shard_read(instance->metrics[w], period, bucket);
        metric_shard_release(instance->metrics[w], period);
        pipeline_leave(pipeline, w);
    }
    return bucket;
}

static void close_instance(struct pipeline *pipeline, size_t index, int64_t period)
{
    struct instance *instance = &pipeline->instances[index];
    struct metric_bucket *bucket = take_period(pipeline, instance, period);
    if (!bucket)
        return; // the pool has counted the refusal
    if (instance->spec->class->learn)
        pipeline_teach(pipeline, index, bucket);
    metric_totals_add(instance->totals, bucket);
    metric_history_push(instance->history, bucket);
}

bool pipeline_close_period(struct pipeline *pipeline)
{
    int64_t period;
    pthread_mutex_lock(&pipeline->lock);
    bool due = ended_by_all(pipeline, &period);
    for (size_t i = 0; due && i < pipeline->n_instances; i++)
        if (pipeline->instances[i].spec->settings.periods > 1)
            close_instance(pipeline, i, period);
    if (due) {
        pipeline->closed = period;
        atomic_fetch_add(&pipeline->version, 1);
    }
    pthread_mutex_unlock(&pipeline->lock);
    return due;
}

uint64_t pipeline_version(const struct pipeline *pipeline)
{
    return atomic_load(&pipeline->version);
}

void pipeline_hold(struct pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->lock);
}

void pipeline_let_go(struct pipeline *pipeline)
{
    pthread_mutex_unlock(&pipeline->lock);
}

// What is not in the histories yet: the live period, and while some workers are still in the period
// before, that one too.
static void read_live(const struct pipeline *pipeline, const struct instance *instance,
                      struct metric_bucket *live)
{
    for (unsigned w = 0; w < pipeline->env.workers; w++) {
        pipeline_enter(pipeline, w);
        const struct metric_shard *shard = instance->metrics[w];
        for (unsigned i = shard->count; i-- > 0;)
            if (shard->periods[i] == shard->live || shard->periods[i]->period > pipeline->closed)
                metric_bucket_merge(live, shard->periods[i]);
        pipeline_leave(pipeline, w);
    }
}

static struct metric_bucket *live_bucket(const struct pipeline *pipeline,
                                         const struct instance *instance, struct error *err)
{
    const struct metric_shard *any = instance->metrics[0];
    struct metric_bucket *live =
        metric_bucket_new(any->table, &any->settings, pipeline->env.scratch);
    if (live)
        read_live(pipeline, instance, live);
    else
        error_set(err, ERROR_MEMORY, "no memory for a summary of %s", any->table->schema);
    return live;
}

static struct metric_bucket *collect_live(struct pipeline *pipeline,
                                          const struct instance *instance,
                                          struct metric_request request, struct error *err)
{
    struct metric_bucket *live = NULL, *bucket = NULL;
    bool wants_live = request.window > 0 || request.bucket == 0;
    if (!wants_live || (live = live_bucket(pipeline, instance, err)))
        bucket =
            metric_history_collect(instance->history, live, request, pipeline->env.scratch, err);
    metric_bucket_free(live);
    return bucket;
}

struct metric_bucket *pipeline_collect(struct pipeline *pipeline, size_t index,
                                       struct metric_request request, struct error *err)
{
    const struct instance *instance = &pipeline->instances[index];
    if (!pipeline->live)
        return metric_collect(instance->metrics, pipeline->env.workers, request,
                              pipeline->env.scratch, err);
    pthread_mutex_lock(&pipeline->lock);
    struct metric_bucket *bucket = collect_live(pipeline, instance, request, err);
    pthread_mutex_unlock(&pipeline->lock);
    return bucket;
}

bool pipeline_info(struct pipeline *pipeline, size_t index, int64_t now, struct buffer *out)
{
    const struct instance *instance = &pipeline->instances[index];
    pthread_mutex_lock(&pipeline->lock);
    struct metric_bucket *live =
        pipeline->live ? live_bucket(pipeline, instance, NULL)
                       : metric_collect(instance->metrics, pipeline->env.workers,
                                        (struct metric_request){0}, pipeline->env.scratch, NULL);
    if (live)
        metric_json_info(instance->history, live, now, out);
    pthread_mutex_unlock(&pipeline->lock);
    metric_bucket_free(live);
    return live && !out->failed;
}

struct metric_bucket *pipeline_collect_newest(struct pipeline *pipeline, size_t index,
                                              struct error *err)
{
    const struct instance *instance = &pipeline->instances[index];
    pthread_mutex_lock(&pipeline->lock);
    struct metric_request newest = {.bucket = metric_history_count(instance->history) > 0};
    struct metric_bucket *bucket = collect_live(pipeline, instance, newest, err);
    pthread_mutex_unlock(&pipeline->lock);
    return bucket;
}

bool pipeline_is_past(struct pipeline *pipeline, int64_t period)
{
    pthread_mutex_lock(&pipeline->lock);
    bool past = pipeline->closed >= period;
    pthread_mutex_unlock(&pipeline->lock);
    for (unsigned w = 0; !past && w < pipeline->env.workers; w++)
        if (atomic_load(&pipeline->usage[w].began) <= period)
            return false;
    return true;
}

static struct metric_totals *read_totals(const struct pipeline *pipeline,
                                         const struct instance *instance, bool live)
{
    struct metric_totals *totals = metric_totals_copy(instance->totals, pipeline->env.scratch);
    for (unsigned w = 0; live && totals && w < pipeline->env.workers; w++) {
        pipeline_enter(pipeline, w);
        metric_totals_add_live(totals, instance->metrics[w]);
        pipeline_leave(pipeline, w);
    }
    return totals;
}

struct metric_totals *pipeline_totals(struct pipeline *pipeline, size_t index)
{
    pthread_mutex_lock(&pipeline->lock);
    struct metric_totals *totals = read_totals(pipeline, &pipeline->instances[index], true);
    pthread_mutex_unlock(&pipeline->lock);
    return totals;
}

// The history's bucket of a period; with one period, where there is no history, the live one.
static struct metric_bucket *collect_period(struct pipeline *pipeline,
                                            const struct instance *instance, int64_t period,
                                            struct error *err)
{
    const struct metric_bucket *newest = metric_history_bucket(instance->history, 0);
    bool live = instance->spec->settings.periods == 1;
    if (pipeline->closed != period || (!live && (!newest || newest->period != period))) {
        error_set(err, ERROR_NOT_FOUND, "%s", "");
        return NULL;
    }
    struct metric_request request = {.bucket = !live};
    return collect_live(pipeline, instance, request, err);
}

struct metric_bucket *pipeline_collect_closed(struct pipeline *pipeline, size_t index,
                                              int64_t period, struct metric_totals **totals,
                                              struct error *err)
{
    const struct instance *instance = &pipeline->instances[index];
    pthread_mutex_lock(&pipeline->lock);
    struct metric_bucket *bucket = collect_period(pipeline, instance, period, err);
    if (bucket && totals &&
        !(*totals = read_totals(pipeline, instance, instance->spec->settings.periods == 1))) {
        error_set(err, ERROR_MEMORY, "no memory for totals");
        metric_bucket_free(bucket);
        bucket = NULL;
    }
    pthread_mutex_unlock(&pipeline->lock);
    return bucket;
}

static size_t shard_memory(const struct metric_shard *shard)
{
    size_t size = sizeof *shard;
    for (unsigned i = 0; i < shard->room; i++)
        size += metric_bucket_memory(shard->ring[i]);
    return size;
}

size_t pipeline_memory(struct pipeline *pipeline)
{
    size_t size = 0;
    pthread_mutex_lock(&pipeline->lock);
    for (size_t i = 0; i < pipeline->n_instances; i++) {
        const struct instance *instance = &pipeline->instances[i];
        if (instance->history)
            size +=
                metric_history_memory(instance->history) + metric_totals_memory(instance->totals);
        for (unsigned w = 0; w < pipeline->env.workers; w++) {
            pipeline_enter(pipeline, w);
            size += shard_memory(instance->metrics[w]);
            pipeline_leave(pipeline, w);
        }
    }
    pthread_mutex_unlock(&pipeline->lock);
    return size;
}
