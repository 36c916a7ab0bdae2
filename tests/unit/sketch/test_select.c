#include "sketch/select.h"

#include "sketch_test.h"

enum { LONGEST = 300 };

static void every_rank_equals_the_sorted_value(void **state)
{
    (void)state;
    struct random_stream random = {.state = 11};
    for (int round = 0; round < 1000; round++) {
        uint64_t values[LONGEST], sorted[LONGEST], kept[LONGEST];
        size_t n = 1 + random_below(&random, LONGEST);
        uint64_t range = 1 + random_below(&random, round % 2 ? 5 : UINT64_MAX);
        for (size_t i = 0; i < n; i++)
            sorted[i] = kept[i] = random_below(&random, range);
        qsort(sorted, n, sizeof *sorted, ascending_u64);
        for (int draw = 0; draw < 10; draw++) {
            size_t rank = random_below(&random, n);
            memcpy(values, round % 3 ? kept : sorted, n * sizeof *values);
            assert_true(select_rank(values, n, rank) == sorted[rank]);
        }
    }
}

static void ranks_are_inclusive(void **state)
{
    (void)state;
    assert_int_equal(select_quantile_rank(0, 10), 1);
    assert_int_equal(select_quantile_rank(-1, 10), 1);
    assert_int_equal(select_quantile_rank(NAN, 10), 1);
    assert_int_equal(select_quantile_rank(0.01, 10), 1);
    assert_int_equal(select_quantile_rank(0.5, 200), 100);
    assert_int_equal(select_quantile_rank(0.5, 3), 2);
    assert_int_equal(select_quantile_rank(1, 10), 10);
    assert_int_equal(select_quantile_rank(2, 10), 10);
    for (uint64_t n = 1; n < 100000; n++) {
        assert_int_equal(select_quantile_rank(0.9, n), (9 * n + 9) / 10);
        assert_int_equal(select_quantile_rank(0.95, n), (95 * n + 99) / 100);
        assert_int_equal(select_quantile_rank(0.99, n), (99 * n + 99) / 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rank_equals_the_sorted_value),
        cmocka_unit_test(ranks_are_inclusive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
