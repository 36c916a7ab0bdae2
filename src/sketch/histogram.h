// The histogram of upstream's JSON and Prometheus output: fixed bounds, 18 per decade, exact
// counts. Bounds are 10^(i/18) (from 1e-9 to below 1e18); for integers they are cut to whole
// numbers and the doubles dropped: 0, 1, 2, … 8, 10, 11, 12, 14, 16, 18, 21, 24, 27, 31, 35, 40,
// 46, 52, 59, 68, 77, 87, 100, … A value is counted under the first bound that is not below it.
#pragma once

#include "base/pool.h"
#include "base/span.h"

enum histogram_kind { HISTOGRAM_INTEGER, HISTOGRAM_REAL };

struct histogram {
    struct pool *pool;
    uint8_t kind; // enum histogram_kind
    uint64_t count;
    double sum;
    uint64_t *bins; // one per bound, and one above the last; NULL before the first value
    uint64_t lost;
};

void histogram_init(struct histogram *h, struct pool *pool, enum histogram_kind kind);
void histogram_done(struct histogram *h);
void histogram_reset(struct histogram *h);
bool histogram_add(struct histogram *h, double value);

// Walks the bounds whose own bin is not empty, ascending; cumulative counts all values up to bound.
// Values above the last bound are only in h->count. *at starts at 0.
bool histogram_next(const struct histogram *h, size_t *at, double *bound, uint64_t *cumulative);

bool histogram_merge(struct histogram *dst, const struct histogram *src);
size_t histogram_memory(const struct histogram *h);
