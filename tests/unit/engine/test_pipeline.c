// Pipelines: chains, shards, what is read from them.
#include "specs.h"

#include "../../common/traffic.h"
#include "base/clock.h"

#include <pthread.h>
#include <time.h>

static const struct flow asks = {"192.0.2.1", "198.51.100.53", 4000, 53, .to = DIRECTION_OUT};
static const struct flow web = {"192.0.2.1", "198.51.100.80", 4001, 443, .to = DIRECTION_OUT};

enum { WORKERS_MAX = 3 };

struct bench {
    struct pool pool;
    struct handler_env env;
    struct policy_spec *spec;
    struct pipeline *pipeline;
    struct traffic traffic[WORKERS_MAX];
};

static void begin(struct bench *bench, unsigned workers, unsigned periods,
                  const struct wanted *wanted, size_t n)
{
    *bench = (struct bench){0};
    pool_init(&bench->pool, 0);
    bench->env =
        (struct handler_env){.geo_cache_size = 16, .pool = &bench->pool, .workers = workers};
    spec_build(&bench->spec, wanted, n, periods);
    bench->pipeline = pipeline_new(bench->spec, &bench->env, NULL);
    assert_non_null(bench->pipeline);
    for (unsigned w = 0; w < workers; w++)
        assert_true(traffic_init(&bench->traffic[w]));
}

static void end(struct bench *bench)
{
    for (unsigned w = 0; w < bench->env.workers; w++)
        traffic_done(&bench->traffic[w]);
    pipeline_free(bench->pipeline);
    policy_spec_free(bench->spec);
    assert_int_equal(bench->pool.used, 0);
}

static void run(struct bench *bench, unsigned worker)
{
    pipeline_process(bench->pipeline, worker, &bench->traffic[worker].batch);
    batch_reset(&bench->traffic[worker].batch);
}

static json_int_t count_of(struct bench *bench, size_t handler, unsigned period, const char *path)
{
    struct metric_bucket *bucket = collected(bench->pipeline, handler, period);
    json_int_t count = bucket_count(bucket, path);
    metric_bucket_free(bucket);
    return count;
}

// Every chain begins at the input; within one, a handler sees what the one before let pass.
static void chains_begin_at_the_input(void **state)
{
    (void)state;
    const struct wanted wanted[] = {
        {"dns", "1.0", false, json_pack("{s:b}", "only_queries", 1)},
        {"net", "1.0", true, NULL},
        {"net", "2.0", false, NULL},
        {"dns", "2.0", true, NULL},
        {"dhcp", "1.0", false, NULL},
        {"net", "1.0", true, NULL}, // nothing comes behind dhcp
    };
    struct bench bench;
    begin(&bench, 1, 1, wanted, 6);
    traffic_query(&bench.traffic[0], 0, &asks, 1, "a.example", DNS_A);
    traffic_reply(&bench.traffic[0], 1, &asks, 1, "a.example", DNS_A, 0, 1);
    traffic_tcp(&bench.traffic[0], 2, &web, false, TCP_SYN);
    run(&bench, 0);
    assert_int_equal(pipeline_handlers(bench.pipeline), 6);
    assert_string_equal(pipeline_handler(bench.pipeline, 3)->name, "dns");
    assert_int_equal(count_of(&bench, 0, 0, "wire_packets.events"), 2);
    assert_int_equal(count_of(&bench, 1, 0, "events"), 1);
    assert_int_equal(count_of(&bench, 2, 0, "observed_packets"), 3);
    assert_int_equal(count_of(&bench, 3, 0, "out.xacts"), 1);
    assert_int_equal(count_of(&bench, 5, 0, "events"), 0);
    end(&bench);
}

static void ports_are_the_union_of_what_handlers_want(void **state)
{
    (void)state;
    const struct wanted wanted[] = {{"dns", "1.0", false, NULL},
                                    {"dns", "2.0", false, NULL},
                                    {"bgp", "1.0", false, NULL},
                                    {"net", "1.0", false, NULL}};
    struct bench bench;
    begin(&bench, 1, 1, wanted, 4);
    const struct stream_port *ports;
    assert_int_equal(pipeline_ports(bench.pipeline, &ports), 5);
    assert_int_equal(ports[0].port, 53);
    assert_int_equal(ports[4].port, 179);
    end(&bench);
    begin(&bench, 1, 1, &wanted[3], 1);
    assert_int_equal(pipeline_ports(bench.pipeline, &ports), 0);
    end(&bench);
}

static void workers_add_up(void **state)
{
    (void)state;
    const struct wanted wanted[] = {{"dns", "1.0", false, NULL}};
    struct bench bench;
    begin(&bench, WORKERS_MAX, 1, wanted, 1);
    for (unsigned w = 0; w < WORKERS_MAX; w++) {
        for (unsigned i = 0; i <= w; i++)
            traffic_query(&bench.traffic[w], i, &asks, i, "a.example", DNS_A);
        run(&bench, w);
    }
    assert_int_equal(count_of(&bench, 0, 0, "wire_packets.queries"), 1 + 2 + 3);
    struct metric_bucket *bucket = collected(bench.pipeline, 0, 0);
    assert_int_equal(bucket_top(bucket, "top_qname2", "a.example"), 6);
    metric_bucket_free(bucket);
    end(&bench);
}

// Both workers know the limit that the two of them have seen.
static void workers_learn_from_all_of_them(void **state)
{
    (void)state;
    const struct wanted wanted[] = {{"dns", "1.0", false, NULL}};
    struct bench bench;
    begin(&bench, 2, 2, wanted, 1);
    for (unsigned w = 0; w < 2; w++) {
        for (unsigned id = 0; id < 10; id++) {
            int64_t elapsed = (w * 10 + id + 1) * MILLISECOND;
            traffic_query(&bench.traffic[w], 0, &asks, id, "usual.example", DNS_A);
            traffic_reply(&bench.traffic[w], elapsed, &asks, id, "usual.example", DNS_A, 0, 1);
        }
        run(&bench, w);
    }
    for (unsigned w = 0; w < 2; w++)
        pipeline_rotate(bench.pipeline, w, MINUTE);
    pipeline_learn(bench.pipeline); // p90 of 1 to 20 ms: 18 ms
    traffic_query(&bench.traffic[0], MINUTE, &asks, 1, "fast.example", DNS_A);
    traffic_reply(&bench.traffic[0], MINUTE + 17 * MILLISECOND, &asks, 1, "fast.example", DNS_A, 0,
                  1);
    traffic_query(&bench.traffic[0], MINUTE, &asks, 2, "slow.example", DNS_A);
    traffic_reply(&bench.traffic[0], MINUTE + 18 * MILLISECOND, &asks, 2, "slow.example", DNS_A, 0,
                  1);
    run(&bench, 0);
    struct metric_bucket *bucket = collected(bench.pipeline, 0, 0);
    assert_int_equal(bucket_rows(bucket, "xact.out.top_slow"), 1);
    assert_int_equal(bucket_top(bucket, "xact.out.top_slow", "slow.example"), 1);
    metric_bucket_free(bucket);
    end(&bench);
}

static void rotations_expire_first(void **state)
{
    (void)state;
    const struct wanted wanted[] = {{"dns", "1.0", false, NULL}};
    struct bench bench;
    begin(&bench, 1, 3, wanted, 1);
    pipeline_start(bench.pipeline, 0, SECOND);
    traffic_query(&bench.traffic[0], SECOND, &asks, 1, "a.example", DNS_A);
    run(&bench, 0);
    pipeline_rotate(bench.pipeline, 0, MINUTE + SECOND);
    traffic_query(&bench.traffic[0], MINUTE + SECOND, &asks, 1, "a.example", DNS_A);
    run(&bench, 0);
    pipeline_finish(bench.pipeline, 0, 2 * MINUTE);
    assert_int_equal(count_of(&bench, 0, 1, "xact.counts.timed_out"), 1);
    assert_int_equal(count_of(&bench, 0, 0, "xact.counts.timed_out"), 1);
    struct metric_bucket *bucket = collected(bench.pipeline, 0, 1);
    assert_int_equal(bucket->start, SECOND);
    assert_int_equal(bucket->end, MINUTE + SECOND);
    assert_int_equal(bucket->length, 60);
    metric_bucket_free(bucket);
    end(&bench);
}

static void losses_are_told_to_every_handler(void **state)
{
    (void)state;
    const struct wanted wanted[] = {{"net", "1.0", false, NULL}, {"pcap", "1.0", false, NULL}};
    struct bench bench;
    begin(&bench, 1, 1, wanted, 2);
    bench.traffic[0].batch.losses =
        (struct source_losses){.system = 2, .interface = 3, .streams = 7};
    run(&bench, 0);
    for (size_t h = 0; h < 2; h++) {
        struct metric_bucket *bucket = collected(bench.pipeline, h, 0);
        assert_int_equal(bucket_missing(bucket, "source_lost"), 5);
        metric_bucket_free(bucket);
    }
    assert_int_equal(count_of(&bench, 1, 0, "os_drops"), 2);
    end(&bench);
}

// Live: each worker tells what its own ring lost, the first one what the interface did. A chain
// does not count twice, whatever its handlers let pass.
static void losses_of_workers_add_up_once(void **state)
{
    (void)state;
    const struct wanted wanted[] = {{"dns", "1.0", false, json_pack("{s:b}", "only_queries", 1)},
                                    {"net", "1.0", true, NULL},
                                    {"pcap", "1.0", false, NULL},
                                    {"net", "2.0", false, NULL},
                                    {"pcap", "1.0", true, NULL}};
    struct bench bench;
    begin(&bench, 2, 2, wanted, 5);
    for (unsigned w = 0; w < 2; w++) {
        bench.traffic[w].batch.losses = (struct source_losses){.system = 1 + w, .streams = 4};
        bench.traffic[w].batch.losses.interface = w == 0 ? 10 : 0;
        traffic_reply(&bench.traffic[w], 2, &asks, 1, "a.example", DNS_A, 0, 1);
        run(&bench, w);
        run(&bench, w); // a batch without losses
    }
    for (size_t h = 0; h < 5; h++) {
        struct metric_bucket *bucket = collected(bench.pipeline, h, 0);
        assert_int_equal(bucket_missing(bucket, "source_lost"), 13);
        metric_bucket_free(bucket);
    }
    for (size_t h = 2; h < 5; h += 2) {
        assert_int_equal(count_of(&bench, h, 0, "os_drops"), 3);
        assert_int_equal(count_of(&bench, h, 0, "if_drops"), 10);
        assert_int_equal(count_of(&bench, h, 0, "tcp_reassembly_errors"), 8);
    }
    end(&bench);
}

static void periods_that_are_not_there(void **state)
{
    (void)state;
    const struct wanted wanted[] = {{"net", "1.0", false, NULL}};
    struct bench bench;
    begin(&bench, 1, 3, wanted, 1);
    struct error err = {0};
    assert_null(pipeline_collect(bench.pipeline, 0, (struct metric_request){.bucket = 1}, &err));
    assert_string_equal(
        err.text, "requested metrics period has not yet accumulated, current range is [0, 0]");
    assert_null(pipeline_collect(bench.pipeline, 0, (struct metric_request){.window = 4}, &err));
    assert_string_equal(err.text, "invalid metrics period, specify [2, 3]");
    end(&bench);
}

static void a_handler_that_does_not_start_stops_the_policy(void **state)
{
    (void)state;
    const struct wanted wanted[] = {{"net", "1.0", false, NULL},
                                    {"dns", "1.0", true, json_pack("{s:i}", "only_rcode", 133)}};
    struct bench bench = {0};
    pool_init(&bench.pool, 0);
    bench.env = (struct handler_env){.pool = &bench.pool, .workers = 2};
    spec_build(&bench.spec, wanted, 2, 1);
    struct error err = {0};
    assert_null(pipeline_new(bench.spec, &bench.env, &err));
    assert_true(err.code == ERROR_INVALID || err.code == ERROR_MEMORY);
    if (err.code == ERROR_INVALID)
        assert_string_equal(
            err.text, "DnsStreamHandler: only_rcode filter contained an invalid/unsupported rcode");
    policy_spec_free(bench.spec);
    assert_int_equal(bench.pool.used, 0);
}

static void *close_period(void *context)
{
    while (!pipeline_close_period(context))
        ;
    return NULL;
}

static int64_t newest_period(struct pipeline *pipeline, size_t handler)
{
    struct metric_bucket *bucket =
        pipeline_collect(pipeline, handler, (struct metric_request){.bucket = 1}, NULL);
    int64_t period = bucket ? bucket->period : -1;
    metric_bucket_free(bucket);
    return period;
}

// Both handlers of an answer speak of the same period, though one ends between the two.
static void property_a_period_waits_for_who_reads(void **state)
{
    (void)state;
    const struct wanted wanted[] = {{"net", "1.0", false, NULL}, {"dns", "2.0", false, NULL}};
    struct pool pool;
    pool_init(&pool, 0);
    struct handler_env env = {.pool = &pool, .workers = 1};
    struct policy_spec *spec = NULL;
    spec_build(&spec, wanted, 2, METRIC_PERIODS_MAX);
    spec->chains[0].handlers[0].settings.recorded = false;
    spec->chains[1].handlers[0].settings.recorded = false;
    struct pipeline *pipeline = pipeline_new_live(spec, &env, NULL);
    assert_non_null(pipeline);
    pipeline_start_in(pipeline, 0, 0, 1);
    pipeline_rotate_to(pipeline, 0, CLOCK_SECOND, 2);
    assert_true(pipeline_close_period(pipeline));
    assert_int_equal(newest_period(pipeline, 0), 1);
    pthread_t closer;
    pipeline_hold(pipeline);
    pipeline_rotate_to(pipeline, 0, 2 * CLOCK_SECOND, 3);
    assert_int_equal(pthread_create(&closer, NULL, close_period, pipeline), 0);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    for (size_t h = 0; h < 2; h++)
        assert_int_equal(newest_period(pipeline, h), 1);
    pipeline_let_go(pipeline);
    pthread_join(closer, NULL);
    for (size_t h = 0; h < 2; h++)
        assert_int_equal(newest_period(pipeline, h), 2);
    pipeline_free(pipeline);
    policy_spec_free(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_begin_at_the_input),
        cmocka_unit_test(ports_are_the_union_of_what_handlers_want),
        cmocka_unit_test(workers_add_up),
        cmocka_unit_test(workers_learn_from_all_of_them),
        cmocka_unit_test(rotations_expire_first),
        cmocka_unit_test(losses_are_told_to_every_handler),
        cmocka_unit_test(losses_of_workers_add_up_once),
        cmocka_unit_test(periods_that_are_not_there),
        cmocka_unit_test(a_handler_that_does_not_start_stops_the_policy),
        cmocka_unit_test(property_a_period_waits_for_who_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
