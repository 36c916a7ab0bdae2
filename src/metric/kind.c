#include "metric/kind.h"

// lg_k where the row does not say: DESIGN's 14 where there is one sketch, 11 where there are many.
enum { LG_K_ROOT = 14, LG_K_BELOW = 11 };

unsigned metric_row_lg_k(const struct metric_row *row)
{
    if (row->lg_k)
        return row->lg_k;
    return row->scope == 0 ? LG_K_ROOT : LG_K_BELOW;
}

static void rate_class_init(void *sketch, const struct metric_row *row, struct pool *pool)
{
    (void)row;
    rate_init(sketch, pool);
}

static void rate_class_reset(void *sketch)
{
    rate_reset(sketch);
}

static bool rate_class_merge(void *dst, const void *src)
{
    return rate_merge(dst, src);
}

static size_t rate_class_memory(const void *sketch)
{
    return rate_memory(sketch);
}

static uint64_t rate_class_lost(const void *sketch)
{
    return ((const struct rate *)sketch)->lost;
}

static void quantiles_init(void *sketch, const struct metric_row *row, struct pool *pool)
{
    (void)row;
    exphist_init(sketch, pool);
}

static void quantiles_reset(void *sketch)
{
    exphist_reset(sketch);
}

static bool quantiles_merge(void *dst, const void *src)
{
    return exphist_merge(dst, src);
}

static size_t quantiles_memory(const void *sketch)
{
    return exphist_memory(sketch);
}

static uint64_t quantiles_lost(const void *sketch)
{
    return ((const struct exphist *)sketch)->lost;
}

static void histogram_class_init(void *sketch, const struct metric_row *row, struct pool *pool)
{
    histogram_init(sketch, pool, row->real ? HISTOGRAM_REAL : HISTOGRAM_INTEGER);
}

static void histogram_class_reset(void *sketch)
{
    histogram_reset(sketch);
}

static bool histogram_class_merge(void *dst, const void *src)
{
    return histogram_merge(dst, src);
}

static size_t histogram_class_memory(const void *sketch)
{
    return histogram_memory(sketch);
}

static uint64_t histogram_class_lost(const void *sketch)
{
    return ((const struct histogram *)sketch)->lost;
}

static void top_init(void *sketch, const struct metric_row *row, struct pool *pool)
{
    bool numbers = row->item == ITEM_NUMBER || row->item == ITEM_CODE || row->item == ITEM_IPV4;
    frequent_init(sketch, pool, numbers ? FREQUENT_U64 : FREQUENT_BYTES, FREQUENT_LG_MAX);
}

static void top_reset(void *sketch)
{
    frequent_reset(sketch);
}

static bool top_merge(void *dst, const void *src)
{
    return frequent_merge(dst, src);
}

static size_t top_memory(const void *sketch)
{
    return frequent_memory(sketch);
}

static uint64_t top_lost(const void *sketch)
{
    return ((const struct frequent *)sketch)->lost;
}

static void distinct_init(void *sketch, const struct metric_row *row, struct pool *pool)
{
    hll_init(sketch, pool, metric_row_lg_k(row));
}

static void distinct_reset(void *sketch)
{
    hll_reset(sketch);
}

// The one sketch that a refused merge leaves as it was: what it then lacks is counted here.
static bool distinct_merge(void *dst_, const void *src_)
{
    struct hll *dst = dst_;
    const struct hll *src = src_;
    if (hll_merge(dst, src))
        return true;
    uint64_t left_out = metric_whole(hll_estimate(src));
    dst->lost += src->lost + (left_out ? left_out : 1);
    return false;
}

static size_t distinct_memory(const void *sketch)
{
    return hll_memory(sketch);
}

static uint64_t distinct_lost(const void *sketch)
{
    return ((const struct hll *)sketch)->lost;
}

static void top16_init(void *sketch, const struct metric_row *row, struct pool *pool)
{
    (void)row;
    count16_init(sketch, pool);
}

static void top16_reset(void *sketch)
{
    count16_reset(sketch);
}

static bool top16_merge(void *dst, const void *src)
{
    return count16_merge(dst, src);
}

static size_t top16_memory(const void *sketch)
{
    return count16_memory(sketch);
}

static uint64_t top16_lost(const void *sketch)
{
    return ((const struct count16 *)sketch)->lost;
}

const struct metric_kind_class metric_kinds[METRIC_KIND_COUNT] = {
    [METRIC_RATE] = {sizeof(struct rate), rate_class_init, rate_class_reset, rate_class_merge,
                     rate_class_memory, rate_class_lost},
    [METRIC_QUANTILES] = {sizeof(struct exphist), quantiles_init, quantiles_reset, quantiles_merge,
                          quantiles_memory, quantiles_lost},
    [METRIC_HISTOGRAM] = {sizeof(struct histogram), histogram_class_init, histogram_class_reset,
                          histogram_class_merge, histogram_class_memory, histogram_class_lost},
    [METRIC_TOP] = {sizeof(struct frequent), top_init, top_reset, top_merge, top_memory, top_lost},
    [METRIC_DISTINCT] = {sizeof(struct hll), distinct_init, distinct_reset, distinct_merge,
                         distinct_memory, distinct_lost},
    [METRIC_TOP16] = {sizeof(struct count16), top16_init, top16_reset, top16_merge, top16_memory,
                      top16_lost},
};
