// The system's clock is set while traffic is captured: periods follow it, and nothing is lost.
#include "specs.h"

#include "base/clock.h"
#include "engine/engine.h"

#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RATE = 2000, WORKERS = 2, PATIENCE_MS = 30000 };
#define HOUR (3600 * CLOCK_SECOND)

static atomic_int_fast64_t set_by; // ns, by which the clock differs from the system's
static atomic_uint warnings;

// In place of the C library's.
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME && result == 0) {
        int64_t time = now->tv_sec * CLOCK_SECOND + now->tv_nsec + atomic_load(&set_by);
        *now = (struct timespec){.tv_sec = time / CLOCK_SECOND, .tv_nsec = time % CLOCK_SECOND};
    }
    return result;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

static void count_warning(void *context, const char *text)
{
    (void)context;
    assert_non_null(strstr(text, "clock was set back"));
    atomic_fetch_add(&warnings, 1);
}

struct rig {
    struct pool pool;
    struct handler_env env;
    struct engine *engine;
    struct input_config config;
    struct input *input;
    struct policy_spec *spec;
    struct pipeline *pipeline;
};

static void set_up(struct rig *rig)
{
    struct engine_options options = {
        .workers = WORKERS, .period_seconds = 1, .warn = count_warning};
    struct wanted wanted[] = {{"net", "1.0", false, NULL}};
    bool created;
    atomic_store(&set_by, 0);
    atomic_store(&warnings, 0);
    *rig = (struct rig){.config = {.name = (char *)(uintptr_t) "mock-1",
                                   .kind = INPUT_PCAP,
                                   .backend = LIVE_MOCK,
                                   .mock = {.seed = 1, .rate = RATE}}};
    pool_init(&rig->pool, 0);
    host_spec_init(&rig->config.hosts);
    assert_true(host_spec_parse(&rig->config.hosts, MOCK_HOST_SPEC, NULL));
    assert_non_null(rig->engine = engine_new(&options, NULL));
    assert_non_null(rig->input = engine_open(rig->engine, &rig->config, &created, NULL));
    rig->env = (struct handler_env){.pool = &rig->pool, .workers = input_workers(rig->input)};
    spec_build(&rig->spec, wanted, 1, METRIC_PERIODS_MAX);
    rig->spec->chains[0].handlers[0].settings.recorded = false;
    assert_non_null(rig->pipeline = pipeline_new_live(rig->spec, &rig->env, NULL));
    assert_true(input_attach(rig->input, rig->pipeline, NULL));
}

static void tear_down(struct rig *rig)
{
    input_detach(rig->input, rig->pipeline);
    pipeline_free(rig->pipeline);
    policy_spec_free(rig->spec);
    engine_close(rig->input);
    engine_free(rig->engine);
    host_spec_done(&rig->config.hosts);
}

static uint64_t events_of(const struct metric_bucket *bucket)
{
    int row = metric_row_find(bucket->table, 0, "events");
    assert_true(row >= 0);
    return bucket->root->cells[row].count;
}

static uint64_t total(struct rig *rig)
{
    struct metric_totals *totals = pipeline_totals(rig->pipeline, 0);
    assert_non_null(totals);
    uint64_t count = events_of(metric_totals_bucket(totals));
    metric_totals_free(totals);
    return count;
}

// Until so many more periods are closed. Counters of the start never fall meanwhile.
static void wait_for_periods(struct rig *rig, uint64_t more)
{
    uint64_t wanted = pipeline_version(rig->pipeline) + more, before = total(rig);
    for (int waited = 0; pipeline_version(rig->pipeline) < wanted; waited += 20) {
        struct timespec span = {.tv_nsec = 20000000};
        assert_true(waited < PATIENCE_MS);
        nanosleep(&span, NULL);
        uint64_t now = total(rig);
        assert_true(now >= before);
        before = now;
    }
}

static void check_newest_is_of_now(struct rig *rig)
{
    struct metric_bucket *newest = pipeline_collect_newest(rig->pipeline, 0, NULL);
    assert_non_null(newest);
    assert_true(newest->start <= now_ns());
    assert_true(newest->start > now_ns() - HOUR / 2);
    // Not the time that the clock has jumped: only periods that wait for the keeper become one.
    assert_true(newest->length < HOUR / 2 / CLOCK_SECOND);
    metric_bucket_free(newest);
}

static void check_nothing_is_lost(struct rig *rig)
{
    struct metric_request all = {.window = METRIC_PERIODS_MAX};
    input_detach(rig->input, rig->pipeline);
    struct metric_bucket *bucket = pipeline_collect(rig->pipeline, 0, all, NULL);
    assert_non_null(bucket);
    assert_true(events_of(bucket) > 0);
    assert_int_equal(events_of(bucket), pipeline_usage(rig->pipeline).packets);
    assert_int_equal(total(rig), events_of(bucket));
    metric_bucket_free(bucket);
    assert_true(input_attach(rig->input, rig->pipeline, NULL));
}

static void property_periods_follow_a_clock_that_is_set_back(void **state)
{
    (void)state;
    struct rig rig;
    set_up(&rig);
    wait_for_periods(&rig, 2);
    assert_int_equal(atomic_load(&warnings), 0);
    atomic_store(&set_by, -HOUR);
    wait_for_periods(&rig, 3);
    assert_true(atomic_load(&warnings) >= 1);
    check_newest_is_of_now(&rig);
    check_nothing_is_lost(&rig);
    tear_down(&rig);
}

static void property_periods_follow_a_clock_that_is_set_forward(void **state)
{
    (void)state;
    struct rig rig;
    set_up(&rig);
    wait_for_periods(&rig, 1);
    atomic_store(&set_by, HOUR);
    wait_for_periods(&rig, 3);
    check_newest_is_of_now(&rig);
    check_nothing_is_lost(&rig);
    assert_int_equal(atomic_load(&warnings), 0);
    tear_down(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(property_periods_follow_a_clock_that_is_set_back),
        cmocka_unit_test(property_periods_follow_a_clock_that_is_set_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
