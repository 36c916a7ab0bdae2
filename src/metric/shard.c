#include "metric/shard.h"

// Runs over the same traffic sample the same records.
static const uint64_t sampling_seed = 0x706b747669736f72;

enum { LIVE_ROOM = 2 };
static const int64_t no_period = INT64_MIN;

static struct metric_shard *shard_new(const struct metric_table *table,
                                      const struct metric_settings *settings, unsigned room,
                                      struct pool *pool)
{
    struct metric_shard *shard = pool_take(pool, sizeof *shard);
    if (!shard)
        return NULL;
    shard->settings = *settings;
    shard->settings.periods = metric_periods_within_limits(settings->periods);
    shard->room = room < shard->settings.periods ? room : shard->settings.periods;
    shard->table = table;
    shard->pool = pool;
    shard->sampling.state = sampling_seed;
    shard->deep = true;
    // All buckets come first, so that no rotation can fail. Empty ones are small.
    for (unsigned i = 0; i < shard->room; i++) {
        shard->ring[i] = metric_bucket_new(table, &shard->settings, pool);
        if (!shard->ring[i]) {
            metric_shard_free(shard);
            return NULL;
        }
    }
    shard->live = shard->periods[0] = shard->ring[0];
    shard->count = 1;
    return shard;
}

struct metric_shard *metric_shard_new(const struct metric_table *table,
                                      const struct metric_settings *settings, struct pool *pool)
{
    return shard_new(table, settings, METRIC_PERIODS_MAX, pool);
}

struct metric_shard *metric_shard_new_live(const struct metric_table *table,
                                           const struct metric_settings *settings,
                                           struct pool *pool)
{
    struct metric_shard *shard = shard_new(table, settings, LIVE_ROOM, pool);
    if (shard)
        shard->live_ring = true;
    return shard;
}

void metric_shard_free(struct metric_shard *shard)
{
    if (!shard)
        return;
    for (unsigned i = 0; i < METRIC_PERIODS_MAX; i++)
        metric_bucket_free(shard->ring[i]);
    pool_free(shard->pool, shard, sizeof *shard);
}

void metric_shard_start(struct metric_shard *shard, int64_t time)
{
    metric_shard_start_in(shard, time, shard->live->period);
}

void metric_shard_start_in(struct metric_shard *shard, int64_t time, int64_t period)
{
    shard->live->start = time;
    shard->live->started = true;
    shard->live->period = period;
}

void metric_shard_rotate(struct metric_shard *shard, int64_t time)
{
    metric_shard_rotate_to(shard, time, shard->live->period + 1);
}

// What finds no memory is counted. The number stays: after the clock was set back `old` has a
// greater one.
static void join(struct metric_bucket *closed, const struct metric_bucket *old)
{
    int64_t period = closed->period;
    metric_bucket_merge(closed, old);
    closed->period = period;
}

void metric_shard_rotate_to(struct metric_shard *shard, int64_t time, int64_t period)
{
    if (shard->room <= 1)
        return;
    metric_bucket_close(shard->live, time);
    struct metric_bucket *next;
    if (shard->count < shard->room)
        next = shard->ring[shard->count++];
    else
        next = shard->periods[shard->count - 1];
    if (shard->live_ring && next->started)
        join(shard->live, next);
    memmove(&shard->periods[1], &shard->periods[0], (shard->count - 1) * sizeof *shard->periods);
    metric_bucket_reset(next, time);
    next->period = period;
    shard->live = shard->periods[0] = next;
}

void metric_shard_finish(struct metric_shard *shard, int64_t time)
{
    shard->live->ends_with_packet = true;
    metric_bucket_close(shard->live, time);
}

struct metric_bucket *metric_shard_period(const struct metric_shard *shard, int64_t period)
{
    for (unsigned i = 0; i < shard->count; i++)
        if (shard->periods[i]->period == period)
            return shard->periods[i];
    return NULL;
}

bool metric_shard_read(const struct metric_shard *shard, int64_t period, struct metric_bucket *into)
{
    const struct metric_bucket *bucket = metric_shard_period(shard, period);
    if (bucket)
        metric_bucket_merge(into, bucket);
    return bucket != NULL;
}

void metric_shard_release(struct metric_shard *shard, int64_t period)
{
    struct metric_bucket *bucket = metric_shard_period(shard, period);
    if (!bucket || bucket == shard->live)
        return;
    metric_bucket_reset(bucket, 0);
    bucket->started = false;
    bucket->period = no_period;
}

// The greatest number of periods that any of the shards has.
static unsigned accumulated(struct metric_shard *const *shards, size_t n_shards)
{
    unsigned count = 0;
    for (size_t i = 0; i < n_shards; i++)
        count = shards[i]->count > count ? shards[i]->count : count;
    return count;
}

// One period of all shards into `into`; its length alone is given back.
static int64_t merge_period(struct metric_bucket *into, struct metric_shard *const *shards,
                            size_t n_shards, unsigned period)
{
    struct metric_bucket time = {0};
    for (size_t i = 0; i < n_shards; i++) {
        if (period >= shards[i]->count)
            continue;
        metric_bucket_merge(into, shards[i]->periods[period]);
        metric_bucket_merge_times(&time, shards[i]->periods[period]);
    }
    return time.length;
}

struct metric_bucket *metric_collect(struct metric_shard *const *shards, size_t n_shards,
                                     struct metric_request request, struct pool *pool,
                                     struct error *err)
{
    if (n_shards == 0) {
        error_set(err, ERROR_NOT_FOUND, "no metrics");
        return NULL;
    }
    unsigned existing = accumulated(shards, n_shards);
    if (!metric_request_valid(request, shards[0]->settings.periods, existing, err))
        return NULL;
    struct metric_bucket *bucket = metric_bucket_new(shards[0]->table, &shards[0]->settings, pool);
    if (!bucket) {
        error_set(err, ERROR_MEMORY, "no memory for a summary of %s", shards[0]->table->schema);
        return NULL;
    }
    unsigned first = request.window ? 0 : request.bucket;
    unsigned n = request.window ? request.window : 1;
    int64_t length = 0;
    for (unsigned i = first; i < first + n && i < existing; i++)
        length += merge_period(bucket, shards, n_shards, i);
    bucket->length = length;
    bucket->merged = request.window != 0;
    return bucket;
}
