// Quantiles by a base-2 exponential histogram: bucket i counts values in (b^i, b^(i+1)] with
// b = 2^(2^-scale), scale 5: b = 1.0219, so a bucket's middle is within 1.1 % of every value in it.
// Layout and bounds as in the OpenTelemetry metrics data model (ExponentialHistogram) and close to
// Prometheus native histograms. A zero bucket holds 0 and everything up to 2^-32, OTLP's zero
// threshold (ours never counts negative values: callers count those as 0); the topmost bucket ends
// at 2^64 and also holds what is above. So a histogram takes at most 24 KiB; a run of latencies
// over five decades takes 4.5 KiB.
//
// The first 256 values are kept as they are: quantiles of a small set are exact. Beside the
// buckets: count, true sum, minimum, maximum; no answer lies outside minimum and maximum.
//
// Merging in any order and any split gives the same count and buckets bit for bit, and the same
// mode: exact as long as there are at most 256 values in all.
#pragma once

#include "base/pool.h"
#include "base/span.h"
#include "sketch/bins.h"
#include "sketch/sum.h"

enum {
    EXPHIST_SCALE = 5,
    EXPHIST_PER_OCTAVE = 1 << EXPHIST_SCALE,
    EXPHIST_EXACT = 256,
    EXPHIST_INDEX_MIN = -32 * EXPHIST_PER_OCTAVE,   // values above 2^-32
    EXPHIST_INDEX_MAX = 64 * EXPHIST_PER_OCTAVE - 1 // values up to 2^64
};
#define EXPHIST_ZERO_THRESHOLD 0x1p-32

struct exphist {
    struct pool *pool;
    uint64_t count;
    uint64_t zeros;  // the zero bucket (not used while exact)
    double sum;      // exphist_sum adds what rounding has taken
    double min, max; // 0 when empty
    double *exact;   // the first values, while count <= EXPHIST_EXACT; then NULL
    struct bins buckets;
    double sum_rest; // see sketch/sum.h; apart from the others so that they are not stored as one
    uint32_t exact_room;
    uint64_t lost; // values dropped because the pool was empty
};

void exphist_init(struct exphist *h, struct pool *pool);
void exphist_done(struct exphist *h);
void exphist_reset(struct exphist *h); // empty again, memory given back

// value >= 0 and finite (others are counted as 0). False when the pool has no room.
bool exphist_add(struct exphist *h, double value);
// Many integers at once, as a batch brings them: cheaper than one by one.
void exphist_add_integers(struct exphist *h, const uint32_t *values, size_t count);
// The same value `times` times: used by rates and merges.
bool exphist_add_many(struct exphist *h, double value, uint64_t times);

static inline double exphist_sum(const struct exphist *h)
{
    return h->sum + h->sum_rest;
}

// The value at an inclusive rank q in [0, 1]: the smallest recorded value v so that at least
// ceil(q * count) values are <= v (and at least one). Exact for up to EXPHIST_EXACT values, else
// the geometric middle of the bucket, kept within min and max. 0 when empty.
double exphist_quantile(const struct exphist *h, double q);

// Index of the bucket of a value > 0: the i with 2^(i/32) < value <= 2^((i+1)/32), exact at bounds,
// for every double.
int32_t exphist_index(double value);
// The greatest double of a bucket (of normal numbers).
double exphist_upper_bound(int32_t index);

// Walks the non-empty buckets in ascending order, the zero bucket not included: *at starts at 0.
// Works in exact mode too (values are then bucketed on the fly).
bool exphist_next(const struct exphist *h, size_t *at, int32_t *index, uint64_t *count);
// The count of the zero bucket, in exact mode too.
uint64_t exphist_zeros(const struct exphist *h);

// dst also counts what src has counted. False: no room (src's values are then in dst->lost).
bool exphist_merge(struct exphist *dst, const struct exphist *src);
size_t exphist_memory(const struct exphist *h);
