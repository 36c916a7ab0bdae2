// What the engine does with a cell, by the row's kind: one struct of operations each, so that
// buckets, merges and books need no switch over kinds. Counters have no operations: they live in
// the cell itself.
#pragma once

#include "metric/bucket.h"

struct metric_kind_class {
    size_t size; // of the sketch's struct
    void (*init)(void *sketch, const struct metric_row *row, struct pool *pool);
    void (*reset)(void *sketch); // gives the memory back
    bool (*merge)(void *dst, const void *src);
    size_t (*memory)(const void *sketch);
    uint64_t (*lost)(const void *sketch);    // updates that found no memory
    uint64_t (*updates)(const void *sketch); // about how many a merge without memory loses
};

extern const struct metric_kind_class metric_kinds[METRIC_KIND_COUNT];

static inline bool metric_kind_has_sketch(unsigned kind)
{
    return kind != METRIC_COUNTER;
}

// Size of the row's distinct count.
unsigned metric_row_lg_k(const struct metric_row *row);
