#include "sketch/select.h"

#include <math.h>

static void swap(uint64_t *a, uint64_t *b)
{
    uint64_t kept = *a;
    *a = *b;
    *b = kept;
}

// The median of the first, middle and last value ends up in the middle: sorted input is then the
// best case instead of the worst.
static uint64_t pivot_of(uint64_t *values, size_t low, size_t high)
{
    size_t middle = low + (high - low) / 2;
    if (values[middle] < values[low])
        swap(&values[middle], &values[low]);
    if (values[high] < values[low])
        swap(&values[high], &values[low]);
    if (values[high] < values[middle])
        swap(&values[high], &values[middle]);
    return values[middle];
}

uint64_t select_rank(uint64_t *values, size_t n, size_t rank)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        uint64_t pivot = pivot_of(values, low, high);
        size_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i > j)
                break;
            swap(&values[i++], &values[j]);
            if (j-- == 0)
                break;
        }
        if (j != SIZE_MAX && rank <= j)
            high = j;
        else if (rank >= i)
            low = i;
        else
            break; // between both parts everything equals the pivot
    }
    return values[rank];
}

uint64_t select_quantile_rank(double q, uint64_t n)
{
    if (!(q > 0))
        return 1;
    double rank = ceil(q * (double)n);
    if (rank >= (double)n)
        return n;
    return rank < 1 ? 1 : (uint64_t)rank;
}
