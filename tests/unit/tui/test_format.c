#include "cmocka_tui.h"

#include "tui/format.h"
#include "tui/printable.h"

static void counts(void **state)
{
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = {{0, "0"},           {7, "7"},           {999, "999"},         {1000, "1,000"},
                 {1007, "1,007"},    {9999, "9,999"},    {10000, "10.0k"},     {12345, "12.3k"},
                 {99949, "99.9k"},   {99950, "100k"},    {999499, "999k"},     {999500, "1.00M"},
                 {1234567, "1.23M"}, {9994999, "9.99M"}, {UINT64_MAX, "18.4E"}};
    char text[FORMAT_ROOM];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        format_count(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void values(void **state)
{
    static const struct {
        double value;
        enum unit unit;
        const char *text;
    } cases[] = {{0, UNIT_NUMBER, "0"},
                 {975.6, UNIT_NUMBER, "976"},
                 {12345, UNIT_NUMBER, "12.3k"},
                 {351.2, UNIT_MICROSECONDS, "351 µs"},
                 {999.4, UNIT_MICROSECONDS, "999 µs"},
                 {999.6, UNIT_MICROSECONDS, "1.00 ms"},
                 {16345, UNIT_MICROSECONDS, "16.3 ms"},
                 {175593, UNIT_MICROSECONDS, "176 ms"},
                 {999600, UNIT_MICROSECONDS, "1.00 s"},
                 {4084238, UNIT_MICROSECONDS, "4.08 s"},
                 {98, UNIT_BYTES, "98 B"},
                 {1464, UNIT_BYTES, "1.46 kB"},
                 {25735168, UNIT_BYTES, "25.7 MB"},
                 {1.7, UNIT_RATIO, "1.70"},
                 {1700, UNIT_RATIO, "1,700"},
                 {2.345, UNIT_PERCENT, "2.35%"},
                 {230, UNIT_PERCENT, "230%"},
                 {-1, UNIT_NUMBER, "0"}};
    char text[FORMAT_ROOM];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        format_value(cases[i].value, cases[i].unit, false, text);
        assert_string_equal(text, cases[i].text);
    }
    format_value(351, UNIT_MICROSECONDS, true, text);
    assert_string_equal(text, "351 us");
}

static void shares(void **state)
{
    static const struct {
        double part, whole;
        const char *text;
    } cases[] = {{1, 1, "100%"},       {0, 5, "0%"},        {1, 0, ""},         {44, 100, "44%"},
                 {41, 1000, "4.1%"},   {995, 10000, "10%"}, {4, 10000, "<.1%"}, {5, 10000, "0.1%"},
                 {9990, 1000, "999%"}, {9996, 1000, "10x"}, {1e12, 1, "999x"}};
    char text[FORMAT_ROOM];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        format_share(cases[i].part, cases[i].whole, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void times(void **state)
{
    char text[FORMAT_ROOM];
    (void)state;
    format_age(-1, text);
    assert_string_equal(text, "0 s");
    format_age(99, text);
    assert_string_equal(text, "99 s");
    format_age(100, text);
    assert_string_equal(text, "1 min");
    format_age(7200, text);
    assert_string_equal(text, "2 h");
    format_age(864000, text);
    assert_string_equal(text, "10 d");
    format_clock(1795690245, text);
    assert_string_equal(text, "10:50:45");
    format_clock(-1, text);
    assert_string_equal(text, "23:59:59");
}

// Whatever the value, the width that the header promises holds.
static void property_widths_hold(void **state)
{
    char text[FORMAT_ROOM];
    (void)state;
    for (double value = 0.001; value < 1e25; value *= 1.0007) {
        for (int unit = UNIT_NUMBER; unit <= UNIT_PERCENT; unit++) {
            format_value(value, (enum unit)unit, unit % 2, text);
            assert_true(printable_width(text) <= FORMAT_VALUE_WIDTH);
        }
        format_share(value, 1e6, text);
        assert_true(printable_width(text) <= FORMAT_SHARE_WIDTH);
        format_count(value < 1.8e19 ? (uint64_t)value : UINT64_MAX, text);
        assert_true(printable_width(text) <= FORMAT_COUNT_WIDTH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(values),
        cmocka_unit_test(shares),
        cmocka_unit_test(times),
        cmocka_unit_test(property_widths_hold),
    };
    return cmocka_run_group_tests(tests, prepare_tui, NULL);
}
