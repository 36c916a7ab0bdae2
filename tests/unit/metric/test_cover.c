#include "metric/cover.h"

#include "fake_pool.h"

static void add(struct metric_cover *cover, int64_t start, int64_t end)
{
    assert_true(metric_cover_reserve(cover, 1));
    metric_cover_add(cover, (struct metric_interval){start * SECOND, end * SECOND});
}

static void test_minutes_in_a_row_are_one_interval(void **state)
{
    (void)state;
    struct metric_cover cover = {.pool = &pool};
    assert_int_equal(metric_cover_seconds(&cover), 0);
    add(&cover, 120, 180);
    add(&cover, 0, 60);
    assert_int_equal(cover.n, 2);
    assert_int_equal(metric_cover_seconds(&cover), 120);
    add(&cover, 60, 120);
    assert_int_equal(cover.n, 1);
    assert_int_equal(metric_cover_seconds(&cover), 180);
    add(&cover, 50, 130); // seen already
    add(&cover, 60, 120);
    assert_int_equal(metric_cover_seconds(&cover), 180);
    metric_cover_done(&cover);
}

// Against a map of seconds.
static void test_random_intervals(void **state)
{
    (void)state;
    struct random_stream random = {.state = 1};
    for (unsigned round = 0; round < 200; round++) {
        struct metric_cover cover = {.pool = &pool};
        bool seen[1000] = {false};
        int64_t seconds = 0;
        for (unsigned i = 0; i < 40; i++) {
            int64_t start = (int64_t)random_below(&random, 900);
            int64_t end = start + 1 + (int64_t)random_below(&random, 30);
            add(&cover, start, end);
            for (int64_t s = start; s < end; s++)
                seen[s] = true;
        }
        for (size_t s = 0; s < 1000; s++)
            seconds += seen[s];
        assert_int_equal(metric_cover_seconds(&cover), seconds);
        for (size_t i = 1; i < cover.n; i++)
            assert_true(cover.intervals[i - 1].end < cover.intervals[i].start);
        metric_cover_done(&cover);
    }
}

static void test_there_is_an_end_of_gaps(void **state)
{
    (void)state;
    struct metric_cover cover = {.pool = &pool};
    for (int64_t i = 0; i < METRIC_INTERVALS_MAX; i++)
        add(&cover, 3 * i, 3 * i + 1);
    assert_false(metric_cover_reserve(&cover, 1));
    metric_cover_done(&cover);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_minutes_in_a_row_are_one_interval, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_intervals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_there_is_an_end_of_gaps, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
