// input_type mock: one event a second, whatever the clock does.
#include "input/mock_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

struct bench {
    struct wire_counters counters;
    struct batch batch;
    struct mock_events mock;
};

static void begin(struct bench *bench)
{
    *bench = (struct bench){0};
    assert_true(batch_init(&bench->batch, &bench->counters));
    assert_true(mock_events_start(&bench->mock, NULL, 100 * SECOND, NULL));
}

static unsigned events_at(struct bench *bench, int64_t now)
{
    unsigned events = 0;
    batch_reset(&bench->batch);
    while (mock_events_fill(&bench->mock, now, &bench->batch))
        events++;
    assert_int_equal(bench->batch.n_events, events);
    for (unsigned i = 0; i < events; i++) {
        assert_int_equal(bench->batch.events[i].kind, EVENT_MOCK);
        assert_null(bench->batch.events[i].packet);
    }
    return events;
}

static void one_event_a_second(void **state)
{
    (void)state;
    struct bench bench;
    begin(&bench);
    unsigned events = 0;
    for (int64_t now = 100 * SECOND; now <= 160 * SECOND; now += SECOND / 7)
        events += events_at(&bench, now);
    assert_int_equal(events, 59); // the calls do not meet second 160
    batch_done(&bench.batch);
}

static void a_late_call_brings_one(void **state)
{
    (void)state;
    struct bench bench;
    begin(&bench);
    assert_int_equal(events_at(&bench, 100 * SECOND), 0);
    assert_int_equal(events_at(&bench, 1000 * SECOND), 1);
    assert_int_equal(events_at(&bench, 1001 * SECOND - 1), 0);
    assert_int_equal(events_at(&bench, 1001 * SECOND), 1);
    batch_done(&bench.batch);
}

static void a_clock_that_steps_back(void **state)
{
    (void)state;
    struct bench bench;
    begin(&bench);
    assert_int_equal(events_at(&bench, 5 * SECOND), 0);
    assert_int_equal(events_at(&bench, 6 * SECOND), 1);
    batch_done(&bench.batch);
}

static void a_full_batch(void **state)
{
    (void)state;
    struct bench bench;
    begin(&bench);
    bench.batch.n_events = BATCH_EVENTS;
    assert_false(mock_events_fill(&bench.mock, 101 * SECOND, &bench.batch));
    batch_reset(&bench.batch);
    assert_true(mock_events_fill(&bench.mock, 101 * SECOND, &bench.batch));
    batch_done(&bench.batch);
}

static void configurations(void **state)
{
    (void)state;
    struct mock_events mock;
    struct error err = {0};
    json_t *any = json_pack("{s:i, s:[s]}", "whatever", 1, "sample", "text");
    assert_true(mock_events_start(&mock, any, 0, &err));
    json_decref(any);
    json_t *fails = json_pack("{s:b}", "except_on_start", 0);
    assert_non_null(fails);
    assert_false(mock_events_start(&mock, fails, 0, &err));
    assert_string_equal(err.text, "mock error on start");
    json_decref(fails);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_event_a_second),      cmocka_unit_test(a_late_call_brings_one),
        cmocka_unit_test(a_clock_that_steps_back), cmocka_unit_test(a_full_batch),
        cmocka_unit_test(configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
