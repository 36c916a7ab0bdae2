#include "sketch/bins.h"

#include "sketch_test.h"

static void grows_to_both_sides(void **state)
{
    (void)state;
    struct bins bins = {0};
    assert_true(bins_add(&bins, &pool, 5, 1));
    assert_int_equal(bins_memory(&bins), BINS_STEP * sizeof(uint64_t));
    assert_true(bins_add(&bins, &pool, -1, 2));
    assert_true(bins_add(&bins, &pool, 64, 3));
    assert_true(bins_add(&bins, &pool, 5, 10));
    assert_int_equal(bins.first, -BINS_STEP);
    assert_int_equal(bins.room, 4 * BINS_STEP);
    assert_int_equal(*bins_at(&bins, 5), 11);
    assert_null(bins_at(&bins, -BINS_STEP - 1));
    assert_null(bins_at(&bins, 3 * BINS_STEP));

    const int32_t indices[] = {-1, 5, 64};
    const uint64_t counts[] = {2, 11, 3};
    int32_t index = INT32_MIN;
    uint64_t count;
    for (size_t i = 0; i < 3; i++) {
        assert_true(bins_next(&bins, index, &index, &count));
        assert_int_equal(index, indices[i]);
        assert_int_equal(count, counts[i]);
        index++;
    }
    assert_false(bins_next(&bins, index, &index, &count));
    bins_free(&bins, &pool);
    assert_false(bins_next(&bins, 0, &index, &count));
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    struct bins bins = {0}, other = {0};
    assert_true(bins_add(&bins, &pool, 0, 7));
    assert_true(bins_add(&other, &pool, 100, 7));
    pool.limit = atomic_load(&pool.used);
    assert_false(bins_add(&bins, &pool, 40, 1));
    assert_false(bins_merge(&bins, &pool, &other));
    assert_int_equal(bins.room, BINS_STEP);
    assert_int_equal(*bins_at(&bins, 0), 7);
    assert_true(bins_add(&bins, &pool, 31, 1));
    bins_free(&bins, &pool);
    bins_free(&other, &pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(grows_to_both_sides),
        POOL_TEST(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
