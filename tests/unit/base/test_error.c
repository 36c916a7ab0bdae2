#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void set_fills_code_and_text(void **state)
{
    (void)state;
    struct error err = {0};
    assert_false(error_set(&err, ERROR_FORMAT, "%s: byte %d", "x.pcap", 24));
    assert_int_equal(err.code, ERROR_FORMAT);
    assert_string_equal(err.text, "x.pcap: byte 24");
}

static void nobody_need_listen(void **state)
{
    (void)state;
    assert_false(error_set(NULL, ERROR_IO, "%d", 1));
    error_prefix(NULL, "%d", 1);
}

static void prefixes_stand_before_each_other(void **state)
{
    (void)state;
    struct error err = {0};
    error_set(&err, ERROR_INVALID, "out of range");
    error_prefix(&err, "%s", "topn_count");
    error_prefix(&err, "modules.%s", "d1");
    assert_int_equal(err.code, ERROR_INVALID);
    assert_string_equal(err.text, "modules.d1: topn_count: out of range");
}

static void long_texts_are_cut_within_bounds(void **state)
{
    (void)state;
    struct error err = {0};
    error_set(&err, ERROR_INVALID, "%2000d", 1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    error_prefix(&err, "path");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_int_equal(strncmp(err.text, "path:  ", 7), 0);
    error_prefix(&err, "%2000d", 2);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_code_and_text),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(prefixes_stand_before_each_other),
        cmocka_unit_test(long_texts_are_cut_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
