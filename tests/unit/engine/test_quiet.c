// The input type mock, upstream's for tests: no packets, but events that handlers pass over, and
// samples of what the input costs.
#include "specs.h"

#include "engine/engine.h"

#include <time.h>

struct set {
    struct pool pool;
    struct handler_env env;
    struct engine *engine;
    struct input *input;
};

static struct input *open_mock(struct set *set, const char *name, json_t *config, struct error *err)
{
    bool created;
    struct input_config wanted = {
        .name = (char *)(uintptr_t)name, .kind = INPUT_MOCK, .config = config};
    host_spec_init(&wanted.hosts);
    struct input *input = engine_open(set->engine, &wanted, &created, err);
    host_spec_done(&wanted.hosts);
    return input;
}

static void set_up(struct set *set)
{
    *set = (struct set){0};
    pool_init(&set->pool, 0);
    struct engine_options options = {.workers = 2, .period_seconds = 60};
    assert_non_null(set->engine = engine_new(&options, NULL));
    if (!(set->input = open_mock(set, "mock-1", NULL, NULL)))
        engine_free(set->engine);
    assert_non_null(set->input);
    set->env = (struct handler_env){.pool = &set->pool, .workers = input_workers(set->input)};
}

static void tear_down(struct set *set)
{
    engine_close(set->input);
    engine_free(set->engine);
}

static bool shows(struct pipeline *pipeline, size_t handler, const char *path, json_int_t low,
                  json_int_t high)
{
    struct metric_request window = {.window = METRIC_PERIODS_MAX};
    struct metric_bucket *bucket = pipeline_collect(pipeline, handler, window, NULL);
    json_int_t count = bucket ? bucket_count(bucket, path) : -1;
    metric_bucket_free(bucket);
    return count >= low && count <= high;
}

static void pause_ms(long ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&span, NULL);
}

static bool becomes(struct pipeline *pipeline, size_t handler, const char *path, json_int_t low)
{
    bool shown = false;
    for (unsigned i = 0; i < 1200 && !shown; i++) {
        pause_ms(25);
        shown = shows(pipeline, handler, path, low, INT32_MAX);
    }
    return shown;
}

static void samples_without_packets(void **state)
{
    (void)state;
    struct set set;
    set_up(&set);
    struct policy_spec *spec = NULL;
    struct wanted wanted[] = {{"net", "1.0", false, NULL},
                              {"dns", "2.0", false, NULL},
                              {"input_resources", "1.0", false, NULL}};
    spec_build(&spec, wanted, 3, METRIC_PERIODS_MAX);
    for (size_t i = 0; i < 3; i++)
        spec->chains[i].handlers[0].settings.recorded = false;
    struct pipeline *pipeline = pipeline_new_live(spec, &set.env, NULL);
    bool fine = pipeline && input_attach(set.input, pipeline, NULL);
    if (fine) {
        // A first sample may come before the memory was measured.
        fine = becomes(pipeline, 2, "total", 1) && becomes(pipeline, 2, "policy_count", 1) &&
               becomes(pipeline, 2, "handler_count", 3) &&
               becomes(pipeline, 2, "memory_bytes.p50", 1 << 18) &&
               shows(pipeline, 2, "policy_count", 1, 1) &&
               shows(pipeline, 2, "handler_count", 3, 3) && shows(pipeline, 0, "events", 0, 0) &&
               shows(pipeline, 1, "observed_packets", 0, 0);
        input_detach(set.input, pipeline);
    }
    pipeline_free(pipeline);
    policy_spec_free(spec);
    tear_down(&set);
    assert_true(fine);
}

static void an_input_that_is_to_fail(void **state)
{
    (void)state;
    struct set set;
    struct error err = {0};
    set_up(&set);
    json_t *config = json_pack("{s:b}", "except_on_start", 0);
    struct input *input = open_mock(&set, "mock-2", config, &err);
    json_decref(config);
    tear_down(&set);
    assert_null(input);
    assert_string_equal(err.text, "mock error on start");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_without_packets),
        cmocka_unit_test(an_input_that_is_to_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
