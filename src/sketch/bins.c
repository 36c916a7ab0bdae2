#include "sketch/bins.h"

static int32_t step_below(int32_t index)
{
    return index & ~(BINS_STEP - 1);
}

size_t bins_memory(const struct bins *bins)
{
    return bins->room * sizeof *bins->counts;
}

bool bins_reach(struct bins *bins, struct pool *pool, int32_t low, int32_t high)
{
    int32_t first = step_below(low), end = step_below(high) + BINS_STEP;
    if (bins->counts) {
        int32_t old_end = bins->first + (int32_t)bins->room;
        if (first >= bins->first && end <= old_end)
            return true;
        first = first < bins->first ? first : bins->first;
        end = end > old_end ? end : old_end;
    }
    uint32_t room = (uint32_t)(end - first);
    uint64_t *counts = pool_alloc(pool, room * sizeof *counts);
    if (!counts)
        return false;
    if (bins->counts)
        memcpy(counts + (bins->first - first), bins->counts, bins_memory(bins));
    pool_free(pool, bins->counts, bins_memory(bins));
    *bins = (struct bins){.counts = counts, .first = first, .room = room};
    return true;
}

bool bins_merge(struct bins *dst, struct pool *pool, const struct bins *src)
{
    if (!src->counts)
        return true;
    if (!bins_reach(dst, pool, src->first, src->first + (int32_t)src->room - 1))
        return false;
    uint64_t *at = bins_at(dst, src->first);
    for (uint32_t i = 0; i < src->room; i++)
        at[i] += src->counts[i];
    return true;
}

bool bins_next(const struct bins *bins, int32_t from, int32_t *index, uint64_t *count)
{
    uint32_t i = from > bins->first ? (uint32_t)(from - bins->first) : 0;
    for (; i < bins->room; i++) {
        if (bins->counts[i]) {
            *index = bins->first + (int32_t)i;
            *count = bins->counts[i];
            return true;
        }
    }
    return false;
}

void bins_free(struct bins *bins, struct pool *pool)
{
    pool_free(pool, bins->counts, bins_memory(bins));
    *bins = (struct bins){0};
}
