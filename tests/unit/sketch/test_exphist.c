#include "sketch/exphist.h"

#include <float.h>

#include "sketch_test.h"

// The bounds of all sub-buckets of all octaves, against powers of a type with a longer mantissa.
static void bounds_are_exact_for_all_exponents(void **state)
{
    (void)state;
    for (int octave = -1021; octave <= 1023; octave++) {
        for (int sub = 0; sub < EXPHIST_PER_OCTAVE; sub++) {
            long double bound = ldexpl(exp2l(sub / 32.0L), octave);
            double at = (double)bound;
            if ((long double)at > bound)
                at = nextafter(at, 0);
            int32_t index = octave * EXPHIST_PER_OCTAVE + sub;
            assert_int_equal(exphist_index(at), index - 1);
            assert_int_equal(exphist_index(nextafter(at, INFINITY)), index);
            assert_true(exphist_upper_bound(index - 1) == at);
        }
    }
}

static void smallest_and_largest_doubles_have_a_bucket(void **state)
{
    (void)state;
    for (int exponent = -1074; exponent <= 1023; exponent++)
        assert_int_equal(exphist_index(ldexp(1, exponent)), exponent * EXPHIST_PER_OCTAVE - 1);
    assert_int_equal(exphist_index(nextafter(ldexp(1, -1060), 1)), -1060 * EXPHIST_PER_OCTAVE);
    assert_int_equal(exphist_index(DBL_MIN), -1022 * EXPHIST_PER_OCTAVE - 1);
    assert_int_equal(exphist_index(DBL_MAX), 1024 * EXPHIST_PER_OCTAVE - 1);
}

static void middles_are_within_the_promised_error(void **state)
{
    (void)state;
    double ratio = exp2(1.0 / EXPHIST_PER_OCTAVE);
    assert_true(sqrt(ratio) - 1 < 0.011);
    assert_true(1 - 1 / sqrt(ratio) < 0.011);
}

static void few_values_are_exact(void **state)
{
    (void)state;
    struct exphist h;
    exphist_init(&h, &pool);
    assert_true(exphist_quantile(&h, 0.5) == 0);
    for (int i = 0; i < 200; i++)
        assert_true(exphist_add(&h, (i * 77) % 200));
    assert_true(exphist_quantile(&h, 0) == 0);
    assert_true(exphist_quantile(&h, 0.5) == 99);
    assert_true(exphist_quantile(&h, 0.9) == 179);
    assert_true(exphist_quantile(&h, 0.99) == 197);
    assert_true(exphist_quantile(&h, 1) == 199);
    assert_true(exphist_sum(&h) == 199 * 100);
    exphist_reset(&h);
    assert_int_equal(exphist_memory(&h), 0);
    for (int i = 0; i < EXPHIST_EXACT; i++)
        exphist_add(&h, 1000 + i);
    assert_true(exphist_quantile(&h, 0.5) == 1127);
    exphist_done(&h);
}

static void upstream_quantiles_of_one_value(void **state)
{
    (void)state;
    struct exphist h;
    exphist_init(&h, &pool);
    exphist_add(&h, 12);
    for (int i = 0; i <= 100; i++)
        assert_true(exphist_quantile(&h, i / 100.0) == 12);
    assert_true(exphist_sum(&h) == 12);
    assert_int_equal(h.count, 1);
    exphist_done(&h);
}

static void strange_values_count_as_zero(void **state)
{
    (void)state;
    struct exphist h;
    const double strange[] = {0, -0.0, -5, NAN, INFINITY, -INFINITY};
    exphist_init(&h, &pool);
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
            assert_true(exphist_add(&h, strange[i]));
        assert_int_equal(exphist_zeros(&h), h.count);
    }
    assert_true(h.min == 0 && h.max == 0 && exphist_sum(&h) == 0);
    assert_true(exphist_quantile(&h, 0.99) == 0);
    exphist_done(&h);
}

static void outermost_values_keep_the_size_bounded(void **state)
{
    (void)state;
    struct exphist h;
    exphist_init(&h, &pool);
    for (int i = 0; i < 300; i++) {
        exphist_add(&h, DBL_TRUE_MIN);
        exphist_add(&h, DBL_MAX);
        exphist_add(&h, nextafter(0x1p-32, 1));
    }
    assert_int_equal(exphist_zeros(&h), 300);
    assert_true(exphist_memory(&h) <= 24 * 1024);
    assert_true(h.min == DBL_TRUE_MIN && h.max == DBL_MAX);
    assert_true(exphist_quantile(&h, 0) == DBL_TRUE_MIN);
    assert_true(exphist_quantile(&h, 1) == DBL_MAX);
    exphist_done(&h);
}

static double normal(struct random_stream *random)
{
    double u = 1 - random_unit(random), v = random_unit(random);
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

static double pareto(struct random_stream *random)
{
    return 100 * pow(1 - random_unit(random), -1 / 1.1);
}

static double log_normal(struct random_stream *random)
{
    return exp(7 + 2 * normal(random));
}

// Cache hits of some microseconds, answers from afar, and retries after seconds.
static double mixture(struct random_stream *random)
{
    double kind = random_unit(random);
    if (kind < 0.7)
        return 20 + 10 * random_unit(random);
    if (kind < 0.97)
        return 30000 * exp(0.5 * normal(random));
    return 5e6 + 1e6 * random_unit(random);
}

static double uniform_integer(struct random_stream *random)
{
    return (double)random_below(random, 1500);
}

typedef double draw_value(struct random_stream *random);
static draw_value *const distributions[] = {pareto, log_normal, mixture, uniform_integer};
enum { DISTRIBUTIONS = 4, VALUES = 100000 };

static void check_quantiles(const struct exphist *h, double *values, size_t n)
{
    static const double ranks[] = {0.5, 0.75, 0.9, 0.95, 0.99};
    qsort(values, n, sizeof *values, ascending_double);
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        double truth = values[(size_t)ceil(ranks[i] * (double)n) - 1];
        assert_near(exphist_quantile(h, ranks[i]), truth, 0.011);
    }
    for (int i = 0; i <= 1000; i++) {
        double value = exphist_quantile(h, i / 1000.0);
        assert_true(value >= values[0] && value <= values[n - 1]);
    }
    assert_true(h->min == values[0] && h->max == values[n - 1]);
}

static void quantiles_of_heavy_tails_are_right(void **state)
{
    (void)state;
    double *values = mem_calloc(VALUES, sizeof *values);
    assert_non_null(values);
    for (uint64_t seed = 0; seed < 3; seed++) {
        for (size_t d = 0; d < DISTRIBUTIONS; d++) {
            struct random_stream random = {.state = seed * 100 + d};
            struct exphist h;
            exphist_init(&h, &pool);
            for (size_t i = 0; i < VALUES; i++) {
                values[i] = distributions[d](&random);
                assert_true(exphist_add(&h, values[i]));
            }
            check_quantiles(&h, values, VALUES);
            exphist_done(&h);
        }
    }
    mem_free(values);
}

static void sums_are_accurate(void **state)
{
    (void)state;
    struct exphist h;
    exphist_init(&h, &pool);
    exphist_add(&h, 1e16);
    for (int i = 0; i < 1000000; i++)
        exphist_add(&h, 0.1);
    assert_near(exphist_sum(&h), 1e16 + 1e5, 1e-15);
    assert_true(fabs(exphist_sum(&h) - (1e16 + 1e5)) <= 4);
    exphist_done(&h);
}

static void assert_same(const struct exphist *a, const struct exphist *b)
{
    size_t at_a = 0, at_b = 0;
    int32_t index_a, index_b;
    uint64_t count_a, count_b;
    assert_true(a->count == b->count);
    assert_true(exphist_zeros(a) == exphist_zeros(b));
    assert_true(a->min == b->min && a->max == b->max);
    assert_true((a->exact != NULL) == (b->exact != NULL));
    while (exphist_next(a, &at_a, &index_a, &count_a)) {
        assert_true(exphist_next(b, &at_b, &index_b, &count_b));
        assert_int_equal(index_a, index_b);
        assert_true(count_a == count_b);
    }
    assert_false(exphist_next(b, &at_b, &index_b, &count_b));
    assert_near(exphist_sum(a), exphist_sum(b), 1e-9);
    for (int i = 0; i <= 20; i++)
        assert_true(exphist_quantile(a, i / 20.0) == exphist_quantile(b, i / 20.0));
}

enum { PARTS = 5 };

static void merge_in_random_order(struct exphist *parts, struct random_stream *random)
{
    for (size_t left = PARTS; left > 1; left--) {
        size_t from = 1 + random_below(random, left - 1);
        size_t into = random_below(random, from);
        assert_true(exphist_merge(&parts[into], &parts[from]));
        exphist_done(&parts[from]);
        parts[from] = parts[left - 1];
    }
}

static void merges_do_not_depend_on_the_split(void **state)
{
    (void)state;
    struct random_stream random = {.state = 3};
    for (int stream = 0; stream < 1000; stream++) {
        struct exphist whole, parts[PARTS];
        size_t values = random_below(&random, stream % 2 ? 300 : 3000);
        exphist_init(&whole, &pool);
        for (size_t i = 0; i < PARTS; i++)
            exphist_init(&parts[i], &pool);
        for (size_t i = 0; i < values; i++) {
            double value = distributions[stream % DISTRIBUTIONS](&random);
            exphist_add(&whole, value);
            exphist_add(&parts[random_below(&random, random_below(&random, PARTS) + 1)], value);
        }
        merge_in_random_order(parts, &random);
        assert_same(&whole, &parts[0]);
        exphist_done(&whole);
        exphist_done(&parts[0]);
    }
}

static void many_at_once_equal_one_by_one(void **state)
{
    (void)state;
    struct random_stream random = {.state = 4};
    for (int round = 0; round < 200; round++) {
        struct exphist one, many;
        exphist_init(&one, &pool);
        exphist_init(&many, &pool);
        for (int i = 0; i < 10; i++) {
            double value = pareto(&random);
            uint64_t times = random_below(&random, 60);
            assert_true(exphist_add_many(&many, value, times));
            for (uint64_t n = 0; n < times; n++)
                exphist_add(&one, value);
        }
        assert_same(&one, &many);
        exphist_done(&one);
        exphist_done(&many);
    }
}

static void a_small_pool_loses_and_counts(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 8000; limit += 37) {
        struct random_stream random = {.state = limit};
        struct exphist h, other;
        uint64_t refused = 0;
        pool_init(&pool, limit);
        exphist_init(&h, &pool);
        exphist_init(&other, &pool);
        for (int i = 0; i < 2000; i++) {
            refused += !exphist_add(&h, pareto(&random));
            refused += !exphist_add(&other, log_normal(&random));
        }
        assert_true(h.lost + other.lost == refused);
        assert_true(h.count + h.lost + other.count + other.lost == 4000);
        assert_true(atomic_load(&pool.used) == exphist_memory(&h) + exphist_memory(&other));
        exphist_merge(&h, &other);
        assert_true(h.count + h.lost == 4000);
        double median = exphist_quantile(&h, 0.5);
        assert_true(median >= h.min && median <= h.max);
        exphist_done(&h);
        exphist_done(&other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(bounds_are_exact_for_all_exponents),
        POOL_TEST(smallest_and_largest_doubles_have_a_bucket),
        POOL_TEST(middles_are_within_the_promised_error),
        POOL_TEST(few_values_are_exact),
        POOL_TEST(upstream_quantiles_of_one_value),
        POOL_TEST(strange_values_count_as_zero),
        POOL_TEST(outermost_values_keep_the_size_bounded),
        POOL_TEST(quantiles_of_heavy_tails_are_right),
        POOL_TEST(sums_are_accurate),
        POOL_TEST(merges_do_not_depend_on_the_split),
        POOL_TEST(many_at_once_equal_one_by_one),
        POOL_TEST(a_small_pool_loses_and_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
