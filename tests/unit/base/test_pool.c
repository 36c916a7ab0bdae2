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
        cmocka_unit_test(property_threads_do_not_take_from_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
