// Values into buckets. From a value to its bucket by the bits of the double: the exponent gives the
// octave, and a table of the 32 bucket bounds within an octave is compared with the mantissa as
// integers. No rounding anywhere, so bounds are exact.
#include "sketch/exphist.h"

#include <math.h>

enum {
    MANTISSA_BITS = 52,
    EXPONENT_BIAS = 1023,
    CELL_BITS = 6, // an octave is cut into 64 equal cells, narrower than any bucket
    SUBNORMAL_SHIFT = 54,
};

// floor((2^(j/32) - 1) * 2^52): the mantissa of the bound below sub-bucket j. Only the first is a
// double itself; no value equals one of the others, so that `above the bound` is `above its floor`.
static const uint64_t bounds[EXPHIST_PER_OCTAVE + 1] = {
    0x0000000000000, 0x059b0d3158574, 0x0b5586cf9890f,
    0x11301d0125b50, 0x172b83c7d517a, 0x1d4873168b9aa,
    0x2387a6e756238, 0x29e9df51fdee1, 0x306fe0a31b715,
    0x371a7373aa9ca, 0x3dea64c123422, 0x44e086061892d,
    0x4bfdad5362a27, 0x5342b569d4f81, 0x5ab07dd485429,
    0x6247eb03a5584, 0x6a09e667f3bcc, 0x71f75e8ec5f73,
    0x7a11473eb0186, 0x82589994cce12, 0x8ace5422aa0db,
    0x93737b0cdc5e4, 0x9c49182a3f090, 0xa5503b23e255c,
    0xae89f995ad3ad, 0xb7f76f2fb5e46, 0xc199bdd85529c,
    0xcb720dcef9069, 0xd5818dcfba487, 0xdfc97337b9b5e,
    0xea4afa2a490d9, 0xf50765b6e4540, UINT64_C(1) << MANTISSA_BITS};

// The sub-bucket in which a cell starts. A cell holds at most one bound, so the value's own
// sub-bucket is this one or the next.
static const uint8_t cell_start[1 << CELL_BITS] = {
    0,  0,  1,  2,  2,  3,  4,  4,  5,  6,  6,  7,  7,  8,  9,  9,  10, 10, 11, 12, 12, 13,
    13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19, 19, 20, 20, 21, 21, 21, 22, 22, 23, 23,
    24, 24, 25, 25, 25, 26, 26, 27, 27, 27, 28, 28, 29, 29, 29, 30, 30, 30, 31, 31};

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline int32_t index_of(double value)
{
    // The next double below: buckets include their upper bound, and this one does not.
    uint64_t below = bits_of(value) - 1;
    int32_t octave = -EXPONENT_BIAS;
    if (__builtin_expect(below >> MANTISSA_BITS == 0, 0)) {
        below = bits_of(ldexp(value, SUBNORMAL_SHIFT)) - 1;
        octave -= SUBNORMAL_SHIFT;
    }
    uint64_t mantissa = below & ((UINT64_C(1) << MANTISSA_BITS) - 1);
    int32_t sub = cell_start[mantissa >> (MANTISSA_BITS - CELL_BITS)];
    sub += mantissa >= bounds[sub + 1];
    octave += (int32_t)(below >> MANTISSA_BITS);
    return octave * EXPHIST_PER_OCTAVE + sub;
}

int32_t exphist_index(double value)
{
    return index_of(value);
}

double exphist_upper_bound(int32_t index)
{
    int32_t octave = (index + 1) >> EXPHIST_SCALE;
    int32_t sub = (index + 1) & (EXPHIST_PER_OCTAVE - 1);
    double mantissa = (double)((UINT64_C(1) << MANTISSA_BITS) + bounds[sub]);
    return ldexp(mantissa, octave - MANTISSA_BITS);
}

void exphist_init(struct exphist *h, struct pool *pool)
{
    *h = (struct exphist){.pool = pool};
}

void exphist_reset(struct exphist *h)
{
    pool_free(h->pool, h->exact, h->exact_room * sizeof *h->exact);
    bins_free(&h->buckets, h->pool);
    exphist_init(h, h->pool);
}

void exphist_done(struct exphist *h)
{
    exphist_reset(h);
}

size_t exphist_memory(const struct exphist *h)
{
    return h->exact_room * sizeof *h->exact + bins_memory(&h->buckets);
}

static bool is_exact(const struct exphist *h)
{
    return h->count <= EXPHIST_EXACT;
}

static int32_t bucket_of(double value)
{
    int32_t index = exphist_index(value);
    return index < EXPHIST_INDEX_MAX ? index : EXPHIST_INDEX_MAX;
}

static bool add_to_bucket(struct exphist *h, double value, uint64_t times)
{
    if (value > EXPHIST_ZERO_THRESHOLD)
        return bins_add(&h->buckets, h->pool, bucket_of(value), times);
    h->zeros += times;
    return true;
}

// From the lowest to the highest bucket of something; low > high: none.
struct range {
    int32_t low, high;
};

static void widen(struct range *range, int32_t index)
{
    range->low = index < range->low ? index : range->low;
    range->high = index > range->high ? index : range->high;
}

static void widen_by_value(struct range *range, double value)
{
    if (value > EXPHIST_ZERO_THRESHOLD)
        widen(range, bucket_of(value));
}

static void widen_by_all(struct range *range, const struct exphist *h)
{
    for (uint64_t i = 0; h->exact && i < h->count; i++)
        widen_by_value(range, h->exact[i]);
    if (h->buckets.counts) {
        widen(range, h->buckets.first);
        widen(range, h->buckets.first + (int32_t)h->buckets.room - 1);
    }
}

static bool reach(struct exphist *h, struct range range)
{
    return range.low > range.high || bins_reach(&h->buckets, h->pool, range.low, range.high);
}

// The buckets must reach all of src's values.
static void add_exact_to_buckets(struct exphist *h, const struct exphist *src)
{
    for (uint64_t i = 0; i < src->count; i++)
        add_to_bucket(h, src->exact[i], 1);
}

static void leave_exact_mode(struct exphist *h)
{
    if (!h->exact)
        return;
    add_exact_to_buckets(h, h);
    pool_free(h->pool, h->exact, h->exact_room * sizeof *h->exact);
    h->exact = NULL;
    h->exact_room = 0;
}

static bool reserve_exact(struct exphist *h, uint64_t count)
{
    if (count <= h->exact_room)
        return true;
    uint32_t room = h->exact_room ? h->exact_room : 16;
    while (room < count)
        room *= 2;
    double *exact = pool_alloc(h->pool, room * sizeof *exact);
    if (!exact)
        return false;
    if (h->exact)
        memcpy(exact, h->exact, h->count * sizeof *exact);
    pool_free(h->pool, h->exact, h->exact_room * sizeof *h->exact);
    h->exact = exact;
    h->exact_room = room;
    return true;
}

static bool add_exact(struct exphist *h, double value, uint64_t times)
{
    if (!reserve_exact(h, h->count + times))
        return false;
    for (uint64_t i = 0; i < times; i++)
        h->exact[h->count + i] = value;
    return true;
}

// While there are few values: kept as they are, or the change to buckets.
static bool add_while_exact(struct exphist *h, double value, uint64_t times)
{
    if (times <= EXPHIST_EXACT && h->count + times <= EXPHIST_EXACT)
        return add_exact(h, value, times);
    struct range range = {INT32_MAX, INT32_MIN};
    widen_by_all(&range, h);
    widen_by_value(&range, value);
    if (!reach(h, range))
        return false;
    leave_exact_mode(h);
    return add_to_bucket(h, value, times);
}

static void note_extremes(struct exphist *h, double min, double max)
{
    h->min = h->count == 0 || min < h->min ? min : h->min;
    h->max = h->count == 0 || max > h->max ? max : h->max;
}

bool exphist_add_many(struct exphist *h, double value, uint64_t times)
{
    if (times == 0)
        return true;
    if (!(value > 0) || isinf(value))
        value = 0;
    bool added = is_exact(h) ? add_while_exact(h, value, times) : add_to_bucket(h, value, times);
    if (!added) {
        h->lost += times;
        return false;
    }
    note_extremes(h, value, value);
    h->count += times;
    sum_add(&h->sum, &h->sum_rest, value * (double)times);
    return true;
}

bool exphist_add(struct exphist *h, double value)
{
    bool usual = !is_exact(h) && value > EXPHIST_ZERO_THRESHOLD && value <= 0x1p64;
    uint64_t *count = usual ? bins_at(&h->buckets, index_of(value)) : NULL;
    if (__builtin_expect(!count, 0))
        return exphist_add_many(h, value, 1);
    ++*count;
    h->count++;
    h->min = value < h->min ? value : h->min;
    h->max = value > h->max ? value : h->max;
    sum_add(&h->sum, &h->sum_rest, value);
    return true;
}

// Counts, extremes and sum go through registers; a value that is not usual takes the long way.
void exphist_add_integers(struct exphist *h, const uint32_t *values, size_t count)
{
    size_t at = 0;
    for (; at < count && is_exact(h); at++)
        exphist_add_many(h, values[at], 1);
    uint64_t added = 0, sum = 0;
    uint32_t min = UINT32_MAX, max = 0;
    for (; at < count; at++) {
        uint32_t value = values[at];
        uint64_t *bin = value ? bins_at(&h->buckets, index_of(value)) : NULL;
        if (__builtin_expect(!bin, 0)) {
            exphist_add_many(h, value, 1);
            continue;
        }
        ++*bin;
        added++;
        sum += value;
        min = value < min ? value : min;
        max = value > max ? value : max;
    }
    if (!added)
        return;
    note_extremes(h, min, max);
    h->count += added;
    sum_add(&h->sum, &h->sum_rest, (double)sum);
}

static bool merge_exact(struct exphist *dst, const struct exphist *src)
{
    if (!reserve_exact(dst, dst->count + src->count))
        return false;
    memcpy(dst->exact + dst->count, src->exact, src->count * sizeof *src->exact);
    return true;
}

// All memory is taken first, so that a refusal leaves the values of dst as they were.
static bool merge_buckets(struct exphist *dst, const struct exphist *src)
{
    struct range range = {INT32_MAX, INT32_MIN};
    widen_by_all(&range, dst);
    widen_by_all(&range, src);
    if (!reach(dst, range))
        return false;
    leave_exact_mode(dst);
    if (is_exact(src)) {
        add_exact_to_buckets(dst, src);
        return true;
    }
    dst->zeros += src->zeros;
    return bins_merge(&dst->buckets, dst->pool, &src->buckets);
}

bool exphist_merge(struct exphist *dst, const struct exphist *src)
{
    dst->lost += src->lost;
    if (src->count == 0)
        return true;
    bool few = is_exact(dst) && is_exact(src) && dst->count + src->count <= EXPHIST_EXACT;
    if (!(few ? merge_exact(dst, src) : merge_buckets(dst, src))) {
        dst->lost += src->count;
        return false;
    }
    note_extremes(dst, src->min, src->max);
    dst->count += src->count;
    sum_add(&dst->sum, &dst->sum_rest, src->sum);
    dst->sum_rest += src->sum_rest;
    return true;
}
