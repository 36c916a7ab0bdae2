// The histogram of upstream's JSON and Prometheus output: fixed bounds, 18 per decade, exact
// counts. Bounds are 10^(i/18) (from 1e-9 to below 1e18); for integers they are cut to whole
// numbers and the doubles dropped: 0, 1, 2, … 8, 10, 11, 12, 14, 16, 18, 21, 24, 27, 31, 35, 40,
// 46, 52, 59, 68, 77, 87, 100, … A value is counted under the first bound that is not below it
// (integers are rounded first; what is negative or not finite counts as 0). Takes 256 B per 32
// neighbouring bounds in use, 4 KiB at most.
#pragma once

#include "base/pool.h"
#include "base/span.h"
#include "sketch/bins.h"
#include "sketch/sum.h"

enum { HISTOGRAM_BOUNDS = 18 * 27 };

enum histogram_kind { HISTOGRAM_INTEGER, HISTOGRAM_REAL };

struct histogram {
    struct pool *pool;
    uint8_t kind; // enum histogram_kind
    uint64_t count;
    double sum;       // histogram_sum adds what rounding has taken
    struct bins bins; // one per bound; values above the last are only in count
    double sum_rest;  // see sketch/sum.h; apart from sum so that they are not stored as one
    uint64_t lost;    // values dropped because the pool was empty
};

void histogram_init(struct histogram *h, struct pool *pool, enum histogram_kind kind);
void histogram_done(struct histogram *h);
void histogram_reset(struct histogram *h);
// False when the pool has no room.
bool histogram_add(struct histogram *h, double value);

static inline double histogram_sum(const struct histogram *h)
{
    return h->sum + h->sum_rest;
}

// Walks the bounds whose own bin is not empty, ascending; cumulative counts all values up to bound.
// Values above the last bound are only in h->count. *at starts at 0.
bool histogram_next(const struct histogram *h, size_t *at, double *bound, uint64_t *cumulative);

// dst also counts what src has counted; kinds must be equal. False: no room (src's values are then
// in dst->lost).
bool histogram_merge(struct histogram *dst, const struct histogram *src);
size_t histogram_memory(const struct histogram *h);
