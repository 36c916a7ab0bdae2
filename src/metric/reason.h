// Why a bucket may not be the whole truth: the engine's own counts and the table's aside counters
// under one set of names, in bytewise order. For the writers.
#pragma once

#include "metric/bucket.h"

// The engine's own reasons, for the documentation.
enum { METRIC_OWN_REASONS = 5 };
struct metric_own_reason {
    const char *name, *help;
};
extern const struct metric_own_reason metric_own_reasons[METRIC_OWN_REASONS];

struct metric_reason {
    const char *name; // "source_lost"; NULL before the first
    uint64_t count;
    struct metric_completeness missed;
    uint64_t untracked;
};

// Looks at the bucket once; the walk below then adds up nothing but aside counters.
struct metric_reason metric_reason_begin(const struct metric_bucket *bucket);

// The next reason by name; false at the end.
bool metric_reason_next(const struct metric_bucket *bucket, struct metric_reason *reason);
