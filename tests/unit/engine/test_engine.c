// Live traffic, made up by the source mock: every packet is counted once, whatever changes.
#include "specs.h"

#include "engine/engine.h"

#include <time.h>

enum { RATE = 20000, PATIENCE_MS = 30000 };

static void pause_ms(long ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&span, NULL);
}

struct set {
    struct pool pool;
    struct handler_env env;
    struct engine *engine;
    struct input_config config;
    struct input *input;
};

static void set_up(struct set *set, unsigned workers)
{
    struct engine_options options = {.workers = workers, .period_seconds = 1};
    bool created;
    *set = (struct set){.config = {.name = (char *)(uintptr_t) "mock-1",
                                   .kind = INPUT_PCAP,
                                   .backend = LIVE_MOCK,
                                   .mock = {.seed = 1, .rate = RATE}}};
    pool_init(&set->pool, 0);
    assert_non_null(set->engine = engine_new(&options, NULL));
    host_spec_init(&set->config.hosts);
    assert_true(host_spec_parse(&set->config.hosts, MOCK_HOST_SPEC, NULL));
    set->input = engine_open(set->engine, &set->config, &created, NULL);
    assert_non_null(set->input);
    assert_true(created);
    set->env = (struct handler_env){.pool = &set->pool, .workers = input_workers(set->input)};
    assert_int_equal(set->env.workers, workers);
}

static void tear_down(struct set *set)
{
    engine_close(set->input);
    engine_free(set->engine);
    host_spec_done(&set->config.hosts);
}

static uint64_t events_of(const struct metric_bucket *bucket)
{
    int row = metric_row_find(bucket->table, 0, "events");
    assert_true(row >= 0);
    return bucket->root->cells[row].count;
}

// All packets that a pipeline's first handler (net 1.0) has counted, in the period under way and
// all before it, however many there are by now.
static uint64_t packets_counted(struct pipeline *pipeline)
{
    struct metric_totals *totals = pipeline_totals(pipeline, 0);
    assert_non_null(totals);
    uint64_t count = events_of(metric_totals_bucket(totals));
    metric_totals_free(totals);
    return count;
}

// The same by periods, while those that are kept are all of them.
static void check_periods(struct pipeline *pipeline)
{
    struct metric_request all = {.window = METRIC_PERIODS_MAX};
    if (pipeline_version(pipeline) >= METRIC_PERIODS_MAX)
        return;
    struct metric_bucket *bucket = pipeline_collect(pipeline, 0, all, NULL);
    assert_non_null(bucket);
    assert_int_equal(events_of(bucket), packets_counted(pipeline));
    metric_bucket_free(bucket);
}

static struct policy_spec *net_spec(void)
{
    struct policy_spec *spec = NULL;
    struct wanted wanted[] = {{"net", "1.0", false, NULL}};
    spec_build(&spec, wanted, 1, METRIC_PERIODS_MAX);
    spec->chains[0].handlers[0].settings.recorded = false;
    return spec;
}

static void check_sums(unsigned workers)
{
    struct set set;
    set_up(&set, workers);
    struct policy_spec *spec = net_spec();
    struct pipeline *pipeline = pipeline_new_live(spec, &set.env, NULL);
    assert_non_null(pipeline);
    struct input_status after;
    assert_true(input_attach(set.input, pipeline, NULL));
    for (int waited = 0; pipeline_version(pipeline) < 2 || packets_counted(pipeline) < RATE;
         waited += 20) {
        assert_true(waited < PATIENCE_MS);
        pause_ms(20);
    }
    input_detach(set.input, pipeline);
    input_status(set.input, &after);
    uint64_t count = packets_counted(pipeline);
    check_periods(pipeline);
    assert_true(count <= after.matched);
    assert_true(pipeline_usage(pipeline).packets == count);
    assert_true(pipeline_usage(pipeline).ns > 0);
    pipeline_free(pipeline);
    policy_spec_free(spec);
    tear_down(&set);
}

static void property_one_worker_counts_all(void **state)
{
    (void)state;
    check_sums(1);
}

static void property_two_workers_count_all(void **state)
{
    (void)state;
    check_sums(2);
}

// A bystander misses nothing and counts nothing twice while others come and go and are read.
static void property_others_come_and_go(void **state)
{
    enum { ROUNDS = 50 };
    (void)state;
    struct set set;
    set_up(&set, 2);
    struct policy_spec *spec = net_spec();
    struct pipeline *first = pipeline_new_live(spec, &set.env, NULL);
    struct pipeline *other = pipeline_new_live(spec, &set.env, NULL);
    assert_non_null(first);
    assert_non_null(other);
    assert_true(input_attach(set.input, first, NULL));
    for (int i = 0; i < ROUNDS; i++) {
        struct pipeline *fresh = pipeline_new_live(spec, &set.env, NULL);
        assert_non_null(fresh);
        assert_true(i > 0 || input_attach(set.input, other, NULL));
        uint64_t before = packets_counted(first);
        for (int waited = 0; waited < 10 || packets_counted(first) == before; waited += 10) {
            assert_true(waited < PATIENCE_MS);
            pause_ms(10);
        }
        assert_true(input_exchange(set.input, other, fresh, NULL));
        pipeline_free(other);
        other = fresh;
    }
    input_detach(set.input, other);
    input_detach(set.input, first);
    assert_int_equal(packets_counted(first), pipeline_usage(first).packets);
    check_periods(first);
    pipeline_free(first);
    pipeline_free(other);
    policy_spec_free(spec);
    tear_down(&set);
}

static void test_inputs_share_a_capture(void **state)
{
    (void)state;
    struct set set;
    set_up(&set, 1);
    struct input_config dns = set.config, same = set.config;
    bool created;
    dns.name = (char *)(uintptr_t) "mock-2";
    dns.bpf = (char *)(uintptr_t) "port 53";
    struct input *second = engine_open(set.engine, &dns, &created, NULL);
    assert_non_null(second);
    assert_true(created);
    struct input *third = engine_open(set.engine, &same, &created, NULL);
    assert_ptr_equal(third, set.input);
    assert_false(created);
    assert_int_equal(input_users(third), 2);
    struct input_status all, some;
    int waited = 0;
    do {
        assert_true(waited < PATIENCE_MS);
        pause_ms(20);
        waited += 20;
        input_status(second, &some);
        input_status(set.input, &all);
    } while (some.matched == 0 || all.matched <= some.matched);
    assert_int_equal(all.state, INPUT_RUNNING);
    engine_close(third);
    engine_close(second);
    tear_down(&set);
}

static void test_bad_filter_changes_nothing(void **state)
{
    (void)state;
    struct set set;
    struct error err = {0};
    bool created;
    set_up(&set, 1);
    struct input_config bad = set.config;
    bad.name = (char *)(uintptr_t) "mock-3";
    bad.bpf = (char *)(uintptr_t) "port port";
    assert_null(engine_open(set.engine, &bad, &created, &err));
    assert_non_null(strstr(err.text, "bpf filter"));
    assert_int_equal(input_users(set.input), 1);
    tear_down(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(property_one_worker_counts_all),
        cmocka_unit_test(property_two_workers_count_all),
        cmocka_unit_test(property_others_come_and_go),
        cmocka_unit_test(test_inputs_share_a_capture),
        cmocka_unit_test(test_bad_filter_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
