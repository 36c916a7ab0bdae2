#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "sketch/hll.h"
#include "sketch/hll_internal.h"

#include "hll_compare.h"
#include "hll_vectors.h"

static struct pool pool;

static int fresh_pool(void **state)
{
    (void)state;
    pool_init(&pool, 0);
    return 0;
}

static int nothing_leaked(void **state)
{
    (void)state;
    assert_int_equal(pool.used, 0);
    return 0;
}

static void assert_close(double value, double expected, double relative)
{
    if (fabs(value - expected) > relative * fabs(expected))
        fail_msg("%.17g where %.17g belongs", value, expected);
}

static void add_range(struct hll *hll, uint64_t first, uint64_t end)
{
    for (uint64_t i = first; i < end; i++)
        hll_add_coupon(hll, hll_coupon_u64(i));
}

// Between 1 and 2^lg_max, small and large ones equally often.
static uint64_t random_size(struct random_stream *random, double lg_max)
{
    return (uint64_t)exp2(random_unit(random) * lg_max);
}

static void estimates_equal_the_vectors(void **state)
{
    (void)state;
    struct hll_vectors vectors = vectors_load();
    for (size_t i = 0; i < vectors.count; i++) {
        const struct hll_vector *v = &vectors.row[i];
        if (v->merged)
            continue;
        struct hll hll;
        vectors_build(v, &hll, &pool);
        assert_close(hll_estimate(&hll), v->estimate, 1e-9);
        assert_true(hll_lower_bound(&hll, 3) <= (double)v->items);
        assert_true(hll_upper_bound(&hll, 3) >= (double)v->items);
        hll_done(&hll);
    }
}

static void union_is_near_the_vector(void **state)
{
    (void)state;
    struct hll_vectors vectors = vectors_load();
    for (size_t i = 0; i < vectors.count; i++) {
        const struct hll_vector *v = &vectors.row[i];
        if (!v->merged)
            continue;
        struct hll a, b, theirs;
        vectors_read("hll8_union_a.bin", &a, &pool);
        vectors_read("hll8_union_b.bin", &b, &pool);
        vectors_read(v->file, &theirs, &pool);
        assert_true(hll_merge(&a, &b));
        assert_same_set(&a, &theirs);
        assert_close(hll_estimate(&a), v->estimate, 0.002);
        assert_close(hll_estimate(&theirs), v->estimate, 0.002);
        hll_done(&a);
        hll_done(&b);
        hll_done(&theirs);
    }
}

static enum hll_mode expected_mode(unsigned lg_k, uint32_t coupons)
{
    if (coupons < 8)
        return HLL_LIST;
    return lg_k >= 8 && 4 * coupons <= 3u << (lg_k - 3) ? HLL_SET : HLL_DENSE;
}

static void modes_switch_where_datasketches_does(void **state)
{
    (void)state;
    for (unsigned lg_k = HLL_LG_K_MIN; lg_k <= HLL_LG_K_MAX; lg_k++) {
        struct hll hll;
        hll_init(&hll, &pool, lg_k);
        uint32_t coupons = 0;
        for (uint64_t i = 0; hll.mode != HLL_DENSE; i++) {
            uint32_t before = hll.count;
            assert_true(hll_add_coupon(&hll, hll_coupon_u64(i)));
            coupons += hll.mode == HLL_DENSE || hll.count > before;
            assert_int_equal(hll.mode, expected_mode(lg_k, coupons));
            assert_int_equal(hll_memory(&hll), pool.used);
        }
        assert_int_equal(hll_memory(&hll), 1u << lg_k);
        hll_done(&hll);
        assert_int_equal(pool.used, 0);
    }
}

// Distinct coupons to be expected of n items (hll_estimate.c), as a series in 2^-26: the k-th term
// is (-1)^(k+1) * C(n, k) * 2^(-26 (k-1)) / (2^k - 1).
static double expected_coupons(double n)
{
    double sum = 0, binomial = 1;
    for (int k = 1; k <= 12; k++) {
        binomial *= (n - k + 1) / k * (k > 1 ? -0x1p-26 : 1);
        sum += binomial / (exp2(k) - 1);
    }
    return sum;
}

static void property_coupon_estimate_inverts_the_expected_count(void **state)
{
    (void)state;
    assert_true(hll_coupon_estimate(0) == 0);
    assert_true(hll_coupon_estimate(1) == 1);
    for (uint32_t c = 2; c < 899999; c += 1 + c / 50)
        assert_close(expected_coupons(hll_coupon_estimate(c)), c, 1e-9);
}

static void repeated_items_change_nothing(void **state)
{
    (void)state;
    const uint64_t sizes[] = {5, 100, 5000};
    for (size_t i = 0; i < 3; i++) {
        struct hll hll;
        hll_init(&hll, &pool, 11);
        add_range(&hll, 0, sizes[i]);
        double estimate = hll_estimate(&hll);
        add_range(&hll, 0, sizes[i]);
        assert_true(hll_estimate(&hll) == estimate);
        hll_reset(&hll);
        assert_true(hll_estimate(&hll) == 0);
        assert_int_equal(pool.used, 0);
    }
}

// One stream cut into parts at random, with repetitions, the parts merged in random order into a
// random first one: what a merge promises.
static void merge_one_stream(struct random_stream *random, unsigned lg_k)
{
    enum { PARTS_MAX = 8 };
    struct hll whole, part[PARTS_MAX];
    size_t parts = 1 + random_below(random, PARTS_MAX);
    hll_init(&whole, &pool, lg_k);
    for (size_t p = 0; p < parts; p++)
        hll_init(&part[p], &pool, lg_k);
    uint64_t start = random_next(random);
    uint64_t items = random_size(random, 15);
    for (uint64_t i = 0; i < items; i++) {
        uint32_t coupon = hll_coupon_u64(start + i);
        hll_add_coupon(&whole, coupon);
        hll_add_coupon(&part[random_below(random, parts)], coupon);
        if (i % 4 == 0)
            hll_add_coupon(&part[random_below(random, parts)], coupon);
    }
    for (size_t left = parts; left > 1; left--) {
        size_t from = 1 + random_below(random, left - 1);
        assert_true(hll_merge(&part[0], &part[from]));
        hll_done(&part[from]);
        part[from] = part[left - 1];
    }
    assert_same_set(&part[0], &whole);
    // Five times the standard error: never reached in 1,000 streams.
    double slack = 5 * 1.04 / sqrt((double)(1u << lg_k)) * (double)items + 1;
    if (lg_k >= 8 && fabs(hll_estimate(&part[0]) - (double)items) > slack)
        fail_msg("%f for %lu items at lg_k %u", hll_estimate(&part[0]), items, lg_k);
    if (whole.mode != HLL_DENSE)
        assert_true(hll_estimate(&part[0]) == hll_estimate(&whole));
    hll_done(&whole);
    hll_done(&part[0]);
}

static void property_merged_parts_equal_the_whole(void **state)
{
    (void)state;
    struct random_stream random = {.state = 3};
    for (unsigned i = 0; i < 1000; i++)
        merge_one_stream(&random, HLL_LG_K_MIN + i % 13);
}

static void merge_takes_the_smaller_lg_k(void **state)
{
    (void)state;
    struct random_stream random = {.state = 4};
    for (int i = 0; i < 400; i++) {
        unsigned lg_a = HLL_LG_K_MIN + (unsigned)random_below(&random, 12);
        unsigned lg_b = HLL_LG_K_MIN + (unsigned)random_below(&random, 12);
        uint64_t a_items = random_size(&random, 13) - 1, b_items = random_size(&random, 13) - 1;
        struct hll a, b, ba, whole;
        hll_init(&a, &pool, lg_a);
        hll_init(&b, &pool, lg_b);
        hll_init(&ba, &pool, lg_b);
        hll_init(&whole, &pool, lg_a < lg_b ? lg_a : lg_b);
        add_range(&a, 0, a_items);
        add_range(&b, a_items / 2, a_items / 2 + b_items);
        add_range(&ba, a_items / 2, a_items / 2 + b_items);
        add_range(&whole, 0, a_items);
        add_range(&whole, a_items / 2, a_items / 2 + b_items);
        assert_true(hll_merge(&ba, &a));
        assert_true(hll_merge(&a, &b));
        assert_same_set(&a, &whole);
        assert_same_set(&ba, &whole);
        hll_done(&a);
        hll_done(&b);
        hll_done(&ba);
        hll_done(&whole);
    }
}

static void coupons_keep_a_dense_sketch_in_order(void **state)
{
    (void)state;
    struct hll dense, list, copy, other;
    hll_init(&dense, &pool, 12);
    hll_init(&list, &pool, 12);
    hll_init(&copy, &pool, 12);
    hll_init(&other, &pool, 12);
    add_range(&dense, 0, 20000);
    add_range(&list, 20000, 20100);
    add_range(&other, 30000, 50000);
    assert_true(hll_merge(&copy, &dense));
    assert_true(hll_estimate(&copy) == hll_estimate(&dense));
    assert_true(hll_merge(&copy, &list));
    assert_false(copy.out_of_order);
    add_range(&dense, 20000, 20100);
    // The coupons came in another order, which HIP feels a little.
    assert_close(hll_estimate(&copy), hll_estimate(&dense), 1e-4);
    assert_true(hll_merge(&copy, &other));
    assert_true(copy.out_of_order);
    assert_close(hll_estimate(&copy), 40100, 0.06);
    double before = hll_estimate(&copy);
    assert_true(hll_merge(&copy, &copy));
    assert_true(hll_estimate(&copy) == before);
    hll_done(&dense);
    hll_done(&list);
    hll_done(&copy);
    hll_done(&other);
}

// After a merge, over many streams of a given size: how far the mean is off, and the spread.
static void merged_error(unsigned lg_k, uint64_t items, double *bias, double *spread)
{
    enum { STREAMS = 300 };
    struct random_stream random = {.state = items};
    double sum = 0, squares = 0;
    for (int i = 0; i < STREAMS; i++) {
        struct hll a, b;
        hll_init(&a, &pool, lg_k);
        hll_init(&b, &pool, lg_k);
        uint64_t start = random_next(&random);
        add_range(&a, start, start + items / 2);
        add_range(&b, start + items / 2, start + items);
        assert_true(hll_merge(&a, &b));
        double error = hll_estimate(&a) / (double)items - 1;
        sum += error;
        squares += error * error;
        hll_done(&a);
        hll_done(&b);
    }
    *bias = sum / STREAMS;
    *spread = sqrt(squares / STREAMS);
}

static void property_merged_estimate_is_unbiased_at_every_size(void **state)
{
    (void)state;
    const unsigned lg_k = 9;
    double standard = 1.04 / sqrt((double)(1u << lg_k));
    for (uint64_t items = 200; items < 30000; items = items * 7 / 5) {
        double bias, spread;
        merged_error(lg_k, items, &bias, &spread);
        // The mean of 300 streams has a standard error of standard / 17.
        if (fabs(bias) > 4 * standard / 17 || spread > 1.15 * standard)
            fail_msg("%lu items: bias %f, spread %f", items, bias, spread);
    }
}

static void property_bounds_hold_as_often_as_promised(void **state)
{
    (void)state;
    struct random_stream random = {.state = 6};
    const double promised[] = {0.683, 0.954, 0.997};
    int inside[2][3] = {{0}}, streams = 1000;
    for (int i = 0; i < streams; i++) {
        struct hll hll[2];
        uint64_t start = random_next(&random), items = 3000 + random_below(&random, 3000);
        for (size_t merged = 0; merged < 2; merged++) {
            hll_init(&hll[merged], &pool, 10);
            add_range(&hll[merged], start, start + items - merged * items / 2);
        }
        struct hll rest;
        hll_init(&rest, &pool, 10);
        add_range(&rest, start + items - items / 2, start + items);
        assert_true(hll_merge(&hll[1], &rest));
        for (size_t merged = 0; merged < 2; merged++) {
            for (unsigned d = 1; d <= 3; d++)
                inside[merged][d - 1] += hll_lower_bound(&hll[merged], d) <= (double)items &&
                                         hll_upper_bound(&hll[merged], d) >= (double)items;
            hll_done(&hll[merged]);
        }
        hll_done(&rest);
    }
    for (size_t d = 0; d < 3; d++) {
        assert_in_range(inside[0][d], streams * (promised[d] - 0.05), streams);
        assert_in_range(inside[1][d], streams * (promised[d] - 0.05), streams);
    }
}

static void bounds_of_small_sketches(void **state)
{
    (void)state;
    struct hll hll;
    hll_init(&hll, &pool, 14);
    assert_true(hll_lower_bound(&hll, 1) == 0 && hll_upper_bound(&hll, 1) == 0);
    add_range(&hll, 0, 100);
    assert_true(hll_lower_bound(&hll, 3) == 100);
    assert_close(hll_upper_bound(&hll, 3), 100, 0.001);
    hll_done(&hll);
    hll_init(&hll, &pool, 99);
    assert_int_equal(hll.lg_k, HLL_LG_K_MAX);
    hll_init(&hll, &pool, 0);
    assert_int_equal(hll.lg_k, HLL_LG_K_MIN);
}

// What was counted while the pool was empty is neither wrong nor forgotten: it is in `lost`.
static void tiny_pool_loses_updates_and_counts_them(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 20000; limit = limit * 3 / 2 + 1) {
        struct pool tiny;
        struct hll hll, other;
        pool_init(&tiny, limit);
        hll_init(&hll, &tiny, 12);
        hll_init(&other, &tiny, 12);
        uint64_t refused = 0;
        for (uint64_t i = 0; i < 6000; i++) {
            refused += !hll_add_coupon(&hll, hll_coupon_u64(i));
            hll_add_coupon(&other, hll_coupon_u64(i / 2 + 3000));
        }
        assert_int_equal(hll.lost, refused);
        assert_true(tiny.used <= limit);
        assert_int_equal(tiny.used, hll_memory(&hll) + hll_memory(&other));
        assert_true(hll.mode == HLL_DENSE || refused > 0);
        assert_true(hll_estimate(&hll) < 6600);
        uint64_t lost = hll.lost + other.lost;
        assert_int_equal(hll.lost, hll_merge(&hll, &other) ? lost : refused);
        hll_done(&hll);
        hll_done(&other);
        assert_int_equal(tiny.used, 0);
    }
}

// A refused growth leaves room for the coupons that are already held.
static void refused_coupon_leaves_no_trace(void **state)
{
    (void)state;
    struct pool tiny;
    struct hll hll;
    pool_init(&tiny, 128); // a set of 32
    hll_init(&hll, &tiny, 12);
    add_range(&hll, 0, 100);
    assert_int_equal(hll.mode, HLL_SET);
    assert_int_equal(hll.count, 24);
    assert_int_equal(hll.lost, 76);
    add_range(&hll, 0, 24);
    assert_int_equal(hll.lost, 76);
    tiny.limit = 0;
    add_range(&hll, 24, 100);
    assert_int_equal(hll.count, 100);
    hll_reset(&hll);
    tiny.limit = 1; // no more than a list
    add_range(&hll, 0, 8);
    assert_int_equal(hll.count, 7);
    assert_int_equal(hll.lost, 1);
    tiny.limit = 0;
    add_range(&hll, 0, 8);
    assert_int_equal(hll.count, 8);
    assert_int_equal(hll.mode, HLL_SET);
    hll_done(&hll);
}

// One allocation that fails costs one update; the next one tries again.
static void failed_allocation_costs_one_update(void **state)
{
    (void)state;
    uint64_t failures = 0;
    for (uint64_t n = 1; n == failures + 1; n++) {
        struct hll hll;
        hll_init(&hll, &pool, 12);
        mem_fail_at(n);
        add_range(&hll, 0, 1000);
        mem_fail_at(0);
        assert_in_range(hll.lost, 0, 1);
        assert_close(hll_estimate(&hll), 1000, 0.05);
        failures += hll.lost;
        hll_done(&hll);
    }
    assert_int_equal(failures, 6); // five sizes of sets, and the registers
}

static void refused_merge_changes_nothing(void **state)
{
    (void)state;
    const uint64_t sizes[] = {3, 60, 3000};
    for (size_t i = 0; i < 9; i++) {
        struct hll dst, src, before;
        hll_init(&dst, &pool, 12);
        hll_init(&src, &pool, i % 2 ? 9 : 12);
        hll_init(&before, &pool, 12);
        add_range(&dst, 0, sizes[i / 3]);
        add_range(&before, 0, sizes[i / 3]);
        add_range(&src, 5000, 5000 + sizes[i % 3]);
        src.lost = 7;
        mem_fail_at(1);
        bool merged = hll_merge(&dst, &src);
        mem_fail_at(0);
        if (!merged) {
            assert_same_set(&dst, &before);
            assert_true(hll_estimate(&dst) == hll_estimate(&before));
            assert_int_equal(dst.lost, 0);
            assert_true(hll_merge(&dst, &src));
        }
        assert_int_equal(dst.lost, 7);
        hll_done(&dst);
        hll_done(&src);
        hll_done(&before);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh_pool, nothing_leaked)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(estimates_equal_the_vectors),
        TEST(union_is_near_the_vector),
        TEST(modes_switch_where_datasketches_does),
        TEST(property_coupon_estimate_inverts_the_expected_count),
        TEST(repeated_items_change_nothing),
        TEST(property_merged_parts_equal_the_whole),
        TEST(merge_takes_the_smaller_lg_k),
        TEST(coupons_keep_a_dense_sketch_in_order),
        TEST(property_merged_estimate_is_unbiased_at_every_size),
        TEST(property_bounds_hold_as_often_as_promised),
        TEST(bounds_of_small_sketches),
        TEST(tiny_pool_loses_updates_and_counts_them),
        TEST(refused_coupon_leaves_no_trace),
        TEST(failed_allocation_costs_one_update),
        TEST(refused_merge_changes_nothing),
    };
    return cmocka_run_group_tests_name("hll", tests, NULL, NULL);
}
