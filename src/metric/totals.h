// What a handler has counted since its policy started, for counters that Prometheus wants to grow
// without end: the counters, the quantiles and the sums of rates of all closed periods, added up,
// scope by scope. Top lists, distinct counts and the seconds of rates are not kept.
//
// Scopes with any key hold as many instances as the table says for one period (max_instances, the
// first ones that come); updates for others are counted in scopes_over. Values are exact: buckets
// of quantiles add up, and the bounds of the native histograms lie on their bounds. At most 24 KiB
// a row of quantiles and instance. Not locked: one thread at a time.
#pragma once

#include "metric/shard.h"

struct metric_totals;

// settings: groups alone count. NULL: no memory.
struct metric_totals *metric_totals_new(const struct metric_table *table,
                                        const struct metric_settings *settings, struct pool *pool);
void metric_totals_free(struct metric_totals *totals); // NULL is accepted

// Adds a closed period, once (merged over the workers). False when memory ran out: some values are
// then missing, which metric_totals_missed says.
bool metric_totals_add(struct metric_totals *totals, const struct metric_bucket *closed);

// Adds what a live shard holds of periods that metric_totals_add has not seen yet. For a copy that
// is written and thrown away.
bool metric_totals_add_live(struct metric_totals *totals, const struct metric_shard *shard);
// Periods begin anew from this one on, since the clock was set back: they count as not seen.
void metric_totals_go_back(struct metric_totals *totals, int64_t period);
struct metric_totals *metric_totals_copy(const struct metric_totals *totals, struct pool *pool);

// As metric/reconfigure.h: rows that go and come back start at 0 again, as counters may.
bool metric_totals_reconfigure(struct metric_totals *totals, const struct metric_settings *settings,
                               struct error *err);

// scopes_over and memory_lost of the totals themselves, and what all added periods missed.
struct metric_completeness metric_totals_missed(const struct metric_totals *totals);
size_t metric_totals_memory(const struct metric_totals *totals); // bytes from its pool

// As a bucket, whose top lists and distinct counts are empty; it starts where the oldest of what
// was added does. For the writers.
const struct metric_bucket *metric_totals_bucket(const struct metric_totals *totals);
