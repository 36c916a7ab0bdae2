// When two distinct counts are the same set: equal mode, size and coupons or registers.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sketch/hll.h"

static inline int coupon_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

// All coupons of a list or set in ascending order, behind the empty places (zeros).
static inline uint32_t *sorted_coupons(const struct hll *hll, size_t *places)
{
    *places = hll->mode == HLL_SET ? (size_t)1 << hll->lg_room : hll->count;
    uint32_t *copy = calloc(*places + 1, sizeof *copy);
    assert_non_null(copy);
    const uint32_t *from = hll->mode == HLL_SET ? hll->coupons : hll->inline_list;
    memcpy(copy, from, *places * sizeof *copy);
    qsort(copy, *places, sizeof *copy, coupon_order);
    return copy;
}

static inline void assert_same_set(const struct hll *a, const struct hll *b)
{
    assert_int_equal(a->lg_k, b->lg_k);
    assert_int_equal(a->mode, b->mode);
    if (a->mode == HLL_DENSE) {
        assert_memory_equal(a->registers, b->registers, (size_t)1 << a->lg_k);
        return;
    }
    size_t places_a, places_b;
    uint32_t *coupons_a = sorted_coupons(a, &places_a);
    uint32_t *coupons_b = sorted_coupons(b, &places_b);
    assert_int_equal(a->count, b->count);
    assert_int_equal(places_a, places_b);
    assert_memory_equal(coupons_a, coupons_b, places_a * sizeof *coupons_a);
    free(coupons_a);
    free(coupons_b);
}
