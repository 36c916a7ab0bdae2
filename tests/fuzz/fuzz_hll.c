// Distinct counts from strangers: a blob is refused, or it is a sketch that can be estimated,
// written, read back and merged.
#include <math.h>
#include <stdlib.h>

#include "sketch/hll_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool same_coupons(const struct hll *a, const struct hll *b)
{
    struct hll_coupons held = hll_coupons(a);
    for (uint32_t i = 0; i < held.places; i++) {
        if (held.at[i] && !hll_holds(b, held.at[i]))
            return false;
    }
    return a->count == b->count;
}

static bool same_content(const struct hll *a, const struct hll *b)
{
    if (a->lg_k != b->lg_k || a->mode != b->mode)
        return false;
    if (a->mode == HLL_DENSE)
        return memcmp(a->registers, b->registers, (size_t)1 << a->lg_k) == 0;
    return same_coupons(a, b);
}

static void check_estimates(const struct hll *hll)
{
    double estimate = hll_estimate(hll);
    require(isfinite(estimate) && estimate >= 0);
    for (unsigned deviations = 1; deviations <= 3; deviations++) {
        require(isfinite(hll_lower_bound(hll, deviations)));
        require(isfinite(hll_upper_bound(hll, deviations)));
        require(hll_lower_bound(hll, deviations) <= hll_upper_bound(hll, deviations));
    }
}

static void check_written_form(const struct hll *hll, enum hll_target target)
{
    struct buffer out;
    struct hll back;
    buffer_init(&out, 1 << 24);
    hll_write(hll, target, &out);
    require(!out.failed);
    hll_init(&back, hll->pool, HLL_LG_K_MIN);
    require(hll_read(&back, buffer_span(&out), NULL));
    require(same_content(hll, &back));
    require(hll_estimate(hll) == hll_estimate(&back));
    require(hll_merge(&back, hll));
    require(same_content(hll, &back));
    check_estimates(&back);
    hll_done(&back);
    buffer_done(&out);
}

// Into a smaller sketch that already holds something, and the other way round.
static void check_merge_with_another(struct hll *hll)
{
    struct hll other;
    hll_init(&other, hll->pool, 6);
    for (uint64_t i = 0; i < 100; i++)
        require(hll_add_coupon(&other, hll_coupon_u64(i)));
    require(hll_merge(&other, hll));
    require(other.lg_k == (hll->lg_k < 6 ? hll->lg_k : 6));
    check_estimates(&other);
    require(hll_merge(hll, &other));
    check_estimates(hll);
    require(same_content(hll, &other));
    hll_done(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool pool;
    struct hll hll;
    struct error err;
    pool_init(&pool, 1 << 24);
    hll_init(&hll, &pool, 14);
    if (hll_read(&hll, span_of(data, size), &err)) {
        check_estimates(&hll);
        check_written_form(&hll, HLL_4);
        check_written_form(&hll, HLL_8);
        check_merge_with_another(&hll);
    } else {
        require(err.code != ERROR_NONE);
        require(hll_estimate(&hll) == 0);
    }
    hll_done(&hll);
    require(atomic_load(&pool.used) == 0);
    return 0;
}
