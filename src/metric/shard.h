// The ring of buckets of one (handler, worker), and how shards are read together.
//
// For a recording a shard holds all periods, and metric_collect reads the shards. For live traffic
// it holds two, the live one and the one just closed: closed periods are merged over the workers
// and kept in a metric_history. Workers do not rotate at the same moment; so live shards are read
// by the number of a period.
#pragma once

#include "base/error.h"
#include "base/random.h"
#include "metric/bucket.h"
#include "metric/request.h"

struct metric_shard {
    struct metric_bucket *live;                        // periods[0]
    struct metric_bucket *periods[METRIC_PERIODS_MAX]; // newest first
    unsigned count;                                    // periods that exist
    struct metric_bucket *ring[METRIC_PERIODS_MAX];    // all buckets, made at the start
    unsigned room;                                     // buckets of the ring in use
    bool live_ring;                                    // of live traffic: nothing is dropped
    struct metric_settings settings;
    const struct metric_table *table;
    struct pool *pool;
    struct random_stream sampling; // fixed seed: runs are repeatable
    bool deep;                     // the decision for the current record; true until the first one
};

// settings are copied; periods are kept within 1 to METRIC_PERIODS_MAX.
struct metric_shard *metric_shard_new(const struct metric_table *table,
                                      const struct metric_settings *settings, struct pool *pool);
// The same with a ring of two buckets (of one, with one period), for live traffic.
struct metric_shard *metric_shard_new_live(const struct metric_table *table,
                                           const struct metric_settings *settings,
                                           struct pool *pool);
void metric_shard_free(struct metric_shard *shard);

// Sets the live bucket's start (the first packet of a recording).
void metric_shard_start(struct metric_shard *shard, int64_t time);

// The same in live traffic, where periods have numbers.
void metric_shard_start_in(struct metric_shard *shard, int64_t time, int64_t period);

// Closes the live bucket at `time` and opens the next one there; the oldest goes. Never fails. Does
// nothing with one period.
void metric_shard_rotate(struct metric_shard *shard, int64_t time);

// The same; the new bucket's period number is `period`, greater than the one before (a heartbeat
// may leave numbers out), or smaller when the clock was set back. In live traffic a closed period
// that nobody has released yet (whoever merges them is late) joins the one that is closed now, so
// that nothing is lost.
void metric_shard_rotate_to(struct metric_shard *shard, int64_t time, int64_t period);

// Closes the live bucket for good (end of a recording); time: the last packet's.
void metric_shard_finish(struct metric_shard *shard, int64_t time);

// The bucket of that period, live or closed; NULL when the shard has none (any more).
struct metric_bucket *metric_shard_period(const struct metric_shard *shard, int64_t period);

// Adds that bucket to a scratch bucket. False when the shard has none.
bool metric_shard_read(const struct metric_shard *shard, int64_t period,
                       struct metric_bucket *into);

// A closed bucket whose content is held elsewhere gives its memory back before its next use.
void metric_shard_release(struct metric_shard *shard, int64_t period);

// Decides whether the next record is deep: true for all at rate 100, else as section 6.3 of the
// specification. Counts what is skipped.
static inline bool metric_shard_sample(struct metric_shard *shard)
{
    if (shard->settings.deep_sample_rate >= 100)
        return shard->deep = true;
    shard->deep = random_next(&shard->sampling) % 100 < shard->settings.deep_sample_rate;
    shard->live->missed.sampled_out += !shard->deep;
    return shard->deep;
}

// Reads as metric/request.h says; all shards of one table and in the same ring state, at least one.
// The result does not refer to the shards.
struct metric_bucket *metric_collect(struct metric_shard *const *shards, size_t n_shards,
                                     struct metric_request request, struct pool *pool,
                                     struct error *err);
