// The closed periods of one handler in live traffic, each merged over all workers, newest first. At
// most settings.periods - 1 of them: the live period is with the shards. Not locked: one thread at
// a time.
#pragma once

#include "metric/bucket.h"
#include "metric/request.h"

struct metric_history;

// settings are copied; periods are kept within 1 to METRIC_PERIODS_MAX. NULL: no memory.
struct metric_history *metric_history_new(const struct metric_table *table,
                                          const struct metric_settings *settings,
                                          struct pool *pool);
void metric_history_free(struct metric_history *history); // NULL is accepted

// Takes over a closed bucket, compacts it, and lets the oldest go. With one period there is no
// room: the bucket itself goes.
void metric_history_push(struct metric_history *history, struct metric_bucket *closed);

// The closed bucket n, 0 the newest; NULL when there is none. Stands until the next push.
const struct metric_bucket *metric_history_bucket(const struct metric_history *history, unsigned n);
unsigned metric_history_count(const struct metric_history *history);
size_t metric_history_memory(const struct metric_history *history); // bytes from its pool

// Reads as metric/request.h says. live: the live bucket merged over the workers; borrowed.
struct metric_bucket *metric_history_collect(const struct metric_history *history,
                                             const struct metric_bucket *live,
                                             struct metric_request request, struct pool *pool,
                                             struct error *err);
