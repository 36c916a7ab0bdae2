// The union of two sketches. An item's coupon decides its register at every lg_k (the low lg_k bits
// of the address), so that a sketch folds to a smaller lg_k without loss against one that was built
// there.
#include "sketch/hll_internal.h"

static void raise_all(uint8_t *restrict dst, const uint8_t *restrict src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = dst[i] > src[i] ? dst[i] : src[i];
}

// src has at least as many registers as dst.
static void fold_into(uint8_t *dst, unsigned lg_k, const struct hll *src)
{
    size_t k = (size_t)1 << lg_k;
    for (size_t i = 0; i < (size_t)1 << src->lg_k; i += k)
        raise_all(dst, src->registers + i, k);
}

// src, dense, as a new sketch in dst's pool, at an lg_k not above its own.
static bool copy_dense(struct hll *copy, struct pool *pool, unsigned lg_k, const struct hll *src)
{
    *copy = *src;
    copy->pool = pool;
    copy->lg_k = (uint8_t)lg_k;
    copy->registers = pool_alloc(pool, hll_memory(copy));
    if (!copy->registers)
        return false;
    fold_into(copy->registers, lg_k, src);
    if (!src->out_of_order && lg_k != src->lg_k)
        hll_recount(copy);
    return true;
}

static bool fold_dense(struct hll *hll, unsigned lg_k)
{
    if (lg_k == hll->lg_k)
        return true;
    struct hll folded;
    if (!copy_dense(&folded, hll->pool, lg_k, hll))
        return false;
    hll_release(hll);
    *hll = folded;
    return true;
}

// A coupon is as good as the item itself: the sketch stays in order.
static void raise_coupons(struct hll *dense, const struct hll *src)
{
    struct hll_coupons held = hll_coupons(src);
    for (uint32_t i = 0; i < held.places; i++) {
        if (held.at[i])
            hll_raise(dense, held.at[i]);
    }
}

static bool merge_dense(struct hll *dst, const struct hll *src, unsigned lg_k)
{
    if (dst->mode != HLL_DENSE) {
        struct hll next;
        if (!copy_dense(&next, dst->pool, lg_k, src))
            return false;
        next.lost = dst->lost;
        raise_coupons(&next, dst);
        hll_release(dst);
        *dst = next;
        return true;
    }
    if (!fold_dense(dst, lg_k))
        return false;
    if (src->mode != HLL_DENSE) {
        raise_coupons(dst, src);
        return true;
    }
    fold_into(dst->registers, lg_k, src);
    dst->out_of_order = true;
    dst->hip = 0;
    return true;
}

static uint32_t coupons_of_union(const struct hll *dst, struct hll_coupons added)
{
    uint32_t total = dst->count;
    for (uint32_t i = 0; i < added.places; i++)
        total += added.at[i] && !hll_holds(dst, added.at[i]);
    return total;
}

// Lists and sets. The size of the union is known before anything is touched, so that memory is
// taken once and a full pool leaves dst as it was.
static bool merge_coupons(struct hll *dst, const struct hll *src, unsigned lg_k)
{
    struct hll_coupons added = hll_coupons(src);
    bool was_empty = dst->count == 0;
    uint32_t total = was_empty ? src->count : coupons_of_union(dst, added);
    if (!hll_reshape(dst, lg_k, total))
        return false;
    if (dst->mode == HLL_DENSE) {
        raise_coupons(dst, src);
        dst->hip = hll_coupon_estimate(total);
    } else if (was_empty && dst->mode == HLL_SET && dst->lg_room == src->lg_room) {
        memcpy(dst->coupons, src->coupons, hll_memory(src));
        dst->count = src->count;
    } else {
        for (uint32_t i = 0; i < added.places; i++) {
            if (added.at[i])
                hll_place(dst, added.at[i]);
        }
    }
    return true;
}

bool hll_merge(struct hll *dst, const struct hll *src)
{
    if (dst == src)
        return true;
    unsigned lg_k = dst->lg_k < src->lg_k ? dst->lg_k : src->lg_k;
    bool dense = dst->mode == HLL_DENSE || src->mode == HLL_DENSE;
    if (!(dense ? merge_dense(dst, src, lg_k) : merge_coupons(dst, src, lg_k)))
        return false;
    dst->lost += src->lost;
    return true;
}
