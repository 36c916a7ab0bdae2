#include "base/block.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct set {
    struct pool pool;
    struct block_table table;
};

static void set_up(struct set *set)
{
    pool_init(&set->pool, 0);
    block_table_init(&set->table);
    set->pool.blocks = &set->table;
}

static void tear_down(struct set *set)
{
    assert_int_equal(atomic_load(&set->pool.used), 0);
    for (size_t i = 0; i < BLOCK_CHAINS; i++)
        assert_null(set->table.chains[i]);
    block_table_done(&set->table);
}

static uint8_t *fixed(struct pool *pool, const char *text)
{
    size_t size = strlen(text);
    uint8_t *bytes = block_new(pool, size);
    assert_non_null(bytes);
    memcpy(bytes, text, size);
    return block_fix(pool, bytes);
}

static void equal_blocks_are_held_once(void **state)
{
    (void)state;
    struct set set;
    set_up(&set);
    uint8_t *a = fixed(&set.pool, "same"), *b = fixed(&set.pool, "same");
    uint8_t *other = fixed(&set.pool, "other"), *prefix = fixed(&set.pool, "sam");
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, other);
    assert_ptr_not_equal(a, prefix);
    assert_int_equal(atomic_load(&set.pool.used),
                     block_memory(4) + block_memory(5) + block_memory(3));
    block_free(&set.pool, a);
    assert_memory_equal(b, "same", 4);
    block_free(&set.pool, other);
    block_free(&set.pool, prefix);
    assert_int_equal(atomic_load(&set.pool.used), block_memory(4));
    block_free(&set.pool, b);
    block_free(&set.pool, NULL);
    tear_down(&set);
}

static void without_a_table_or_not_fixed_they_are_ones_own(void **state)
{
    (void)state;
    struct set set;
    set_up(&set);
    uint8_t *fresh = block_new(&set.pool, 100);
    assert_non_null(fresh);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(fresh[i], 0);
    block_free(&set.pool, fresh);
    tear_down(&set);
    pool_init(&set.pool, 0);
    uint8_t *a = fixed(&set.pool, "same"), *b = fixed(&set.pool, "same");
    assert_ptr_not_equal(a, b);
    block_free(&set.pool, a);
    block_free(&set.pool, b);
    assert_int_equal(atomic_load(&set.pool.used), 0);
}

static void no_room_is_no_block(void **state)
{
    (void)state;
    struct pool pool;
    pool_init(&pool, block_memory(10) - 1);
    assert_null(block_new(&pool, 10));
    assert_int_equal(atomic_load(&pool.used), 0);
}

enum { THREADS = 4, ROUNDS = 4000, DIFFERENT = 20 };

static void *come_and_go(void *set_)
{
    struct set *set = set_;
    struct random_stream random = {.state = (uintptr_t)&random};
    char text[32];
    uintptr_t wrong = 0;
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(text, sizeof text, "block %u", (unsigned)random_below(&random, DIFFERENT));
        size_t size = strlen(text);
        uint8_t *bytes = block_new(&set->pool, size);
        if (!bytes)
            continue;
        memcpy(bytes, text, size);
        bytes = block_fix(&set->pool, bytes);
        wrong += memcmp(bytes, text, size) != 0;
        block_free(&set->pool, bytes);
    }
    return (void *)wrong;
}

static void property_threads_share_them(void **state)
{
    (void)state;
    struct set set;
    pthread_t threads[THREADS];
    set_up(&set);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &set), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    tear_down(&set);
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_blocks_are_held_once),
        cmocka_unit_test(without_a_table_or_not_fixed_they_are_ones_own),
        cmocka_unit_test(no_room_is_no_block),
        cmocka_unit_test(property_threads_share_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
