// Counts of a contiguous run of bucket indices that grows to both sides, in steps of 32 indices.
// What lies outside the run is zero. Shared by the histograms of this floor.
#pragma once

#include "base/pool.h"
#include "base/span.h"

enum { BINS_STEP = 32 };

struct bins {
    uint64_t *counts; // NULL: nothing counted yet
    int32_t first;    // the index of counts[0], a multiple of BINS_STEP
    uint32_t room;    // how many counts
};

// The count of an index; NULL when the run does not reach it.
static inline uint64_t *bins_at(const struct bins *bins, int32_t index)
{
    uint32_t at = (uint32_t)index - (uint32_t)bins->first;
    return at < bins->room ? &bins->counts[at] : NULL;
}

// Makes the run reach from low to high. False: no room (nothing has changed).
bool bins_reach(struct bins *bins, struct pool *pool, int32_t low, int32_t high);

// Adds n at an index. False: no room.
static inline bool bins_add(struct bins *bins, struct pool *pool, int32_t index, uint64_t n)
{
    uint64_t *count = bins_at(bins, index);
    if (__builtin_expect(!count, 0)) {
        if (!bins_reach(bins, pool, index, index))
            return false;
        count = bins_at(bins, index);
    }
    *count += n;
    return true;
}

// Adds all counts of src. False: no room (nothing has changed).
bool bins_merge(struct bins *dst, struct pool *pool, const struct bins *src);

// The first index from `from` on whose count is not zero. False: there is none.
bool bins_next(const struct bins *bins, int32_t from, int32_t *index, uint64_t *count);

void bins_free(struct bins *bins, struct pool *pool);
size_t bins_memory(const struct bins *bins);
