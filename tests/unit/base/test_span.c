#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void equality_is_of_bytes(void **state)
{
    (void)state;
    assert_true(span_equal(span_text("abc"), span_of("abcd", 3)));
    assert_false(span_equal(span_text("abc"), span_text("abd")));
    assert_false(span_equal(span_text("abc"), span_text("ab")));
    assert_true(span_equal(span_of("a\0b", 3), span_of("a\0b", 3)));
    assert_false(span_equal(span_of("a\0b", 3), span_of("a\0c", 3)));
    assert_true(span_equal(span_of(NULL, 0), span_text("")));
}

static void order_is_bytewise_with_prefixes_first(void **state)
{
    (void)state;
    const struct span ordered[] = {span_of(NULL, 0), span_of("\0", 1), span_text("A"),
                                   span_text("a"),   span_text("aa"),  span_text("ab"),
                                   span_text("b"),   span_text("\x80")};
    const int count = sizeof ordered / sizeof *ordered;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            int order = span_compare(ordered[i], ordered[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_of_bytes),
        cmocka_unit_test(order_is_bytewise_with_prefixes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
