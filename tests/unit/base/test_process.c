// What a process costs: the texts of /proc, the meter of a thread's CPU, and this process itself.
#include "base/process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static const char sound[] = "4711 (pktvisord) S 1 4711 4711 0 -1 4194560 1013 0 3 0 25 17 0 0 20 0 "
                            "6 0 123456 74567680 3021 18446744073709551615 1 1 0 0 0 0 0\n";

static void a_stat_line(void **state)
{
    (void)state;
    struct process_stat stat;
    assert_true(process_parse_stat(span_text(sound), &stat));
    assert_int_equal(stat.threads, 6);
    assert_int_equal(stat.start_ticks, 123456);
    assert_int_equal(stat.virtual_bytes, 74567680);
}

// A process may call itself anything.
static void commands_that_look_like_fields(void **state)
{
    (void)state;
    static const char *const commands[] = {"", ")", "a) S 1 2 3", "( (", "two words", "new\nline"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char text[512];
        struct process_stat stat;
        snprintf(text, sizeof text, "1 (%s)%s", commands[i], strrchr(sound, ')') + 1);
        assert_true(process_parse_stat(span_text(text), &stat));
        assert_int_equal(stat.threads, 6);
    }
}

// Cut anywhere it is either refused or says what the whole line says.
static void cut_stat_lines(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(sound); len++) {
        struct process_stat stat = {7, 7, 7};
        if (process_parse_stat(span_of(sound, len), &stat))
            assert_int_equal(stat.threads, 6);
        else
            assert_true(stat.threads == 7 && stat.start_ticks == 7 && stat.virtual_bytes == 7);
    }
}

static void texts_of_another_form(void **state)
{
    (void)state;
    static const char *const stats[] = {
        "1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 -5 0 17 18 19",
        "1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 5 0 17x 18 19",
        "1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 5 0 99999999999999999999 18 19",
        "no parentheses at all",
        ")",
        "",
    };
    struct process_stat stat;
    for (size_t i = 0; i < sizeof stats / sizeof *stats; i++)
        assert_false(process_parse_stat(span_text(stats[i]), &stat));
    uint64_t pages = 3;
    static const char *const statms[] = {"", "12", "12 ", "12 x 3", "12 -1 3"};
    for (size_t i = 0; i < sizeof statms / sizeof *statms; i++)
        assert_false(process_parse_statm(span_text(statms[i]), &pages));
    assert_int_equal(pages, 3);
    assert_true(process_parse_statm(span_text("18205 3021 2500 1 0 4000 0\n"), &pages));
    assert_int_equal(pages, 3021);
    assert_true(process_parse_statm(span_text("1 18446744073709551615"), &pages));
    assert_true(pages == UINT64_MAX);
    assert_false(process_parse_statm(span_text("1 18446744073709551616"), &pages));
}

static void a_meter_measures_between_samples(void **state)
{
    (void)state;
    struct cpu_meter meter = {0};
    double percent = -1;
    // Not since the thread began: the first call only looks.
    assert_false(cpu_meter_sample(&meter, 5000 * SECOND, 100 * SECOND, SECOND, &percent));
    assert_false(cpu_meter_sample(&meter, 5000 * SECOND + 1, 101 * SECOND, SECOND, &percent));
    assert_true(percent == -1);
    assert_true(
        cpu_meter_sample(&meter, 5001 * SECOND, 100 * SECOND + SECOND / 2, SECOND, &percent));
    assert_true(percent == 50);
    assert_true(
        cpu_meter_sample(&meter, 5003 * SECOND, 100 * SECOND + SECOND / 2, SECOND, &percent));
    assert_true(percent == 0);
    assert_false(cpu_meter_sample(&meter, 5004 * SECOND - 1, 101 * SECOND, SECOND, &percent));
    assert_true(
        cpu_meter_sample(&meter, 5007 * SECOND, 104 * SECOND + SECOND / 2, SECOND, &percent));
    assert_true(percent == 100);
}

static void a_meter_survives_steps(void **state)
{
    (void)state;
    struct cpu_meter meter = {0};
    double percent = -1;
    assert_false(cpu_meter_sample(&meter, 10 * SECOND, 5 * SECOND, SECOND, &percent));
    assert_false(cpu_meter_sample(&meter, 3 * SECOND, 6 * SECOND, SECOND, &percent));
    assert_false(cpu_meter_sample(&meter, 30 * SECOND, 1 * SECOND, SECOND, &percent));
    assert_true(percent == -1);
    assert_true(cpu_meter_sample(&meter, 32 * SECOND, 2 * SECOND, SECOND, &percent));
    assert_true(percent == 50);
    // No division by nothing, whatever the period.
    assert_false(cpu_meter_sample(&meter, 32 * SECOND, 3 * SECOND, 0, &percent));
    assert_true(percent == 50);
}

static void this_process(void **state)
{
    (void)state;
    struct process_usage before, after;
    process_usage_read(&before);
    assert_true(before.cpu_ns != PROCESS_UNKNOWN && before.cpu_ns > 0);
    assert_in_range(before.resident_bytes, 1 << 18, UINT64_C(1) << 40);
    assert_true(before.virtual_bytes != PROCESS_UNKNOWN &&
                before.virtual_bytes >= before.resident_bytes);
    assert_in_range(before.threads, 1, 10); // sanitizers have some of their own
    assert_true(before.max_fds >= before.open_fds);
    assert_true(before.start_time_s > 1e9 && before.start_time_s <= (double)time(NULL) + 1);
    int more[2];
    assert_int_equal(pipe(more), 0);
    process_usage_read(&after);
    assert_int_equal(after.open_fds, before.open_fds + 2);
    assert_true(after.start_time_s == before.start_time_s);
    assert_true(after.cpu_ns >= before.cpu_ns);
    close(more[0]);
    close(more[1]);
}

static void this_thread(void **state)
{
    (void)state;
    uint64_t before = process_thread_cpu_ns(), now;
    assert_true(before != PROCESS_UNKNOWN);
    do
        now = process_thread_cpu_ns();
    while (now < before + 1000000);
    assert_true(now != PROCESS_UNKNOWN);
    assert_true(process_resident_bytes() != PROCESS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stat_line),
        cmocka_unit_test(commands_that_look_like_fields),
        cmocka_unit_test(cut_stat_lines),
        cmocka_unit_test(texts_of_another_form),
        cmocka_unit_test(a_meter_measures_between_samples),
        cmocka_unit_test(a_meter_survives_steps),
        cmocka_unit_test(this_process),
        cmocka_unit_test(this_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
