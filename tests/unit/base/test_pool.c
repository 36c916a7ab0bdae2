#include "base/memory.h"
#include "base/pool.h"
#include "base/random.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void memory_is_cleared_and_counted(void **state)
{
    (void)state;
    static const uint8_t zeros[100];
    struct pool pool;
    pool_init(&pool, 0);
    void *ptr = pool_alloc(&pool, 100);
    assert_non_null(ptr);
    assert_memory_equal(ptr, zeros, 100);
    assert_int_equal(atomic_load(&pool.used), 100);
    pool_free(&pool, ptr, 100);
    assert_int_equal(atomic_load(&pool.used), 0);
    assert_int_equal(atomic_load(&pool.refusals), 0);
}

static void the_budget_can_be_used_to_the_last_byte(void **state)
{
    (void)state;
    struct pool pool;
    pool_init(&pool, 100);
    void *first = pool_alloc(&pool, 60), *second = pool_alloc(&pool, 40);
    assert_true(first && second);
    assert_null(pool_alloc(&pool, 1));
    assert_int_equal(atomic_load(&pool.refusals), 1);
    assert_int_equal(atomic_load(&pool.used), 100);
    pool_free(&pool, first, 60);
    first = pool_alloc(&pool, 60);
    assert_non_null(first);
    pool_free(&pool, first, 60);
    pool_free(&pool, second, 40);
}

static void a_hopeless_request_changes_nothing(void **state)
{
    (void)state;
    struct pool pool;
    pool_init(&pool, 100);
    assert_null(pool_alloc(&pool, 101));
    assert_null(pool_alloc(&pool, SIZE_MAX));
    assert_int_equal(atomic_load(&pool.used), 0);
    assert_int_equal(atomic_load(&pool.refusals), 2);
    pool_free(&pool, NULL, 100);
    assert_int_equal(atomic_load(&pool.used), 0);
}

static void what_the_heap_refuses_is_given_back(void **state)
{
    (void)state;
    struct pool pool;
    pool_init(&pool, 0);
    mem_fail_at(1);
    assert_null(pool_alloc(&pool, 10));
    assert_int_equal(atomic_load(&pool.used), 0);
    assert_int_equal(atomic_load(&pool.refusals), 1);
}

static void what_is_taken_is_never_refused_but_counts(void **state)
{
    (void)state;
    struct pool pool;
    pool_init(&pool, 100);
    void *ptr = pool_take(&pool, 150);
    assert_non_null(ptr);
    assert_int_equal(atomic_load(&pool.used), 150);
    assert_null(pool_alloc(&pool, 1));
    assert_int_equal(atomic_load(&pool.refusals), 1);
    pool_free(&pool, ptr, 150);
    mem_fail_at(1);
    assert_null(pool_take(&pool, 10));
    assert_int_equal(atomic_load(&pool.used), 0);
    assert_int_equal(atomic_load(&pool.refusals), 2);
}

// Period after period closes and the oldest of four goes: all come to have the same share, and
// together they never have more than the limit.
static void closed_periods_leave_room_for_the_next_one(void **state)
{
    (void)state;
    enum { LIMIT = 6000, KEPT = 4, PERIODS = 200 };
    struct pool pool, closed;
    size_t sizes[KEPT] = {0};
    void *kept[KEPT] = {NULL};
    pool_init(&closed, 0);
    pool_init_beside(&pool, LIMIT, &closed);
    for (unsigned period = 0; period < PERIODS; period++) {
        size_t live = LIMIT;
        void *all;
        while (!(all = pool_alloc(&pool, live))) // the most that there is room for
            live--;
        assert_true(live + atomic_load(&closed.used) <= LIMIT);
        if (period >= PERIODS / 2)
            assert_in_range(live, LIMIT / (KEPT + 2) - 20, LIMIT / (KEPT + 2) + 20);
        assert_true(live >= LIMIT / 64); // the first ones take more, the next ones less
        pool_free(&pool, all, live);
        pool_free(&closed, kept[period % KEPT], sizes[period % KEPT]);
        sizes[period % KEPT] = live;
        assert_non_null(kept[period % KEPT] = pool_alloc(&closed, live));
    }
    for (unsigned i = 0; i < KEPT; i++)
        pool_free(&closed, kept[i], sizes[i]);
}

enum { THREADS = 4, ROUNDS = 5000, SHARE = 1000 };

// Takes at most its share of a budget that has room for all shares, beside hopeless requests.
static void *use_own_share(void *argument)
{
    struct pool *pool = argument;
    struct random_stream stream = {.state = (uintptr_t)&stream};
    uintptr_t refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
        size_t size = 1 + random_below(&stream, SHARE);
        void *ptr = pool_alloc(pool, size);
        refused += ptr == NULL;
        pool_free(pool, ptr, size);
        pool_free(pool, pool_alloc(pool, 10 * SHARE), 10 * SHARE);
    }
    return (void *)refused;
}

static void property_threads_do_not_take_from_each_other(void **state)
{
    (void)state;
    struct pool pool;
    pool_init(&pool, THREADS * SHARE);
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, use_own_share, &pool), 0);
    for (int i = 0; i < THREADS; i++) {
        void *refused;
        pthread_join(thread[i], &refused);
        assert_null(refused);
    }
    assert_int_equal(atomic_load(&pool.used), 0);
    assert_int_equal(atomic_load(&pool.refusals), THREADS * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_cleared_and_counted),
        cmocka_unit_test(the_budget_can_be_used_to_the_last_byte),
        cmocka_unit_test(a_hopeless_request_changes_nothing),
        cmocka_unit_test(what_the_heap_refuses_is_given_back),
        cmocka_unit_test(what_is_taken_is_never_refused_but_counts),
        cmocka_unit_test(closed_periods_leave_room_for_the_next_one),
        cmocka_unit_test(property_threads_do_not_take_from_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
