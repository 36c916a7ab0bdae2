// Answers from an exponential histogram.
#include "sketch/exphist.h"

#include <math.h>

#include "sketch/select.h"

static double exact_value(const struct exphist *h, uint64_t rank)
{
    uint64_t bits[EXPHIST_EXACT];
    double value;
    memcpy(bits, h->exact, h->count * sizeof *bits);
    uint64_t selected = select_rank(bits, h->count, rank - 1);
    memcpy(&value, &selected, sizeof value);
    return value;
}

static double middle_of(int32_t index)
{
    return exp2((index + 0.5) / EXPHIST_PER_OCTAVE);
}

static double bucket_value(const struct exphist *h, uint64_t rank)
{
    uint64_t below = h->zeros, count;
    int32_t index = INT32_MIN;
    if (rank <= below)
        return 0;
    while (bins_next(&h->buckets, index, &index, &count)) {
        below += count;
        if (rank <= below)
            return middle_of(index);
        index++;
    }
    return h->max;
}

double exphist_quantile(const struct exphist *h, double q)
{
    if (h->count == 0)
        return 0;
    uint64_t rank = select_quantile_rank(q, h->count);
    if (rank == 1)
        return h->min;
    if (rank == h->count)
        return h->max;
    if (h->exact)
        return exact_value(h, rank);
    return fmin(fmax(bucket_value(h, rank), h->min), h->max);
}

uint64_t exphist_zeros(const struct exphist *h)
{
    uint64_t zeros = h->zeros;
    for (uint64_t i = 0; h->exact && i < h->count; i++)
        zeros += h->exact[i] <= EXPHIST_ZERO_THRESHOLD;
    return zeros;
}

static int32_t exact_bucket(double value)
{
    if (value <= EXPHIST_ZERO_THRESHOLD)
        return INT32_MIN;
    int32_t index = exphist_index(value);
    return index < EXPHIST_INDEX_MAX ? index : EXPHIST_INDEX_MAX;
}

// The lowest bucket from `from` on that one of the exact values falls into.
static bool next_exact(const struct exphist *h, int32_t from, int32_t *index, uint64_t *count)
{
    int32_t lowest = INT32_MAX;
    *count = 0;
    for (uint64_t i = 0; i < h->count; i++) {
        int32_t bucket = exact_bucket(h->exact[i]);
        if (bucket < from || bucket > lowest)
            continue;
        *count = bucket == lowest ? *count + 1 : 1;
        lowest = bucket;
    }
    *index = lowest;
    return *count > 0;
}

bool exphist_next(const struct exphist *h, size_t *at, int32_t *index, uint64_t *count)
{
    int32_t from = EXPHIST_INDEX_MIN + (int32_t)*at;
    bool found =
        h->exact ? next_exact(h, from, index, count) : bins_next(&h->buckets, from, index, count);
    if (found)
        *at = (size_t)(*index - EXPHIST_INDEX_MIN) + 1;
    return found;
}
