// What the engine does with a cell, by the row's kind: one struct of operations each, so that
// buckets, merges and books need no switch over kinds. Counters have no operations: they live in
// the cell itself.
#pragma once

#include "metric/bucket.h"

#include <math.h>

struct metric_kind_class {
    size_t size; // of the sketch's struct
    void (*init)(void *sketch, const struct metric_row *row, struct pool *pool);
    void (*reset)(void *sketch);               // gives the memory back
    bool (*merge)(void *dst, const void *src); // false: no room; what is missing is in lost(dst)
    size_t (*memory)(const void *sketch);
    uint64_t (*lost)(const void *sketch); // updates that found no memory
};

extern const struct metric_kind_class metric_kinds[METRIC_KIND_COUNT];

static inline bool metric_kind_has_sketch(unsigned kind)
{
    return kind != METRIC_COUNTER;
}

// The nearest whole number, for rows whose values are integers; what is negative (or none) is 0.
static inline uint64_t metric_whole(double value)
{
    if (!(value > 0))
        return 0;
    return value < 0x1p64 - 0x1p11 ? (uint64_t)floor(value + 0.5) : UINT64_MAX;
}

// Size of the row's distinct count.
unsigned metric_row_lg_k(const struct metric_row *row);
