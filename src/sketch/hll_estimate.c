// How many items a sketch has seen.
//
// List and set: from the number of distinct coupons. Dense and in order: the HIP accumulator (Ting
// 2014; Cohen 2014). After a merge of dense sketches: Ertl's improved raw estimator (2017, section
// 3), one formula without bias from the first item to the last, so that there is no threshold
// between a linear count and a corrected raw estimate, and no table of measured corrections.
#include <math.h>

#include "sketch/hll_internal.h"

// Distinct items n behind a number c of distinct coupons: the inverse of
//     c(n) = 2^26 * sum over v >= 1 of (1 - (1 - 2^-26 * 2^-v)^n)
// at these knots, cubic in between (c is so close to n that the error is below 1e-10 of it). The
// last digits are those that DataSketches publishes, because HIP accumulators start from them and
// are to be equal bit for bit.
enum { COUPON_KNOTS = 9 };
static const struct {
    double coupons, items;
} coupon_knots[COUPON_KNOTS] = {
    {0.0, 0.0},
    {1.0, 1.0},
    {20.0, 20.0000009437402611},
    {400.0, 400.0003963713384110},
    {8000.0, 8000.1589294602090376},
    {160000.0, 160063.6067763759638183},
    {300000.0, 300223.7071597662453},
    {600000.0, 600895.5933856170158833},
    {900000.0, 902016.8065120954997838},
};

// The cubic through four knots, in Lagrange's form.
static double cubic_through(unsigned first, double x)
{
    double sum = 0;
    for (unsigned i = first; i < first + 4; i++) {
        double numerator = 1, denominator = 1;
        for (unsigned j = first; j < first + 4; j++) {
            if (j == i)
                continue;
            numerator *= x - coupon_knots[j].coupons;
            denominator *= coupon_knots[i].coupons - coupon_knots[j].coupons;
        }
        sum += coupon_knots[i].items * numerator / denominator;
    }
    return sum;
}

double hll_coupon_estimate(uint32_t coupons)
{
    double x = coupons;
    unsigned below = 0;
    while (below < COUPON_KNOTS - 3 && coupon_knots[below + 1].coupons <= x)
        below++;
    return fmax(cubic_through(below ? below - 1 : 0, x), x);
}

// sigma(x) = x + sum over i >= 1 of x^(2^i) * 2^(i-1): what registers that are still zero add.
static double sigma(double x)
{
    double sum = x, before, weight = 1;
    do {
        x *= x;
        before = sum;
        sum += x * weight;
        weight += weight;
    } while (sum != before);
    return sum;
}

// alpha * k^2 / (sum of 2^-register over the registers above zero + k * sigma(share of zeros)),
// alpha = 1 / (2 ln 2). The counterpart of sigma for saturated registers (63) is left out: it
// matters only from about k * 2^62 items on.
static double estimate_from_registers(const struct hll *hll)
{
    struct hll_summary summary = hll_summarise(hll->registers, hll->lg_k);
    double k = (double)(UINT32_C(1) << hll->lg_k);
    double zeros = summary.counts[0];
    if (zeros >= k)
        return 0;
    double sum = summary.kxq0 + summary.kxq1 - zeros + k * sigma(zeros / k);
    return k * k / (2 * M_LN2 * sum);
}

double hll_estimate(const struct hll *hll)
{
    if (hll->mode != HLL_DENSE)
        return hll_coupon_estimate(hll->count);
    return hll->out_of_order ? estimate_from_registers(hll) : hll->hip;
}

// Relative errors at 1, 2 and 3 standard deviations for small lg_k, where the estimate's
// distribution is skewed: the 0.84134, 0.97725 and 0.99865 quantiles of the overestimate (for the
// lower bound) and of the underestimate (for the upper), as measured for DataSketches.
enum { ERROR_LG_K_MAX = 12, DEVIATIONS = 3 };
struct relative_errors {
    double over[DEVIATIONS], under[DEVIATIONS];
};

// clang-format off
static const struct relative_errors in_order_errors[ERROR_LG_K_MAX - HLL_LG_K_MIN + 1] = {
    {{0.207316195, 0.502865572, 0.882303765}, {0.207805347, 0.355574279, 0.475535095}},
    {{0.146981579, 0.335426881, 0.557052},    {0.146988328, 0.262390832, 0.360864026}},
    {{0.104026721, 0.227683872, 0.365888317}, {0.103877775, 0.191503663, 0.269311582}},
    {{0.073614601, 0.156781585, 0.245740374}, {0.073452978, 0.138513438, 0.198487447}},
    {{0.05205248,  0.108783763, 0.168030442}, {0.051982806, 0.099703123, 0.144128618}},
    {{0.036770852, 0.075727545, 0.11593785},  {0.036768609, 0.07138158,  0.104430324}},
    {{0.025990219, 0.053145536, 0.080772263}, {0.025991325, 0.050854296, 0.0748143}},
    {{0.018373987, 0.037266176, 0.056271814}, {0.01834533,  0.036121138, 0.05327616}},
    {{0.012936253, 0.02613829,  0.039387631}, {0.012920332, 0.025572893, 0.037896952}},
};
static const struct relative_errors merged_errors[ERROR_LG_K_MAX - HLL_LG_K_MIN + 1] = {
    {{0.254409839, 0.682266712, 1.304022158}, {0.256980172, 0.411905944, 0.52651057}},
    {{0.181817353, 0.443389054, 0.778776219}, {0.182332109, 0.310275547, 0.412660505}},
    {{0.129432281, 0.295782195, 0.49252279},  {0.129314228, 0.230142294, 0.315636197}},
    {{0.091640655, 0.201175925, 0.323664385}, {0.091584836, 0.16834013,  0.236346847}},
    {{0.064858051, 0.138523393, 0.218805328}, {0.06487411,  0.122045231, 0.174112107}},
    {{0.045851855, 0.095925072, 0.148635751}, {0.04591465,  0.08784505,  0.126917615}},
    {{0.032454144, 0.067009668, 0.102660669}, {0.032433119, 0.062897613, 0.091862929}},
    {{0.022921382, 0.046868565, 0.071307398}, {0.022960633, 0.044875401, 0.065736049}},
    {{0.016155679, 0.032825719, 0.049677541}, {0.016186662, 0.031827816, 0.046973459}},
};
// clang-format on

// Above lg_k 12 the normal distribution is close enough: sqrt(ln 2) and sqrt(3 ln 2 - 1), over
// sqrt(k).
#define IN_ORDER_ERROR 0.8325546
#define MERGED_ERROR   1.03896

// Of the number of coupons, at the largest set.
#define COUPON_ERROR (0.409 / 8192)

static unsigned within_deviations(unsigned deviations)
{
    if (deviations < 1)
        return 1;
    return deviations > DEVIATIONS ? DEVIATIONS : deviations;
}

static double relative_error(const struct hll *hll, unsigned deviations, bool over)
{
    if (hll->mode != HLL_DENSE)
        return deviations * COUPON_ERROR;
    if (hll->lg_k > ERROR_LG_K_MAX) {
        double one = hll->out_of_order ? MERGED_ERROR : IN_ORDER_ERROR;
        return deviations * one / sqrt((double)(UINT32_C(1) << hll->lg_k));
    }
    const struct relative_errors *errors =
        &(hll->out_of_order ? merged_errors : in_order_errors)[hll->lg_k - HLL_LG_K_MIN];
    return (over ? errors->over : errors->under)[deviations - 1];
}

// Every coupon and every register above zero is an item that was certainly seen.
static double certain_items(const struct hll *hll)
{
    if (hll->mode != HLL_DENSE)
        return hll->count;
    uint32_t k = UINT32_C(1) << hll->lg_k;
    if (!hll->out_of_order)
        return k - hll->count;
    return k - hll_summarise(hll->registers, hll->lg_k).counts[0];
}

double hll_lower_bound(const struct hll *hll, unsigned deviations)
{
    double error = relative_error(hll, within_deviations(deviations), true);
    return fmax(hll_estimate(hll) / (1 + error), certain_items(hll));
}

double hll_upper_bound(const struct hll *hll, unsigned deviations)
{
    double error = relative_error(hll, within_deviations(deviations), false);
    return fmax(hll_estimate(hll) / (1 - error), certain_items(hll));
}
