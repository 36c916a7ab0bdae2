// A sum of doubles that hardly depends on the order of its terms: what rounding takes from the
// running sum is kept beside it (the error-free addition of Knuth, TAOCP 4.2.2 theorem B, used as
// in Neumaier, ZAMM 54, 1974). The relative error stays near 2^-53 for terms of one sign, however
// many there are.
#pragma once

static inline void sum_add(double *sum, double *rest, double value)
{
    double total = *sum + value;
    double added = total - *sum;
    *rest += (*sum - (total - added)) + (value - added);
    *sum = total;
}
