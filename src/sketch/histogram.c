#include "sketch/histogram.h"

#include <math.h>

enum { PER_DECADE = 18, BOUNDS = HISTOGRAM_BOUNDS, LG_DECADE = -9 };

// 10^(i/18) from 1e-9 on, computed by the compiler.
#define BOUND(power, mantissa) ((double)(mantissa##L * power##L))
// clang-format off
#define DECADE(power)                                                                              \
    BOUND(power, 1.0000000000000000000), BOUND(power, 1.1364636663857247466),                      \
    BOUND(power, 1.2915496650148838754), BOUND(power, 1.4677992676220695409),                      \
    BOUND(power, 1.6681005372000587536), BOUND(power, 1.8957356524063758036),                      \
    BOUND(power, 2.1544346900318837218), BOUND(power, 2.4484367468222270063),                      \
    BOUND(power, 2.7825594022071245977), BOUND(power, 3.1622776601683793320),                      \
    BOUND(power, 3.5938136638046273022), BOUND(power, 4.0842386526745211165),                      \
    BOUND(power, 4.6415888336127788924), BOUND(power, 5.2749970637026184014),                      \
    BOUND(power, 5.9948425031894101481), BOUND(power, 6.8129206905796128550),                      \
    BOUND(power, 7.7426368268112705973), BOUND(power, 8.7992254356910703014)
static const double bounds[BOUNDS + 1] = {
    DECADE(1e-9), DECADE(1e-8), DECADE(1e-7), DECADE(1e-6), DECADE(1e-5), DECADE(1e-4),
    DECADE(1e-3), DECADE(1e-2), DECADE(1e-1), DECADE(1e0), DECADE(1e1), DECADE(1e2),
    DECADE(1e3), DECADE(1e4), DECADE(1e5), DECADE(1e6), DECADE(1e7), DECADE(1e8),
    DECADE(1e9), DECADE(1e10), DECADE(1e11), DECADE(1e12), DECADE(1e13), DECADE(1e14),
    DECADE(1e15), DECADE(1e16), DECADE(1e17), INFINITY,
};
// clang-format on

// The first bound that is not below value; BOUNDS when all are. Exponent and mantissa of a double
// read as one number are its base-2 logarithm less 0 to 0.09, which is up to half a bound: the
// guess is right or one or two too low. Without branches, which latencies would mispredict.
static int32_t bound_of(double value)
{
    static const double per_octave = PER_DECADE * 0.30102999566398119521; // log10(2)
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    double octaves = (double)(int64_t)(bits - (UINT64_C(1023) << 52)) * 0x1p-52;
    double guess = octaves * per_octave - LG_DECADE * PER_DECADE;
    guess = guess > 0 ? guess : 0;
    int32_t at = (int32_t)(guess < BOUNDS ? guess : BOUNDS);
    at += bounds[at] < value;
    at += bounds[at] < value;
    return at;
}

// To the nearest whole number: from 2^52 on a double has no room for a fraction.
static double rounded(double value)
{
    return value < 0x1p52 ? value + 0x1p52 - 0x1p52 : value;
}

void histogram_init(struct histogram *h, struct pool *pool, enum histogram_kind kind)
{
    *h = (struct histogram){.pool = pool, .kind = (uint8_t)kind};
}

void histogram_reset(struct histogram *h)
{
    bins_free(&h->bins, h->pool);
    histogram_init(h, h->pool, h->kind);
}

void histogram_done(struct histogram *h)
{
    histogram_reset(h);
}

size_t histogram_memory(const struct histogram *h)
{
    return bins_memory(&h->bins);
}

bool histogram_add(struct histogram *h, double value)
{
    if (!(value > 0) || isinf(value))
        value = 0;
    int32_t at = bound_of(h->kind == HISTOGRAM_INTEGER ? rounded(value) : value);
    if (at < BOUNDS && !bins_add(&h->bins, h->pool, at, 1)) {
        h->lost++;
        return false;
    }
    h->count++;
    sum_add(&h->sum, &h->sum_rest, value);
    return true;
}

// Integers are held by the same bounds as doubles: the first bound that is not below an integer has
// the same place before and after it is cut to a whole number.
bool histogram_next(const struct histogram *h, size_t *at, double *bound, uint64_t *cumulative)
{
    uint64_t below = 0, count;
    int32_t index = INT32_MIN;
    while (bins_next(&h->bins, index, &index, &count)) {
        below += count;
        if ((size_t)index >= *at) {
            *at = (size_t)index + 1;
            *bound = h->kind == HISTOGRAM_INTEGER ? trunc(bounds[index]) : bounds[index];
            *cumulative = below;
            return true;
        }
        index++;
    }
    return false;
}

bool histogram_merge(struct histogram *dst, const struct histogram *src)
{
    dst->lost += src->lost;
    if (dst->kind != src->kind || !bins_merge(&dst->bins, dst->pool, &src->bins)) {
        dst->lost += src->count;
        return false;
    }
    dst->count += src->count;
    sum_add(&dst->sum, &dst->sum_rest, src->sum);
    dst->sum_rest += src->sum_rest;
    return true;
}
