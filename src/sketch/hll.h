// Distinct count: HyperLogLog with the binary layout of Apache DataSketches (HLL_4, HLL_6, HLL_8
// in; HLL_4, HLL_8 out), so that our registers merge with Druid, Spark, PostgreSQL.
//
// Exact while small: a list of up to 8 coupons, then a hash set of coupons, then 2^lg_k registers.
// Standard error of the dense mode 1.04/sqrt(2^lg_k) after merges, 0.83/sqrt(2^lg_k) while in order
// (HIP estimator). Memory: 32 B list, up to 4 * 2^(lg_k-3) B set, 2^lg_k B dense.
//
// Sources: Flajolet et al. 2007; Ting, "Streamed approximate counting of distinct elements" (HIP);
// layout: datasketches HllUtil.hpp and the drawing at the top of hll_layout.c.
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/pool.h"
#include "base/span.h"

enum { HLL_LG_K_MIN = 4, HLL_LG_K_MAX = 21 };
enum hll_mode { HLL_LIST, HLL_SET, HLL_DENSE };
enum hll_target { HLL_4, HLL_6, HLL_8 };

struct hll {
    struct pool *pool;
    uint8_t lg_k;
    uint8_t mode;      // enum hll_mode
    uint8_t lg_room;   // list, set: log2 of coupon slots
    bool out_of_order; // a merge has happened: HIP no longer holds
    uint32_t count;    // list, set: coupons held; dense: registers that are zero
    uint64_t lost;     // updates dropped because the pool was empty
    double hip;        // HIP accumulator (dense)
    double kxq0, kxq1; // sum of 2^-register: registers below 32, and from 32 on
    union {
        uint32_t inline_list[8];
        uint32_t *coupons;  // set; empty slot: 0
        uint8_t *registers; // dense, one byte each
    };
};

// Takes no memory before the first update.
void hll_init(struct hll *hll, struct pool *pool, unsigned lg_k);
void hll_done(struct hll *hll);
void hll_reset(struct hll *hll); // empty again, memory given back

// The coupon of an item: MurmurHash3_x64_128 of its canonical bytes, DataSketches' default seed
// 9001; low 26 bits address, high 6 bits leading zeros + 1. An unsigned integer is hashed as its 8
// little-endian bytes, as DataSketches does. Never 0.
uint32_t hll_coupon(struct span item);
uint32_t hll_coupon_u64(uint64_t item);

// Both return false when the pool has no room (the update is then counted in `lost`).
bool hll_add_coupon(struct hll *hll, uint32_t coupon);
static inline bool hll_add(struct hll *hll, struct span item)
{
    return hll_add_coupon(hll, hll_coupon(item));
}

double hll_estimate(const struct hll *hll);
// Bounds at 1, 2 or 3 standard deviations.
double hll_lower_bound(const struct hll *hll, unsigned deviations);
double hll_upper_bound(const struct hll *hll, unsigned deviations);

// dst becomes the union. Different lg_k: the result has the smaller one. False: no room (dst is
// unchanged). Registers after a merge do not depend on the order of merges.
bool hll_merge(struct hll *dst, const struct hll *src);

size_t hll_memory(const struct hll *hll); // bytes taken from the pool

// Appends the DataSketches form. HLL_6 is written as HLL_8.
void hll_write(const struct hll *hll, enum hll_target target, struct buffer *out);

// Reads any of the three forms into an hll that hll_init has prepared (its lg_k is replaced). Every
// byte is checked; on failure hll is empty and err names the offset.
bool hll_read(struct hll *hll, struct span blob, struct error *err);
