#include "sketch/hll.h"

#include "sketch/hll_internal.h"

void hll_init(struct hll *hll, struct pool *pool, unsigned lg_k)
{
    if (lg_k < HLL_LG_K_MIN)
        lg_k = HLL_LG_K_MIN;
    if (lg_k > HLL_LG_K_MAX)
        lg_k = HLL_LG_K_MAX;
    *hll = (struct hll){.pool = pool, .lg_k = (uint8_t)lg_k, .mode = HLL_LIST};
}

size_t hll_memory(const struct hll *hll)
{
    switch (hll->mode) {
    case HLL_SET:
        return sizeof(uint32_t) << hll->lg_room;
    case HLL_DENSE:
        return (size_t)1 << hll->lg_k;
    default:
        return 0;
    }
}

void hll_release(struct hll *hll)
{
    if (hll->mode == HLL_SET)
        pool_free(hll->pool, hll->coupons, hll_memory(hll));
    else if (hll->mode == HLL_DENSE)
        pool_free(hll->pool, hll->registers, hll_memory(hll));
}

void hll_reset(struct hll *hll)
{
    hll_release(hll);
    hll_init(hll, hll->pool, hll->lg_k);
}

void hll_done(struct hll *hll)
{
    hll_reset(hll);
}

// 2^-value, made from the bits of the exponent: value is at most 63.
static double inverse_power(uint8_t value)
{
    uint64_t bits = (uint64_t)(1023 - value) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

// Every sum of up to 2^21 such powers fits into the 53 bits of a double when those from 2^-32 on
// are kept apart: kxq is exact, whatever the order of updates.
static double *kxq_of(uint8_t value, double *kxq0, double *kxq1)
{
    return value < 32 ? kxq0 : kxq1;
}

void hll_raise(struct hll *hll, uint32_t coupon)
{
    uint8_t value = hll_coupon_value(coupon);
    uint8_t *reg = &hll->registers[coupon & ((UINT32_C(1) << hll->lg_k) - 1)];
    if (value <= *reg)
        return;
    if (!hll->out_of_order) {
        // The share of new items that change the sketch, as it stood before this one, is
        // kxq / 2^lg_k: each change stands for the inverse of that.
        hll->hip += (double)(UINT32_C(1) << hll->lg_k) / (hll->kxq0 + hll->kxq1);
        *kxq_of(*reg, &hll->kxq0, &hll->kxq1) -= inverse_power(*reg);
        *kxq_of(value, &hll->kxq0, &hll->kxq1) += inverse_power(value);
        hll->count -= *reg == 0;
    }
    *reg = value;
}

struct hll_summary hll_summarise(const uint8_t *registers, unsigned lg_k)
{
    // Four histograms side by side, so that equal neighbours do not wait for each other's store.
    uint32_t counts[4][HLL_REGISTER_VALUES] = {0};
    uint32_t k = UINT32_C(1) << lg_k;
    for (uint32_t i = 0; i < k; i += 4) {
        for (uint32_t lane = 0; lane < 4; lane++)
            counts[lane][registers[i + lane]]++;
    }
    struct hll_summary summary = {.lowest = HLL_REGISTER_VALUES - 1};
    for (uint8_t value = HLL_REGISTER_VALUES; value-- > 0;) {
        uint32_t n = counts[0][value] + counts[1][value] + counts[2][value] + counts[3][value];
        summary.counts[value] = n;
        if (n)
            summary.lowest = value;
        *kxq_of(value, &summary.kxq0, &summary.kxq1) += n * inverse_power(value);
    }
    return summary;
}

void hll_recount(struct hll *hll)
{
    struct hll_summary summary = hll_summarise(hll->registers, hll->lg_k);
    hll->count = summary.counts[0];
    hll->kxq0 = summary.kxq0;
    hll->kxq1 = summary.kxq1;
}

// Where a coupon is, or the empty slot where it belongs. Probing as in DataSketches, so that sets
// are written byte for byte alike. The table is never full.
static uint32_t *set_slot(uint32_t *table, unsigned lg_room, uint32_t coupon)
{
    uint32_t mask = (UINT32_C(1) << lg_room) - 1;
    uint32_t stride = hll_coupon_address(coupon) >> lg_room | 1;
    uint32_t probe = coupon & mask;
    while (table[probe] && table[probe] != coupon)
        probe = (probe + stride) & mask;
    return &table[probe];
}

bool hll_holds(const struct hll *hll, uint32_t coupon)
{
    if (hll->mode == HLL_SET)
        return *set_slot(hll->coupons, hll->lg_room, coupon) == coupon;
    for (uint32_t i = 0; i < hll->count; i++) {
        if (hll->inline_list[i] == coupon)
            return true;
    }
    return false;
}

void hll_place(struct hll *hll, uint32_t coupon)
{
    if (hll->mode == HLL_LIST) {
        if (!hll_holds(hll, coupon))
            hll->inline_list[hll->count++] = coupon;
        return;
    }
    uint32_t *slot = set_slot(hll->coupons, hll->lg_room, coupon);
    if (*slot)
        return;
    *slot = coupon;
    hll->count++;
}

// The smallest form that holds so many coupons; only pool, lg_k and form are filled in.
static struct hll form_for(struct pool *pool, unsigned lg_k, uint32_t coupons)
{
    struct hll form = {.pool = pool, .lg_k = (uint8_t)lg_k, .mode = HLL_LIST};
    if (coupons < HLL_LIST_ROOM)
        return form;
    unsigned lg_room = HLL_SET_LG_MIN;
    while (hll_set_overfull(coupons, lg_room))
        lg_room++;
    if (lg_k >= HLL_SET_LG_K_MIN && lg_room <= lg_k - 3) {
        form.mode = HLL_SET;
        form.lg_room = (uint8_t)lg_room;
    } else {
        form.mode = HLL_DENSE;
    }
    return form;
}

static bool take_memory(struct hll *form)
{
    if (form->mode == HLL_SET) {
        form->coupons = pool_alloc(form->pool, hll_memory(form));
        return form->coupons != NULL;
    }
    if (form->mode == HLL_DENSE) {
        form->registers = pool_alloc(form->pool, hll_memory(form));
        form->count = UINT32_C(1) << form->lg_k;
        form->kxq0 = form->count;
        return form->registers != NULL;
    }
    return true;
}

bool hll_reshape(struct hll *hll, unsigned lg_k, uint32_t coupons)
{
    struct hll form = form_for(hll->pool, lg_k, coupons);
    if (form.mode == hll->mode && form.lg_room == hll->lg_room) {
        hll->lg_k = (uint8_t)lg_k;
        return true;
    }
    if (!take_memory(&form))
        return false;
    struct hll_coupons held = hll_coupons(hll);
    for (uint32_t i = 0; i < held.places; i++) {
        if (held.at[i] && form.mode == HLL_DENSE)
            hll_raise(&form, held.at[i]);
        else if (held.at[i])
            hll_place(&form, held.at[i]);
    }
    if (form.mode == HLL_DENSE)
        form.hip = hll_coupon_estimate(hll->count);
    form.lost = hll->lost;
    hll_release(hll);
    *hll = form;
    return true;
}

// The coupon goes in first and the form grows afterwards, as in DataSketches: the order of a set's
// table follows from that.
static bool add_to_set(struct hll *hll, uint32_t coupon)
{
    uint32_t *slot = set_slot(hll->coupons, hll->lg_room, coupon);
    if (*slot)
        return true;
    *slot = coupon;
    hll->count++;
    if (!hll_set_overfull(hll->count, hll->lg_room) || hll_reshape(hll, hll->lg_k, hll->count))
        return true;
    *slot = 0;
    hll->count--;
    return false;
}

static bool add_to_list(struct hll *hll, uint32_t coupon)
{
    uint32_t before = hll->count;
    hll_place(hll, coupon);
    if (hll->count < HLL_LIST_ROOM || hll_reshape(hll, hll->lg_k, hll->count))
        return true;
    hll->count = before;
    return false;
}

bool hll_add_unseen(struct hll *hll, uint32_t coupon)
{
    if (hll->mode == HLL_DENSE) {
        hll_raise(hll, coupon);
        return true;
    }
    if (hll->mode == HLL_SET ? add_to_set(hll, coupon) : add_to_list(hll, coupon))
        return true;
    hll->lost++;
    return false;
}
