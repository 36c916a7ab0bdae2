#include "base/buffer.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void adds_follow_each_other(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    buffer_add_text(&buffer, "ab");
    buffer_add_char(&buffer, 'c');
    buffer_add(&buffer, "\0d", 2);
    buffer_add_u64(&buffer, 0);
    buffer_add_u64(&buffer, UINT64_MAX);
    buffer_printf(&buffer, "%s=%d", "x", -1);
    buffer_add(&buffer, NULL, 0);
    assert_false(buffer.failed);
    struct span expected = span_of("abc\0d018446744073709551615x=-1", 30);
    assert_true(span_equal(buffer_span(&buffer), expected));
    buffer_done(&buffer);
}

static void text_ends_with_a_zero(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    assert_string_equal(buffer_text(&buffer), "");
    buffer_add_text(&buffer, "abc");
    assert_string_equal(buffer_text(&buffer), "abc");
    buffer_add_text(&buffer, "def");
    assert_string_equal(buffer_text(&buffer), "abcdef");
    buffer_done(&buffer);
}

// Formatting fits into the room at hand, or has to grow: at every length around a growth.
static void printf_is_exact_at_every_length(void **state)
{
    (void)state;
    for (int len = 0; len < 600; len++) {
        struct buffer buffer;
        buffer_init(&buffer, 10000);
        buffer_add_char(&buffer, '<');
        buffer_printf(&buffer, "%*d", len, 7);
        buffer_add_char(&buffer, '>');
        assert_int_equal(buffer.len, (len ? len : 1) + 2);
        assert_int_equal(buffer.data[buffer.len - 2], '7');
        assert_int_equal(buffer.data[buffer.len - 1], '>');
        buffer_done(&buffer);
    }
}

static void the_maximum_can_be_filled_but_not_passed(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_add_text(&buffer, "0123456789");
    assert_false(buffer.failed);
    assert_string_equal(buffer_text(&buffer), "0123456789");
    buffer_printf(&buffer, "%d", 1);
    assert_true(buffer.failed);
    assert_int_equal(buffer.len, 10);
    buffer_done(&buffer);
}

static void the_first_failure_sticks_until_clear(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_add_text(&buffer, "abc");
    buffer_add_text(&buffer, "too long by far");
    assert_true(buffer.failed);
    buffer_add_text(&buffer, "d");
    buffer_add_char(&buffer, 'd');
    buffer_add_u64(&buffer, 1);
    buffer_printf(&buffer, "%d", 1);
    assert_int_equal(buffer.len, 3);
    assert_string_equal(buffer_text(&buffer), "");
    buffer_clear(&buffer);
    buffer_add_text(&buffer, "new");
    assert_string_equal(buffer_text(&buffer), "new");
    buffer_done(&buffer);
}

static void no_memory_is_a_failure_and_loses_nothing(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    buffer_add_text(&buffer, "abc");
    assert_false(buffer.failed);
    mem_fail_at(1);
    for (int i = 0; i < 1000; i++)
        buffer_add_text(&buffer, "0123456789");
    assert_true(buffer.failed);
    assert_true(span_equal(span_of(buffer.data, 3), span_text("abc")));
    buffer_done(&buffer);
    assert_int_equal(buffer.max, 100000);
}

static void a_boundless_maximum_is_cut(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX);
    buffer_add(&buffer, "", SIZE_MAX);
    assert_true(buffer.failed);
    buffer_clear(&buffer);
    buffer_add(&buffer, "", SIZE_MAX / 2);
    assert_true(buffer.failed);
    buffer_done(&buffer);
}

static void clear_keeps_the_memory(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    buffer_printf(&buffer, "%5000d", 1);
    uint64_t before = mem_allocations();
    buffer_clear(&buffer);
    buffer_printf(&buffer, "%5000d", 1);
    assert_int_equal(mem_allocations(), before);
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_follow_each_other),
        cmocka_unit_test(text_ends_with_a_zero),
        cmocka_unit_test(printf_is_exact_at_every_length),
        cmocka_unit_test(the_maximum_can_be_filled_but_not_passed),
        cmocka_unit_test(the_first_failure_sticks_until_clear),
        cmocka_unit_test(no_memory_is_a_failure_and_loses_nothing),
        cmocka_unit_test(a_boundless_maximum_is_cut),
        cmocka_unit_test(clear_keeps_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
