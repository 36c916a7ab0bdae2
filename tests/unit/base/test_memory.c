#include "base/memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void blocks_are_as_asked_for(void **state)
{
    (void)state;
    static const uint8_t zeros[100];
    uint8_t *cleared = mem_zalloc(100), *array = mem_calloc(10, 10);
    char *copy = mem_strdup("copy");
    uint8_t *grown = mem_realloc(NULL, 4);
    assert_true(cleared && array && copy && grown);
    memcpy(grown, "abc", 4);
    uint8_t *larger = mem_realloc(grown, 4000);
    if (larger)
        grown = larger;
    assert_ptr_equal(larger, grown);
    assert_memory_equal(cleared, zeros, 100);
    assert_memory_equal(array, zeros, 100);
    assert_string_equal(copy, "copy");
    assert_string_equal(grown, "abc");
    mem_free(cleared);
    mem_free(array);
    mem_free(copy);
    mem_free(grown);
    mem_free(NULL);
}

static void an_empty_block_is_not_null(void **state)
{
    (void)state;
    void *blocks[] = {mem_alloc(0), mem_zalloc(0), mem_calloc(0, 8), mem_calloc(8, 0),
                      mem_realloc(NULL, 0)};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        assert_non_null(blocks[i]);
        mem_free(blocks[i]);
        blocks[i] = NULL;
    }
}

static void a_product_that_overflows_is_refused(void **state)
{
    (void)state;
    assert_null(mem_calloc(SIZE_MAX / 2, 3));
}

static void every_request_is_counted_once(void **state)
{
    (void)state;
    uint64_t before = mem_allocations();
    void *a = mem_alloc(1), *b = mem_zalloc(1), *c = mem_calloc(1, 1), *d = mem_strdup("");
    void *grown = mem_realloc(a, 2);
    assert_int_equal(mem_allocations() - before, 5);
    mem_free(grown ? grown : a);
    mem_free(b);
    mem_free(c);
    mem_free(d);
    assert_int_equal(mem_allocations() - before, 5);
}

static void exactly_the_nth_request_fails(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 6; n++) {
        mem_fail_at(n);
        for (uint64_t i = 1; i < 10; i++) {
            void *ptr = mem_alloc(1);
            assert_int_equal(ptr == NULL, i == n);
            mem_free(ptr);
        }
    }
    mem_fail_at(2);
    mem_fail_at(0);
    for (int i = 0; i < 3; i++) {
        void *ptr = mem_alloc(1);
        assert_non_null(ptr);
        mem_free(ptr);
    }
}

static void a_refused_realloc_leaves_the_block(void **state)
{
    (void)state;
    char *text = mem_strdup("kept");
    assert_non_null(text);
    mem_fail_at(1);
    assert_null(mem_realloc(text, 1000));
    assert_string_equal(text, "kept");
    mem_free(text);
}

enum { THREADS = 4, PER_THREAD = 10000 };

static void *allocate_many(void *unused)
{
    for (int i = 0; i < PER_THREAD; i++)
        mem_free(mem_alloc(16));
    return unused;
}

static void property_threads_lose_no_count(void **state)
{
    (void)state;
    uint64_t before = mem_allocations();
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, allocate_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(mem_allocations() - before, THREADS * PER_THREAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_as_asked_for),
        cmocka_unit_test(an_empty_block_is_not_null),
        cmocka_unit_test(a_product_that_overflows_is_refused),
        cmocka_unit_test(every_request_is_counted_once),
        cmocka_unit_test(exactly_the_nth_request_fails),
        cmocka_unit_test(a_refused_realloc_leaves_the_block),
        cmocka_unit_test(property_threads_lose_no_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
