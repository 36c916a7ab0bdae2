// What the files of the distinct count share: coupons, registers and what follows from them.
#pragma once

#include "sketch/hll.h"

enum { HLL_REGISTER_VALUES = 64 };
enum { HLL_SET_LG_MIN = 5, HLL_SET_LG_K_MIN = 8 }; // smallest table; no sets below this lg_k

static inline uint32_t hll_coupon_address(uint32_t coupon)
{
    return coupon & ((UINT32_C(1) << HLL_ADDRESS_BITS) - 1);
}

static inline uint8_t hll_coupon_value(uint32_t coupon)
{
    return (uint8_t)(coupon >> HLL_ADDRESS_BITS);
}

// A set may fill three quarters of its table.
static inline bool hll_set_overfull(uint64_t coupons, unsigned lg_room)
{
    return 4 * coupons > UINT64_C(3) << lg_room;
}

// The coupons of a list or set with their places; an empty place is 0.
static inline struct hll_coupons {
    const uint32_t *at;
    uint32_t places;
} hll_coupons(const struct hll *hll)
{
    if (hll->mode == HLL_LIST)
        return (struct hll_coupons){hll->inline_list, hll->count};
    return (struct hll_coupons){hll->coupons, UINT32_C(1) << hll->lg_room};
}

// What the registers alone tell.
struct hll_summary {
    uint32_t counts[HLL_REGISTER_VALUES]; // registers by value
    uint8_t lowest;
    double kxq0, kxq1;
};

struct hll_summary hll_summarise(const uint8_t *registers, unsigned lg_k);

// Zeros and kxq of an in-order dense sketch whose registers were replaced.
void hll_recount(struct hll *hll);

// List or set into the form that holds so many coupons at this lg_k (a dense sketch in order, with
// HIP at the estimate of the coupons held now). False: no room, unchanged.
bool hll_reshape(struct hll *hll, unsigned lg_k, uint32_t coupons);

bool hll_holds(const struct hll *hll, uint32_t coupon); // list, set
void hll_place(struct hll *hll, uint32_t coupon);       // list, set with room for one more
void hll_raise(struct hll *hll, uint32_t coupon);       // dense
void hll_release(struct hll *hll);                      // gives the memory back, nothing else

// Distinct items behind so many distinct coupons (below 900,000).
double hll_coupon_estimate(uint32_t coupons);
