#include "sketch/histogram.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>

#include "sketch_test.h"

struct expected_bucket {
    double bound;
    uint64_t cumulative;
};

static void check_buckets(enum histogram_kind kind, const double *values, size_t n,
                          const struct expected_bucket *expected, size_t buckets)
{
    struct histogram h;
    size_t at = 0;
    double bound;
    uint64_t cumulative;
    histogram_init(&h, &pool, kind);
    for (size_t i = 0; i < n; i++)
        assert_true(histogram_add(&h, values[i]));
    assert_int_equal(h.count, n);
    for (size_t i = 0; i < buckets; i++) {
        assert_true(histogram_next(&h, &at, &bound, &cumulative));
        assert_true(fabs(bound - expected[i].bound) < 5e-7);
        assert_int_equal(cumulative, expected[i].cumulative);
    }
    assert_false(histogram_next(&h, &at, &bound, &cumulative));
    histogram_done(&h);
}

static void upstream_facts(void **state)
{
    (void)state;
    const double few[] = {12, 12, 12, 8}, more[] = {12, 12, 1, 8, 12};
    check_buckets(HISTOGRAM_INTEGER, few, 4, (struct expected_bucket[]){{8, 1}, {12, 4}}, 2);
    check_buckets(HISTOGRAM_INTEGER, more, 5, (struct expected_bucket[]){{1, 1}, {8, 2}, {12, 5}},
                  3);
    check_buckets(HISTOGRAM_REAL, few, 4, (struct expected_bucket[]){{8.799225, 1}, {12.915497, 4}},
                  2);
    check_buckets(HISTOGRAM_REAL, more, 5,
                  (struct expected_bucket[]){{1, 1}, {8.799225, 2}, {12.915497, 5}}, 3);
}

// The bound that a single value is counted under; infinity: above the last.
static double bound_of(enum histogram_kind kind, double value)
{
    struct histogram h;
    size_t at = 0;
    double bound = INFINITY;
    uint64_t cumulative;
    histogram_init(&h, &pool, kind);
    assert_true(histogram_add(&h, value));
    if (histogram_next(&h, &at, &bound, &cumulative))
        assert_int_equal(cumulative, 1);
    histogram_done(&h);
    return bound;
}

static void integer_bounds_are_the_listed_ones(void **state)
{
    (void)state;
    static const int listed[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  10, 11, 12, 14,  16,  18,
                                 21, 24, 27, 31, 35, 40, 46, 52, 59, 68, 77, 87, 100, 113, 129};
    size_t at = 0;
    for (int value = 0; value <= 129; value++) {
        at += value > listed[at];
        assert_true(bound_of(HISTOGRAM_INTEGER, value) == listed[at]);
    }
    assert_true(bound_of(HISTOGRAM_INTEGER, 12.4) == 12);
    assert_true(bound_of(HISTOGRAM_INTEGER, 12.6) == 14);
    assert_true(bound_of(HISTOGRAM_INTEGER, 0.4) == 0);
}

static void every_bound_includes_itself(void **state)
{
    (void)state;
    for (int i = -9 * 18; i < 18 * 18; i++) {
        double bound = pow(10, i / 18.0), cut = trunc(bound * (1 + 1e-14));
        double counted = bound_of(HISTOGRAM_REAL, bound * (1 - 1e-13));
        assert_near(counted, bound, 1e-14);
        assert_true(bound_of(HISTOGRAM_REAL, counted) == counted);
        assert_true(bound_of(HISTOGRAM_REAL, nextafter(counted, INFINITY)) > counted);
        if (cut >= 1 && cut < 1e12)
            assert_true(bound_of(HISTOGRAM_INTEGER, cut) == cut);
        if (cut >= 10 && cut < 1e12)
            assert_true(bound_of(HISTOGRAM_INTEGER, cut + 1) > cut);
    }
}

static void outermost_values(void **state)
{
    (void)state;
    assert_true(bound_of(HISTOGRAM_REAL, 0) == 1e-9);
    assert_true(bound_of(HISTOGRAM_REAL, -3) == 1e-9);
    assert_true(bound_of(HISTOGRAM_REAL, NAN) == 1e-9);
    assert_true(bound_of(HISTOGRAM_REAL, 5e-324) == 1e-9);
    assert_true(bound_of(HISTOGRAM_REAL, INFINITY) == 1e-9);
    assert_true(bound_of(HISTOGRAM_INTEGER, -3) == 0);
    assert_true(isinf(bound_of(HISTOGRAM_REAL, 1e18)));
    assert_true(isinf(bound_of(HISTOGRAM_INTEGER, 1e300)));
}

// Counts the bounds below any key "buckets"; each must be a bound of ours.
static size_t check_golden_value(json_t *value)
{
    size_t seen = 0, i;
    const char *key;
    json_t *child, *count;
    json_object_foreach(value, key, child)
    {
        const char *bound;
        seen += check_golden_value(child);
        if (strcmp(key, "buckets") != 0)
            continue;
        json_object_foreach(child, bound, count)
        {
            if (strcmp(bound, "+Inf") == 0)
                continue;
            if (bound_of(HISTOGRAM_INTEGER, strtod(bound, NULL)) != strtod(bound, NULL))
                fail_msg("no bound %s", bound);
            seen++;
        }
    }
    json_array_foreach(value, i, child) seen += check_golden_value(child);
    return seen;
}

static void recorded_bounds_are_ours(void **state)
{
    (void)state;
    const char *shared = getenv("PKTVISOR_SHARED");
    char folder[512], path[1024];
    size_t seen = 0;
    snprintf(folder, sizeof folder, "%s/golden", shared ? shared : "../shared");
    DIR *dir = opendir(folder);
    if (!dir) {
        print_message("no recorded outputs in %s\n", folder);
        skip();
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strstr(entry->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        json_t *root = json_load_file(path, 0, NULL);
        assert_non_null(root);
        seen += check_golden_value(root);
        json_decref(root);
    }
    closedir(dir);
    assert_true(seen > 100);
}

static void assert_same(const struct histogram *a, const struct histogram *b)
{
    size_t at_a = 0, at_b = 0;
    double bound_a, bound_b;
    uint64_t count_a, count_b;
    assert_true(a->count == b->count);
    while (histogram_next(a, &at_a, &bound_a, &count_a)) {
        assert_true(histogram_next(b, &at_b, &bound_b, &count_b));
        assert_true(bound_a == bound_b && count_a == count_b);
    }
    assert_false(histogram_next(b, &at_b, &bound_b, &count_b));
    assert_near(histogram_sum(a), histogram_sum(b), 1e-9);
}

enum { PARTS = 4 };

static void merges_do_not_depend_on_the_split(void **state)
{
    (void)state;
    struct random_stream random = {.state = 5};
    for (int stream = 0; stream < 1000; stream++) {
        enum histogram_kind kind = stream % 2 ? HISTOGRAM_REAL : HISTOGRAM_INTEGER;
        struct histogram whole, parts[PARTS];
        size_t values = random_below(&random, 500);
        histogram_init(&whole, &pool, kind);
        for (size_t i = 0; i < PARTS; i++)
            histogram_init(&parts[i], &pool, kind);
        for (size_t i = 0; i < values; i++) {
            double value = exp2(random_unit(&random) * 70 - 5);
            histogram_add(&whole, value);
            histogram_add(&parts[random_below(&random, PARTS)], value);
        }
        for (size_t i = PARTS - 1; i > 0; i--) {
            assert_true(histogram_merge(&parts[random_below(&random, i)], &parts[i]));
            histogram_done(&parts[i]);
        }
        // Parts were merged into random ones before them, so the first holds all.
        assert_same(&whole, &parts[0]);
        histogram_done(&whole);
        histogram_done(&parts[0]);
    }
}

static void a_small_pool_loses_and_counts(void **state)
{
    (void)state;
    struct random_stream random = {.state = 6};
    for (size_t limit = 1; limit < 3000; limit += 100) {
        struct histogram h, other;
        pool_init(&pool, limit);
        histogram_init(&h, &pool, HISTOGRAM_REAL);
        histogram_init(&other, &pool, HISTOGRAM_REAL);
        for (int i = 0; i < 1000; i++) {
            histogram_add(&h, exp2(random_unit(&random) * 20));
            histogram_add(&other, exp2(random_unit(&random) * 40 - 20));
        }
        histogram_merge(&h, &other);
        assert_true(h.count + h.lost == 2000);
        histogram_done(&h);
        histogram_done(&other);
    }
}

static void kinds_do_not_mix(void **state)
{
    (void)state;
    struct histogram a, b;
    histogram_init(&a, &pool, HISTOGRAM_REAL);
    histogram_init(&b, &pool, HISTOGRAM_INTEGER);
    histogram_add(&b, 1);
    assert_false(histogram_merge(&a, &b));
    assert_int_equal(a.lost, 1);
    histogram_done(&a);
    histogram_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(upstream_facts),
        POOL_TEST(integer_bounds_are_the_listed_ones),
        POOL_TEST(every_bound_includes_itself),
        POOL_TEST(outermost_values),
        POOL_TEST(recorded_bounds_are_ours),
        POOL_TEST(merges_do_not_depend_on_the_split),
        POOL_TEST(a_small_pool_loses_and_counts),
        POOL_TEST(kinds_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
