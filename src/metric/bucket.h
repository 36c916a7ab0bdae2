// One period of one handler: the cells of a metric table, scope by scope. A bucket has one writer
// (a worker's shard) or is a scratch result of merges. Sketches take their memory from the pool.
#pragma once

#include "base/clock.h"
#include "base/pool.h"
#include "metric/settings.h"
#include "metric/table.h"
#include "sketch/count16.h"
#include "sketch/exphist.h"
#include "sketch/frequent.h"
#include "sketch/histogram.h"
#include "sketch/hll.h"
#include "sketch/rate.h"

union metric_cell {
    uint64_t count;
    struct rate *rate; // NULL while one of the row's groups is off (likewise below)
    struct exphist *quantiles;
    struct histogram *histogram;
    struct frequent *top;
    struct hll *distinct;
    struct count16 *top16;
    void *sketch; // whichever of them
};

// One instance of a scope. cells has one entry per row of the table (those of other scopes unused),
// so a row's index is its cell's index. One block of memory holds, one behind the other: this
// struct, cells, fixed, keyed_of_kind and the sketches of the scope's rows whose groups are on.
struct metric_scope {
    struct metric_bucket *bucket;
    struct metric_scope *parent;
    struct metric_scope **children; // all used instances below, in order of appearance
    uint32_t n_children, room_children;
    struct metric_scope **fixed; // [kind * METRIC_KEYS_MAX + index]; NULL: no such scope below
    uint32_t *keyed_of_kind;     // instances of each keyed scope; NULL: no such scope below
    struct metric_scope **index; // hash table of keyed children, index_room slots
    uint32_t index_room, n_keyed;
    struct metric_scope *next_spare; // while it waits for its next use
    uint64_t key_hash;
    char *own_key;   // keyed: memory of `key`
    const char *key; // "in"; "" for the root
    uint16_t key_len, key_room;
    uint8_t kind;      // index into table->scopes
    uint8_t key_index; // fixed: which key
    uint8_t n_fixed;   // fixed instances directly below, used or not
    bool used;         // fixed instances exist from the start, and appear when first used
    size_t size;       // bytes of this block
    union metric_cell cells[];
};

// What this bucket did not see. Merges by addition.
struct metric_completeness {
    uint64_t source_lost; // packets that the source says it lost
    uint64_t sampled_out; // records that deep sampling skipped
    uint64_t scopes_over; // updates for scope instances over their limit
    uint64_t memory_lost; // updates that found no memory (of all sketches that are gone; those of
                          // living sketches are added when read)
};

struct metric_bucket {
    const struct metric_table *table;
    const struct metric_settings *settings; // = &own_settings
    struct metric_settings own_settings;
    struct pool *pool;
    int64_t period;     // live: number of the UTC period since the epoch; else counted from 0
    int64_t start, end; // ns since the epoch; end is 0 while open
    int64_t length;     // whole seconds; merged: as upstream defines it
    bool started;       // `start` says when
    bool closed;
    bool ends_with_packet; // `end` is the last packet's time, not the first one after
    bool merged;           // made of several periods
    struct metric_completeness missed;
    struct metric_scope *root;
    struct metric_scope *spare[METRIC_SCOPES_MAX]; // keyed instances of the period before, by kind
};

struct metric_bucket *metric_bucket_new(const struct metric_table *table,
                                        const struct metric_settings *settings, struct pool *pool);
void metric_bucket_free(struct metric_bucket *bucket); // NULL is accepted

// Empty again with a new start; sketch memory is given back, instances of scopes are dropped. Their
// blocks wait one period for their next use, so that steady traffic allocates none.
void metric_bucket_reset(struct metric_bucket *bucket, int64_t start);

// Gives back what a closed bucket does not need to be read: blocks that wait for their next use,
// and the tables of top lists, which are packed.
void metric_bucket_compact(struct metric_bucket *bucket);

// No more updates: the bucket ends at `end`, its length is the difference of the whole seconds (as
// upstream counts it).
void metric_bucket_close(struct metric_bucket *bucket, int64_t end);

// Lets a fixed instance appear in the output. For metric_scope_fixed.
void metric_scope_appear(struct metric_scope *scope);

// The instance `index` of a scope with fixed keys, which appears in the output from its first use.
// Never NULL: fixed instances are made with the scope around them.
static inline struct metric_scope *metric_scope_fixed(struct metric_scope *parent, unsigned kind,
                                                      unsigned index)
{
    struct metric_scope *scope = parent->fixed[kind * METRIC_KEYS_MAX + index];
    if (__builtin_expect(!scope->used, 0))
        metric_scope_appear(scope);
    return scope;
}

// The instance with that key, created when there is room. NULL when the scope is full (counted in
// scopes_over) or memory is (counted in memory_lost). hash: hash_bytes of the key with
// hash_process_key().
struct metric_scope *metric_scope_keyed(struct metric_scope *parent, unsigned kind, uint64_t hash,
                                        struct span key);

// dst also counts what src has counted (same table); its time becomes the hull of both. Limits of
// scopes do not apply. False when memory ran out: dst then holds less and says so in memory_lost.
bool metric_bucket_merge(struct metric_bucket *dst, const struct metric_bucket *src);

// Only the times of such a merge.
void metric_bucket_merge_times(struct metric_bucket *dst, const struct metric_bucket *src);

// Whether the period of src is older (-1) or newer (1) than the newest that dst holds: what decides
// about gauges. Times alone are looked at.
int metric_bucket_age(const struct metric_bucket *dst, const struct metric_bucket *src);

size_t metric_bucket_memory(const struct metric_bucket *bucket); // bytes from the pool

// Reading by name: the row with that path in that scope kind; -1 when there is none.
int metric_row_find(const struct metric_table *table, unsigned scope, const char *path);
// All that is known to be missing: `missed` plus what living sketches lost.
struct metric_completeness metric_bucket_missed(const struct metric_bucket *bucket);
// Weight of top lists that no row carries any more (purged, or cut), over all top lists.
uint64_t metric_bucket_untracked(const struct metric_bucket *bucket);
// An aside counter over all instances of its scope.
uint64_t metric_bucket_aside(const struct metric_bucket *bucket, unsigned row);

// `period.length` of upstream: whole seconds, up to `now` while open and not a recording.
int64_t metric_bucket_length(const struct metric_bucket *bucket, int64_t now);

// The seconds that rates of this bucket are read over (inclusive). Closed: every second that the
// period touches. Open: start's second to the last whole one before `now`. False when an open
// bucket has no whole second yet.
bool metric_bucket_seconds(const struct metric_bucket *bucket, int64_t now, int64_t *first,
                           int64_t *last);

// Updates. A group that is off makes them do nothing (counters are still counted, not shown).
static inline void metric_count(struct metric_scope *scope, unsigned row, uint64_t n)
{
    scope->cells[row].count += n;
}

// For rows marked `gauge`.
static inline void metric_set(struct metric_scope *scope, unsigned row, uint64_t value)
{
    scope->cells[row].count = value;
}

static inline void metric_rate(struct metric_scope *scope, unsigned row, int64_t second, uint64_t n)
{
    if (scope->cells[row].rate)
        rate_add(scope->cells[row].rate, second, n);
}

static inline void metric_quantile(struct metric_scope *scope, unsigned row, double value)
{
    if (scope->cells[row].quantiles)
        exphist_add(scope->cells[row].quantiles, value);
}

static inline void metric_quantiles(struct metric_scope *scope, unsigned row,
                                    const uint32_t *values, size_t count)
{
    if (scope->cells[row].quantiles)
        exphist_add_integers(scope->cells[row].quantiles, values, count);
}

static inline void metric_histogram(struct metric_scope *scope, unsigned row, double value)
{
    if (scope->cells[row].histogram)
        histogram_add(scope->cells[row].histogram, value);
}

static inline void metric_top_bytes(struct metric_scope *scope, unsigned row, uint64_t hash,
                                    struct span item, uint64_t weight)
{
    if (scope->cells[row].top)
        frequent_add_bytes(scope->cells[row].top, hash, item, weight);
}

static inline void metric_top_u64(struct metric_scope *scope, unsigned row, uint64_t hash,
                                  uint64_t item, uint64_t weight)
{
    if (scope->cells[row].top)
        frequent_add_u64(scope->cells[row].top, hash, item, weight);
}

static inline void metric_top16(struct metric_scope *scope, unsigned row, uint16_t value,
                                uint64_t weight)
{
    if (scope->cells[row].top16)
        count16_add(scope->cells[row].top16, value, weight);
}

static inline void metric_top16_prefetch(const struct metric_scope *scope, unsigned row,
                                         uint16_t value)
{
    if (scope->cells[row].top16)
        count16_prefetch(scope->cells[row].top16, value);
}

static inline void metric_distinct(struct metric_scope *scope, unsigned row, uint32_t coupon)
{
    if (scope->cells[row].distinct)
        hll_add_coupon(scope->cells[row].distinct, coupon);
}
