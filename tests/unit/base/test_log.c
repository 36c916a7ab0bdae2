#include "base/log.h"

#include "base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct seen {
    unsigned lines, flushes;
    struct log_line last;
    char text[LOG_TEXT_MAX + 1];
};

static void see(void *context, const struct log_line *line)
{
    struct seen *seen = context;
    seen->lines++;
    seen->last = *line;
    memcpy(seen->text, line->text, line->len + 1);
}

static void see_flush(void *context)
{
    ((struct seen *)context)->flushes++;
}

static struct seen seen;

static int begin(void **state)
{
    (void)state;
    seen = (struct seen){0};
    log_set_sink(&(struct log_sink){see, see_flush, &seen});
    log_set_level(LOG_LEVEL_INFO);
    return 0;
}

static int end(void **state)
{
    (void)state;
    log_set_sink(NULL);
    return 0;
}

static void levels_below_the_lowest_are_dropped(void **state)
{
    (void)state;
    for (int lowest = 0; lowest < LOG_LEVELS; lowest++)
        for (int level = 0; level < LOG_LEVELS; level++) {
            unsigned before = seen.lines;
            log_set_level((enum log_level)lowest);
            log_write((enum log_level)level, "x");
            assert_int_equal(seen.lines - before, level >= lowest);
            assert_int_equal(log_enabled((enum log_level)level), level >= lowest);
        }
}

static void errors_flush(void **state)
{
    (void)state;
    log_write(LOG_LEVEL_WARNING, "a");
    assert_int_equal(seen.flushes, 0);
    log_write(LOG_LEVEL_ERROR, "b %d", 7);
    assert_int_equal(seen.flushes, 1);
    assert_string_equal(seen.text, "b 7");
    log_flush();
    assert_int_equal(seen.flushes, 2);
    log_set_sink(NULL);
    assert_int_equal(seen.flushes, 3);
}

static void nothing_raw_reaches_the_sink(void **state)
{
    static const struct {
        const char *given, *written;
    } rows[] = {
        {"plain, with \\ and \"", "plain, with \\ and \""},
        {"two\nlines\r", "two\\010lines\\013"},
        {"\033[31mred", "\\027[31mred"},
        {"\x7f\x01", "\\127\\001"},
        {"Link\xc3\xb6ping \xe2\x82\xac", "Link\xc3\xb6ping \xe2\x82\xac"},
        {"bad \xc3", "bad \\195"},
        {"C1 \xc2\x9b"
         "31m",
         "C1 \\194\\15531m"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        log_write(LOG_LEVEL_INFO, "%s", rows[i].given);
        assert_string_equal(seen.text, rows[i].written);
        assert_int_equal(seen.last.len, strlen(rows[i].written));
    }
}

static void long_texts_are_cut_between_characters(void **state)
{
    static const struct {
        const char *unit;
        size_t written;
    } rows[] = {{"a", 1}, {"\xc3\xb6", 2}, {"\xf0\x9f\x98\x80", 4}, {"\n", 4}, {"\xff", 4}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[3 * LOG_TEXT_MAX] = "";
        size_t step = strlen(rows[i].unit), len = 0;
        for (; len + step < sizeof text; len += step)
            memcpy(text + len, rows[i].unit, step);
        text[len] = 0;
        log_write(LOG_LEVEL_INFO, "%s", text);
        assert_true(seen.last.len <= LOG_TEXT_MAX && seen.last.len > LOG_TEXT_MAX - 10);
        assert_string_equal(seen.text + seen.last.len - 3, "...");
        assert_int_equal((seen.last.len - 3) % rows[i].written, 0);
    }
}

static void the_line_is_upstream_s(void **state)
{
    char out[LOG_LINE_MAX];
    struct log_line line = {LOG_LEVEL_INFO, 1700000000 * CLOCK_SECOND + 7999999, "starting up", 11};
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    size_t len = log_format_text(&line, false, out);
    static const char expected[] = "[2023-11-14 22:13:20.007] [visor] [info] starting up\n";
    assert_int_equal(len, sizeof expected - 1);
    assert_memory_equal(out, expected, len);
    line.level = LOG_LEVEL_ERROR;
    line.time = -1; // a clock that was never set
    len = log_format_text(&line, true, out);
    static const char coloured[] = "[1969-12-31 23:59:59.999] [visor] [\033[31m\033[1merror\033[m] "
                                   "starting up\n";
    assert_int_equal(len, sizeof coloured - 1);
    assert_memory_equal(out, coloured, len);
}

static void the_longest_line_has_room(void **state)
{
    static char text[LOG_TEXT_MAX + 1], out[LOG_LINE_MAX];
    (void)state;
    memset(text, 'x', LOG_TEXT_MAX);
    struct log_line line = {LOG_LEVEL_WARNING, INT64_MAX, text, LOG_TEXT_MAX};
    size_t len = log_format_text(&line, true, out);
    assert_true(len <= LOG_LINE_MAX);
    assert_memory_equal(out + len - 3, "xx\n", 3);
}

static void a_limit_lets_one_pass_each_interval(void **state)
{
    struct log_limit limit = LOG_LIMIT(10);
    uint64_t kept_back = 99;
    (void)state;
    assert_true(log_limit_pass(&limit, 1, &kept_back));
    assert_int_equal(kept_back, 0);
    for (int i = 0; i < 5; i++)
        assert_false(log_limit_pass(&limit, 10 * CLOCK_SECOND, &kept_back));
    assert_true(log_limit_pass(&limit, 10 * CLOCK_SECOND + 1, &kept_back));
    assert_int_equal(kept_back, 5);
    assert_false(log_limit_pass(&limit, 20 * CLOCK_SECOND, &kept_back));
    assert_true(log_limit_pass(&limit, 1000 * CLOCK_SECOND, &kept_back));
    assert_int_equal(kept_back, 1);
    assert_int_equal(limit.kept_back_ever, 6);
}

static void a_limited_line_says_what_was_kept_back(void **state)
{
    struct log_limit limit = LOG_LIMIT(3600);
    (void)state;
    for (int i = 0; i < 10; i++)
        log_write_limited(&limit, LOG_LEVEL_WARNING, "full");
    assert_int_equal(seen.lines, 1);
    assert_string_equal(seen.text, "full");
    limit.next = 0;
    log_write_limited(&limit, LOG_LEVEL_WARNING, "full");
    assert_string_equal(seen.text, "full (and 9 like it before)");
    log_write_limited(&limit, LOG_LEVEL_DEBUG, "unheard"); // below the level: not kept back either
    assert_int_equal(limit.kept_back, 0);
}

enum { THREADS = 4, EACH = 500 };

static void *write_many(void *context)
{
    for (int i = 0; i < EACH; i++) {
        log_write(LOG_LEVEL_INFO, "%d", i);
        log_write_limited(context, LOG_LEVEL_INFO, "limited");
    }
    return NULL;
}

static void threads_share_the_sink(void **state)
{
    struct log_limit limit = LOG_LIMIT(3600);
    pthread_t threads[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &limit), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(seen.lines, THREADS * EACH + 1);
    assert_int_equal(limit.kept_back, THREADS * EACH - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(levels_below_the_lowest_are_dropped, begin, end),
        cmocka_unit_test_setup_teardown(errors_flush, begin, end),
        cmocka_unit_test_setup_teardown(nothing_raw_reaches_the_sink, begin, end),
        cmocka_unit_test_setup_teardown(long_texts_are_cut_between_characters, begin, end),
        cmocka_unit_test_setup_teardown(the_line_is_upstream_s, begin, end),
        cmocka_unit_test_setup_teardown(the_longest_line_has_room, begin, end),
        cmocka_unit_test_setup_teardown(a_limit_lets_one_pass_each_interval, begin, end),
        cmocka_unit_test_setup_teardown(a_limited_line_says_what_was_kept_back, begin, end),
        cmocka_unit_test_setup_teardown(threads_share_the_sink, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
