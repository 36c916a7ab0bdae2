// Quantiles by a base-2 exponential histogram: bucket i counts values in (b^i, b^(i+1)] with
// b = 2^(2^-scale), scale 5: b = 1.0219, so a bucket's middle is within 1.1 % of every value in it.
// Layout and bounds as in the OpenTelemetry metrics data model (ExponentialHistogram) and close to
// Prometheus native histograms. A zero bucket holds 0 and everything below (ours never counts
// negative values: callers count those as 0).
//
// The first 256 values are kept as they are: quantiles of a small set are exact. Beside the
// buckets: count, true sum, minimum, maximum; no answer lies outside minimum and maximum.
#pragma once

#include "base/pool.h"
#include "base/span.h"

enum { EXPHIST_SCALE = 5, EXPHIST_EXACT = 256 };

struct exphist {
    struct pool *pool;
    uint64_t count;
    uint64_t zeros; // the zero bucket
    double sum, min, max;
    uint64_t *buckets; // counts of indices first .. first + room - 1
    double *exact;     // the first values, until `count` passes EXPHIST_EXACT; then NULL
    int32_t first;
    uint32_t room;
    uint32_t exact_room;
    bool merged_inexact; // a merge brought values that are only known by bucket
    uint64_t lost;       // values dropped because the pool was empty
};

void exphist_init(struct exphist *h, struct pool *pool);
void exphist_done(struct exphist *h);
void exphist_reset(struct exphist *h);

// value >= 0 and finite (others are counted as 0). False when the pool has no room.
bool exphist_add(struct exphist *h, double value);
// The same value `times` times: used by rates and merges.
bool exphist_add_many(struct exphist *h, double value, uint64_t times);

// The value at an inclusive rank q in [0, 1]: the smallest recorded value v so that at least
// ceil(q * count) values are <= v (and at least one). Exact for up to EXPHIST_EXACT values, else
// the geometric middle of the bucket, kept within min and max. 0 when empty.
double exphist_quantile(const struct exphist *h, double q);

// Index of the bucket of a value > 0: the i with 2^(i/32) < value <= 2^((i+1)/32), exact at bounds.
int32_t exphist_index(double value);
double exphist_upper_bound(int32_t index);

// Walks the non-empty buckets in ascending order, the zero bucket not included: *at starts at 0.
// Works in exact mode too (values are then bucketed on the fly).
bool exphist_next(const struct exphist *h, size_t *at, int32_t *index, uint64_t *count);

bool exphist_merge(struct exphist *dst, const struct exphist *src);
size_t exphist_memory(const struct exphist *h);
