// Distinct count: HyperLogLog with the binary layout of Apache DataSketches (HLL_4, HLL_6, HLL_8
// in; HLL_4, HLL_8 out), so that our registers merge with Druid, Spark, PostgreSQL.
//
// Exact while small: a list of up to 7 coupons, then a hash set of coupons (lg_k >= 8), then 2^lg_k
// registers. A coupon is what is kept of an item's hash: 26 address bits and the number of leading
// zeros, so that two items of a million share one with a probability of about 1 in 200 million.
// Standard error of the dense mode 1.04/sqrt(2^lg_k) after merges, 0.83/sqrt(2^lg_k) while in order
// (HIP estimator). Memory: none for a list, up to 4 * 2^(lg_k-3) B set, 2^lg_k B dense.
//
// Sources: Flajolet et al., "HyperLogLog: the analysis of a near-optimal cardinality estimation
// algorithm", 2007; Ting, "Streamed approximate counting of distinct elements", KDD 2014 (HIP);
// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017 (after merges);
// layout: datasketches HllUtil.hpp and the drawing at the top of hll_layout.h.
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/pool.h"
#include "base/span.h"
#include "sketch/murmur3.h"

enum { HLL_LG_K_MIN = 4, HLL_LG_K_MAX = 21 };
enum { HLL_LIST_ROOM = 8, HLL_HASH_SEED = 9001 };
enum { HLL_ADDRESS_BITS = 26 }; // of a coupon; the rest is the register value, 1 to 63
enum hll_mode { HLL_LIST, HLL_SET, HLL_DENSE };
enum hll_target { HLL_4, HLL_6, HLL_8 };

struct hll {
    struct pool *pool;
    uint8_t lg_k;
    uint8_t mode;      // enum hll_mode
    uint8_t lg_room;   // set: log2 of coupon slots
    bool out_of_order; // two dense sketches were merged: HIP no longer holds
    uint32_t count;    // list, set: coupons held; dense and in order: registers that are zero
    union {
        uint32_t inline_list[HLL_LIST_ROOM]; // the last place is used only while the list grows
        uint32_t *coupons;                   // set; empty slot: 0
        uint8_t *registers;                  // dense, one byte each
    };
    // Dense and in order only; after a merge these come from the registers when they are asked for.
    double hip;        // HIP accumulator
    double kxq0, kxq1; // sum of 2^-register: registers below 32, and from 32 on (each is exact)
    uint64_t lost;     // updates dropped because the pool was empty
};

// Takes no memory before the eighth coupon. lg_k outside its range is brought to the nearer end.
void hll_init(struct hll *hll, struct pool *pool, unsigned lg_k);
void hll_done(struct hll *hll);
void hll_reset(struct hll *hll); // empty again, memory given back

static inline uint32_t hll_coupon_of_hash(struct murmur3 hash)
{
    uint32_t zeros = (uint32_t)__builtin_clzll(hash.high | 2); // at most 62
    return (zeros + 1) << HLL_ADDRESS_BITS |
           ((uint32_t)hash.low & ((UINT32_C(1) << HLL_ADDRESS_BITS) - 1));
}

// The coupon of an item: MurmurHash3_x64_128 of its canonical bytes, DataSketches' default seed
// 9001; low 26 bits address, high 6 bits leading zeros + 1. An unsigned integer is hashed as its 8
// little-endian bytes, as DataSketches does. Never 0. (DataSketches ignores empty strings; here the
// empty item is an item.)
static inline uint32_t hll_coupon(struct span item)
{
    return hll_coupon_of_hash(murmur3_x64_128(item, HLL_HASH_SEED));
}

// The same for a length known beforehand, without a call: integers, IPv4 and IPv6 addresses.
static inline uint32_t hll_coupon_u64(uint64_t item)
{
    return hll_coupon_of_hash(murmur3_x64_128_short(item, 0, 8, HLL_HASH_SEED));
}

static inline uint32_t hll_coupon_4(const uint8_t item[4])
{
    return hll_coupon_of_hash(murmur3_x64_128_short(murmur3_load32(item), 0, 4, HLL_HASH_SEED));
}

static inline uint32_t hll_coupon_16(const uint8_t item[16])
{
    return hll_coupon_of_hash(murmur3_x64_128_16(item, HLL_HASH_SEED));
}

// The general update, for coupons that may change the sketch. Use hll_add_coupon.
bool hll_add_unseen(struct hll *hll, uint32_t coupon);

// Both return false when the pool has no room (the update is then counted in `lost`).
static inline bool hll_add_coupon(struct hll *hll, uint32_t coupon)
{
    // Almost every update of a busy dense sketch ends here.
    if (hll->mode == HLL_DENSE &&
        hll->registers[coupon & ((UINT32_C(1) << hll->lg_k) - 1)] >= coupon >> HLL_ADDRESS_BITS)
        return true;
    return hll_add_unseen(hll, coupon);
}

static inline bool hll_add(struct hll *hll, struct span item)
{
    return hll_add_coupon(hll, hll_coupon(item));
}

// Brings the register of a coming update near. For loops over a batch.
static inline void hll_prefetch(const struct hll *hll, uint32_t coupon)
{
    if (hll->mode == HLL_DENSE)
        __builtin_prefetch(&hll->registers[coupon & ((UINT32_C(1) << hll->lg_k) - 1)], 1);
}

// Constant time, except after a merge of dense sketches (then one pass over the registers).
double hll_estimate(const struct hll *hll);
// Bounds at 1, 2 or 3 standard deviations.
double hll_lower_bound(const struct hll *hll, unsigned deviations);
double hll_upper_bound(const struct hll *hll, unsigned deviations);

// dst becomes the union. Different lg_k: the result has the smaller one. False: no room (dst is
// unchanged). Mode, coupons and registers of the result do not depend on the order of merges.
// `lost` adds up.
bool hll_merge(struct hll *dst, const struct hll *src);

size_t hll_memory(const struct hll *hll); // bytes taken from the pool

// Appends the DataSketches form (compact). HLL_6 is written as HLL_8.
void hll_write(const struct hll *hll, enum hll_target target, struct buffer *out);

// Reads any of the three forms, compact or updatable, into an hll that hll_init has prepared (its
// lg_k is replaced). Every byte is checked, and what follows from the registers is computed from
// them; on failure hll is empty, as hll_init left it, and err names the offset.
bool hll_read(struct hll *hll, struct span blob, struct error *err);
