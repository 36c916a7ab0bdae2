#include "sketch/rate.h"

#include "sketch_test.h"

static const int64_t day = 86400, year = 365 * 86400;
static const int64_t start = 1700000000;

static void a_minute_with_empty_seconds(void **state)
{
    (void)state;
    struct rate r;
    struct rate_summary summary;
    rate_init(&r, &pool);
    assert_int_equal(rate_memory(&r), 0);
    for (int64_t second = 0; second < 60; second += 2)
        assert_true(rate_add(&r, start + second, (uint64_t)second));
    assert_true(rate_read(&r, start, start + 59, &summary));
    assert_int_equal(summary.count, 60);
    assert_true(summary.sum == 870);
    assert_true(summary.p50 == 0);  // 31 seconds are empty
    assert_true(summary.p90 == 46); // the 54th of 60
    assert_true(summary.p95 == 52); // the 57th
    assert_true(summary.p99 == 58); // the 60th
    assert_true(summary.live == 0);
    assert_true(rate_read(&r, start, start + 58, &summary));
    assert_true(summary.live == 58);
    assert_true(rate_read(&r, start, start - 1, &summary));
    assert_int_equal(summary.count, 0);
    rate_done(&r);
}

static void nothing_counted_is_zero(void **state)
{
    (void)state;
    struct rate r;
    struct rate_summary summary;
    rate_init(&r, &pool);
    assert_true(rate_add(&r, start, 0));
    assert_int_equal(rate_memory(&r), 0);
    assert_true(rate_read(&r, start, start + 59, &summary));
    assert_true(summary.count == 60 && summary.p99 == 0 && summary.sum == 0);
    rate_done(&r);
}

static void gaps_of_years_cost_nothing(void **state)
{
    (void)state;
    struct rate r;
    struct rate_summary summary;
    rate_init(&r, &pool);
    const int64_t jumps[] = {0, 30 * year, -30 * year, 5 * day, -200 * year, 1, -1, 7 * year};
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++)
        assert_true(rate_add(&r, start + jumps[i], 3));
    assert_int_equal(r.lg_width, 0);
    assert_true(rate_memory(&r) < 8 * sizeof(struct rate_block));
    assert_true(rate_read(&r, start - 200 * year, start + 30 * year, &summary));
    assert_int_equal(summary.count, 230 * year + 1);
    assert_true(summary.p99 == 0 && summary.sum == 24 && summary.live == 3);
    assert_true(rate_read(&r, INT64_MIN, INT64_MAX, &summary));
    assert_true(summary.p99 == 0 && summary.sum == 24);
    rate_done(&r);
}

static void outermost_seconds(void **state)
{
    (void)state;
    struct rate r, other;
    struct rate_summary summary;
    rate_init(&r, &pool);
    rate_init(&other, &pool);
    const int64_t seconds[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < 6; i++)
        assert_true(rate_add(&r, seconds[i], i + 1));
    assert_true(rate_read(&r, -1, 0, &summary));
    assert_true(summary.sum == 7 && summary.p50 == 3 && summary.p99 == 4 && summary.live == 4);
    assert_true(rate_merge(&other, &r));
    assert_true(rate_read(&other, INT64_MAX, INT64_MAX, &summary));
    assert_true(summary.sum == 6);
    assert_true(rate_read(&other, INT64_MIN, INT64_MIN, &summary));
    assert_true(summary.sum == 1);
    rate_done(&r);
    rate_done(&other);
}

static void long_periods_join_seconds(void **state)
{
    (void)state;
    struct rate r;
    struct rate_summary summary;
    rate_init(&r, &pool);
    for (int64_t second = 0; second < day; second++)
        assert_true(rate_add(&r, start + second, 10));
    assert_int_equal(r.lg_width, 3);
    assert_true(r.used <= RATE_BLOCKS);
    assert_int_equal(r.total, 10 * day);
    assert_true(rate_read(&r, start, start + day - 1, &summary));
    assert_int_equal(summary.count, day);
    assert_true(summary.p50 == 10 && summary.p99 == 10 && summary.sum == 10.0 * (double)day);
    rate_done(&r);
}

// Every block far from the others: the width grows until they meet.
static void scattered_seconds_stay_within_the_limit(void **state)
{
    (void)state;
    struct random_stream random = {.state = 1};
    struct rate r;
    struct rate_summary summary;
    rate_init(&r, &pool);
    for (int i = 0; i < 20000; i++)
        assert_true(rate_add(&r, (int64_t)random_next(&random), 1));
    assert_true(r.used <= RATE_BLOCKS);
    assert_true(rate_memory(&r) <= RATE_BLOCKS * (sizeof(struct rate_block) + 8));
    assert_true(rate_read(&r, INT64_MIN, INT64_MAX, &summary));
    assert_true(summary.sum == 20000);
    rate_done(&r);
}

enum { LONGEST = 5000 };

// The same by one count per second, sorted.
static double brute_quantile(const uint64_t *counts, size_t n, double q)
{
    static uint64_t sorted[LONGEST];
    memcpy(sorted, counts, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, ascending_u64);
    size_t rank = (size_t)ceil(q * (double)n);
    return (double)sorted[rank ? rank - 1 : 0];
}

static void quantiles_equal_a_recount(void **state)
{
    (void)state;
    static uint64_t counts[LONGEST];
    struct random_stream random = {.state = 2};
    for (int round = 0; round < 300; round++) {
        struct rate r;
        struct rate_summary summary;
        size_t seconds = 1 + random_below(&random, LONGEST);
        size_t first = random_below(&random, seconds);
        size_t n = 1 + random_below(&random, seconds - first);
        int64_t base = (int64_t)random_below(&random, 2000000) - 1000000;
        rate_init(&r, &pool);
        memset(counts, 0, sizeof counts);
        for (size_t i = 0; i < 2 * seconds; i++) {
            size_t second = random_below(&random, seconds);
            uint64_t count = random_below(&random, 100);
            counts[second] += count;
            assert_true(rate_add(&r, base + (int64_t)second, count));
        }
        assert_true(
            rate_read(&r, base + (int64_t)first, base + (int64_t)(first + n - 1), &summary));
        assert_int_equal(summary.count, n);
        assert_true(summary.p50 == brute_quantile(counts + first, n, 0.5));
        assert_true(summary.p90 == brute_quantile(counts + first, n, 0.9));
        assert_true(summary.p95 == brute_quantile(counts + first, n, 0.95));
        assert_true(summary.p99 == brute_quantile(counts + first, n, 0.99));
        assert_true(summary.live == (double)counts[first + n - 1]);
        rate_done(&r);
    }
}

static void assert_same(const struct rate *a, const struct rate *b)
{
    assert_int_equal(a->lg_width, b->lg_width);
    assert_int_equal(a->used, b->used);
    assert_true(a->total == b->total);
    for (uint32_t i = 0; i < a->used; i++)
        assert_memory_equal(a->blocks[i], b->blocks[i], sizeof *a->blocks[i]);
}

static int64_t random_second(struct random_stream *random, int stream)
{
    int64_t second = start + (int64_t)random_below(random, 600);
    if (stream % 4 == 1) // more than a quarter of a day: seconds are joined
        second += (int64_t)random_below(random, (uint64_t)(3 * day));
    if (stream % 4 == 2)
        second += ((int64_t)random_below(random, 5) - 2) * year;
    if (stream % 4 == 3)
        second -= (int64_t)(random_next(random) >> (2 + random_below(random, 60)));
    return second;
}

enum { PARTS = 4 };

static void merges_do_not_depend_on_the_split(void **state)
{
    (void)state;
    struct random_stream random = {.state = 3};
    for (int stream = 0; stream < 1000; stream++) {
        struct rate whole, parts[PARTS];
        rate_init(&whole, &pool);
        for (size_t i = 0; i < PARTS; i++)
            rate_init(&parts[i], &pool);
        for (size_t i = random_below(&random, 2000); i > 0; i--) {
            int64_t second = random_second(&random, stream);
            uint64_t n = random_below(&random, 50);
            rate_add(&whole, second, n);
            rate_add(&parts[random_below(&random, PARTS)], second, n);
        }
        for (size_t i = PARTS - 1; i > 0; i--) {
            assert_true(rate_merge(&parts[random_below(&random, i)], &parts[i]));
            rate_done(&parts[i]);
        }
        assert_same(&whole, &parts[0]);
        rate_done(&whole);
        rate_done(&parts[0]);
    }
}

static void a_small_pool_loses_and_counts(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 20000; limit += 333) {
        struct random_stream random = {.state = limit};
        struct rate r, other;
        uint64_t sent = 0, refused = 0;
        pool_init(&pool, limit);
        rate_init(&r, &pool);
        rate_init(&other, &pool);
        for (int i = 0; i < 1000; i++) {
            uint64_t n = random_below(&random, 10);
            sent += n;
            if (!rate_add(i % 2 ? &r : &other, start + (int64_t)random_below(&random, 3000), n))
                refused += n;
        }
        assert_true(r.lost + other.lost == refused);
        rate_merge(&r, &other);
        assert_true(r.total + r.lost == sent);
        rate_reset(&r);
        assert_int_equal(rate_memory(&r), 0);
        rate_done(&r);
        rate_done(&other);
    }
}

static void reading_without_memory_says_so(void **state)
{
    (void)state;
    struct rate r;
    struct rate_summary summary;
    rate_init(&r, &pool);
    for (int64_t second = 0; second < 3600; second++)
        rate_add(&r, start + second, 1);
    mem_fail_at(1);
    assert_false(rate_read(&r, start, start + 3599, &summary));
    assert_true(rate_read(&r, start, start + 3599, &summary));
    assert_true(summary.p50 == 1);
    rate_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(a_minute_with_empty_seconds),
        POOL_TEST(nothing_counted_is_zero),
        POOL_TEST(gaps_of_years_cost_nothing),
        POOL_TEST(outermost_seconds),
        POOL_TEST(long_periods_join_seconds),
        POOL_TEST(scattered_seconds_stay_within_the_limit),
        POOL_TEST(quantiles_equal_a_recount),
        POOL_TEST(merges_do_not_depend_on_the_split),
        POOL_TEST(a_small_pool_loses_and_counts),
        POOL_TEST(reading_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
