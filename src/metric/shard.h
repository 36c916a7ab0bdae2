// The ring of buckets of one (handler, worker), and how shards are read together.
#pragma once

#include "base/error.h"
#include "base/random.h"
#include "metric/bucket.h"

struct metric_shard {
    struct metric_bucket *live;                        // periods[0]
    struct metric_bucket *periods[METRIC_PERIODS_MAX]; // newest first
    unsigned count;                                    // periods that exist
    struct metric_bucket *ring[METRIC_PERIODS_MAX];    // all buckets, made at the start
    struct metric_settings settings;
    const struct metric_table *table;
    struct pool *pool;
    struct random_stream sampling; // fixed seed: runs are repeatable
    bool deep;                     // the decision for the current record; true until the first one
};

// settings are copied; periods are kept within 1 to METRIC_PERIODS_MAX.
struct metric_shard *metric_shard_new(const struct metric_table *table,
                                      const struct metric_settings *settings, struct pool *pool);
void metric_shard_free(struct metric_shard *shard);

// Sets the live bucket's start (the first packet of a recording).
void metric_shard_start(struct metric_shard *shard, int64_t time);

// Closes the live bucket at `time` and opens the next one there; the oldest goes. Never fails. Does
// nothing with one period.
void metric_shard_rotate(struct metric_shard *shard, int64_t time);

// Closes the live bucket for good (end of a recording); time: the last packet's.
void metric_shard_finish(struct metric_shard *shard, int64_t time);

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

// Reads: a bucket (window 0, bucket n) or the merge of the newest n buckets (window n). The result
// is a new bucket in `pool`, merged over all shards (all of one table, same ring state). NULL and
// upstream's text (section 6.2) when the period does not exist. What found no memory in `pool` is
// in the result's memory_lost. The result keeps a copy of the settings and does not refer to the
// shards.
struct metric_request {
    unsigned window; // 0: a single bucket
    unsigned bucket;
};
struct metric_bucket *metric_collect(struct metric_shard *const *shards, size_t n_shards,
                                     struct metric_request request, struct pool *pool,
                                     struct error *err);
