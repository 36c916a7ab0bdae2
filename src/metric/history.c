#include "metric/reconfigure.h"

struct metric_history {
    struct metric_bucket *closed[METRIC_PERIODS_MAX]; // newest first
    unsigned count, room;
    struct metric_settings settings;
    const struct metric_table *table;
    struct pool *pool;
};

struct metric_history *metric_history_new(const struct metric_table *table,
                                          const struct metric_settings *settings, struct pool *pool)
{
    struct metric_history *history = pool_take(pool, sizeof *history);
    if (!history)
        return NULL;
    history->settings = *settings;
    history->settings.periods = metric_periods_within_limits(settings->periods);
    history->room = history->settings.periods - 1;
    history->table = table;
    history->pool = pool;
    return history;
}

void metric_history_free(struct metric_history *history)
{
    if (!history)
        return;
    for (unsigned i = 0; i < history->count; i++)
        metric_bucket_free(history->closed[i]);
    pool_free(history->pool, history, sizeof *history);
}

void metric_history_push(struct metric_history *history, struct metric_bucket *closed)
{
    if (history->room == 0) {
        metric_bucket_free(closed);
        return;
    }
    metric_bucket_compact(closed);
    if (history->count == history->room)
        metric_bucket_free(history->closed[--history->count]);
    memmove(&history->closed[1], &history->closed[0], history->count * sizeof *history->closed);
    history->closed[0] = closed;
    history->count++;
}

const struct metric_bucket *metric_history_bucket(const struct metric_history *history, unsigned n)
{
    return n < history->count ? history->closed[n] : NULL;
}

unsigned metric_history_count(const struct metric_history *history)
{
    return history->count;
}

size_t metric_history_memory(const struct metric_history *history)
{
    size_t size = sizeof *history;
    for (unsigned i = 0; i < history->count; i++)
        size += metric_bucket_memory(history->closed[i]);
    return size;
}

struct metric_bucket *metric_history_collect(const struct metric_history *history,
                                             const struct metric_bucket *live,
                                             struct metric_request request, struct pool *pool,
                                             struct error *err)
{
    unsigned existing = history->count + 1;
    if (!metric_request_valid(request, history->settings.periods, existing, err))
        return NULL;
    struct metric_bucket *bucket = metric_bucket_new(history->table, &history->settings, pool);
    if (!bucket) {
        error_set(err, ERROR_MEMORY, "no memory for a summary of %s", history->table->schema);
        return NULL;
    }
    unsigned first = request.window ? 0 : request.bucket;
    unsigned n = request.window ? request.window : 1;
    int64_t length = 0;
    for (unsigned i = first; i < first + n && i < existing; i++) {
        const struct metric_bucket *period = i ? history->closed[i - 1] : live;
        metric_bucket_merge(bucket, period);
        length += period->length;
    }
    bucket->length = length;
    bucket->merged = request.window != 0;
    return bucket;
}

bool metric_history_reconfigure(struct metric_history *history,
                                const struct metric_settings *settings, struct error *err)
{
    return metric_reconfigure(history->closed, history->count, &history->settings, settings, err);
}
