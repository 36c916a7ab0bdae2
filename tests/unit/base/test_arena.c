#include "base/arena.h"
#include "base/memory.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK = 1024 };

static void *arena_alloc_filled(struct arena *arena, size_t size, int byte)
{
    void *ptr = arena_alloc(arena, size);
    assert_non_null(ptr);
    assert_int_equal((uintptr_t)ptr % 16, 0);
    memset(ptr, byte, size);
    return ptr;
}

static void allocations_are_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    enum { COUNT = 200 };
    unsigned char *ptr[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        ptr[i] = arena_alloc(&arena, i + 1);
        if (!ptr[i])
            break;
        memset(ptr[i], (int)i, i + 1);
    }
    for (size_t i = 0; i < COUNT && ptr[i]; i++) {
        assert_int_equal((uintptr_t)ptr[i] % 16, 0);
        for (size_t at = 0; at <= i; at++)
            assert_int_equal(ptr[i][at], i);
    }
    arena_done(&arena);
}

static void an_empty_request_is_not_a_failure(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    void *ptr = arena_alloc(&arena, 0);
    arena_done(&arena);
    assert_non_null(ptr);
}

static void a_size_near_the_end_of_numbers_is_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 15));
    assert_null(arena_alloc(&arena, SIZE_MAX / 2 + 1));
    assert_int_equal(arena.used, 0);
    arena_done(&arena);
}

static void the_limit_counts_whole_blocks_and_is_filled_to_the_end(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, BLOCK + 160);
    arena_alloc_filled(&arena, BLOCK, 1);
    assert_int_equal(arena.used, BLOCK);
    // No room for a whole block, but for what is asked.
    arena_alloc_filled(&arena, 160, 2);
    assert_int_equal(arena.used, BLOCK + 160);
    assert_null(arena_alloc(&arena, 1));
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 1));
    arena_done(&arena);
}

static void a_large_request_leaves_the_current_block_in_use(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    arena_alloc_filled(&arena, 16, 1);
    arena_alloc_filled(&arena, 10 * BLOCK, 2);
    size_t used = arena.used;
    arena_alloc_filled(&arena, BLOCK - 16, 3);
    assert_int_equal(arena.used, used);
    arena_done(&arena);
}

// A batch after a batch with the same requests, of every size, takes nothing from the heap.
static void a_steady_state_allocates_nothing(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    uint64_t after_first = 0;
    for (int batch = 0; batch < 20; batch++) {
        struct random_stream stream = {.state = 7};
        for (int i = 0; i < 500; i++) {
            uint64_t greatest = i % 50 == 0 ? 5 * BLOCK : 300;
            if (!arena_alloc(&arena, random_below(&stream, greatest)))
                break;
        }
        if (batch == 0)
            after_first = mem_allocations();
        arena_reset(&arena);
    }
    uint64_t later = mem_allocations() - after_first;
    arena_done(&arena);
    assert_int_equal(later, 0);
}

static void a_refused_block_leaves_the_arena_usable(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    arena_alloc_filled(&arena, BLOCK, 1);
    mem_fail_at(1);
    assert_null(arena_alloc(&arena, 1));
    assert_non_null(arena_alloc(&arena, 1));
    arena_done(&arena);
}

static void done_may_be_called_again(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, BLOCK, 0);
    arena_alloc_filled(&arena, 1, 1);
    arena_done(&arena);
    assert_int_equal(arena.used, 0);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_apart),
        cmocka_unit_test(an_empty_request_is_not_a_failure),
        cmocka_unit_test(a_size_near_the_end_of_numbers_is_refused),
        cmocka_unit_test(the_limit_counts_whole_blocks_and_is_filled_to_the_end),
        cmocka_unit_test(a_large_request_leaves_the_current_block_in_use),
        cmocka_unit_test(a_steady_state_allocates_nothing),
        cmocka_unit_test(a_refused_block_leaves_the_arena_usable),
        cmocka_unit_test(done_may_be_called_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
