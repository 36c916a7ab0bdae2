#include "cmocka_tui.h"

#include "tui/printable.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 14, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static const char *shown(const char *bytes, size_t length, bool ascii)
{
    const char *text = printable(span_of(bytes, length), ascii, &arena);
    assert_non_null(text);
    return text;
}

static void what_stays(void **state)
{
    static const char *const texts[] = {"",          "www.example.com", "a b", "\\255\\\\",
                                        "Linköping", "日本語.jp",       "😀",   "%s%n"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(shown(texts[i], strlen(texts[i]), false), texts[i]);
}

static void what_becomes_digits(void **state)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {{"\x1b[31m", "\\027[31m"},
                 {"a\nb\tc\r", "a\\010b\\009c\\013"},
                 {"\x7f", "\\127"},
                 {"\xc2\x9b", "\\194\\155"},          // C1: CSI
                 {"\xff\xfe", "\\255\\254"},          // no UTF-8
                 {"\xe2\x80\xae", "\\226\\128\\174"}, // right-to-left override
                 {"\xe2\x81\xa6", "\\226\\129\\166"}, // isolate
                 {"e\xcc\x81", "e\\204\\129"},        // combining acute
                 {"\xe2\x80\x8b", "\\226\\128\\139"}, // zero width space
                 {"\xd7\xa9", "\\215\\169"},          // Hebrew turns the line around
                 {"\xee\x80\x80", "\\238\\128\\128"}, // private use
                 {"\xf3\xa0\x80\x81", "\\243\\160\\128\\129"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(shown(cases[i].bytes, strlen(cases[i].bytes), false), cases[i].text);
    assert_string_equal(shown("a\0b", 3, false), "a\\000b");
}

static void ascii_alone(void **state)
{
    (void)state;
    assert_string_equal(shown("Link\xc3\xb6ping", 10, true), "Link\\195\\182ping");
}

static void widths(void **state)
{
    (void)state;
    assert_int_equal(printable_width("abc"), 3);
    assert_int_equal(printable_width("日本"), 4);
    assert_int_equal(printable_width(""), 0);
    const char *text = "a日\x1b";
    unsigned width;
    assert_int_equal(printable_next(&text, &width), 'a');
    assert_int_equal(width, 1);
    assert_int_equal(printable_next(&text, &width), 0x65e5);
    assert_int_equal(width, 2);
    // What never passed printable() is no character of the terminal either.
    assert_int_equal(printable_next(&text, &width), '?');
    assert_int_equal(width, 1);
    assert_int_equal(printable_next(&text, &width), 0);
}

static void long_ones_are_cut(void **state)
{
    static char bytes[3 * PRINTABLE_MAX];
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(strlen(shown(bytes, sizeof bytes, false)), PRINTABLE_MAX);
    memset(bytes, 1, sizeof bytes);
    const char *text = shown(bytes, sizeof bytes, false);
    assert_int_equal(strlen(text), PRINTABLE_MAX);
    assert_string_equal(text + PRINTABLE_MAX - 4, "\\001"); // no half of one
}

// Any two bytes behind any first ones: the result has characters of one or two columns alone.
static void property_nothing_raw(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1u << 24; i += 7) {
        uint8_t bytes[] = {(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 0x80};
        struct arena own;
        arena_init(&own, 256, 0);
        const char *text = printable(span_of(bytes, sizeof bytes), false, &own), *at = text;
        unsigned width, total = 0;
        uint32_t code;
        while ((code = printable_next(&at, &width))) {
            assert_true(code >= ' ' && code != 0x7f && !(code >= 0x80 && code < 0xa0));
            assert_true(width == 1 || width == 2);
            total += width;
        }
        assert_int_equal(total, printable_width(text));
        arena_done(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_becomes_digits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ascii_alone, set_up, tear_down),
        cmocka_unit_test(widths),
        cmocka_unit_test_setup_teardown(long_ones_are_cut, set_up, tear_down),
        cmocka_unit_test(property_nothing_raw),
    };
    return cmocka_run_group_tests(tests, prepare_tui, NULL);
}
