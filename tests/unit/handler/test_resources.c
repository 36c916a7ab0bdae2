// input_resources: samples of what an input costs, also where no packet comes.
#include "rig.h"

#include "metric/prometheus.h"

static void run_sample(struct rig *rig, const struct resource_sample *sample)
{
    rig->traffic.batch.resources = sample;
    rig_run(rig);
    assert_null(rig->traffic.batch.resources); // of one batch only
}

static void samples_of_a_quiet_input(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "input_resources", "1.0", NULL, "");
    for (unsigned i = 1; i <= 100; i++)
        run_sample(&rig, &(struct resource_sample){.time = i * SECOND,
                                                   .cpu_percent = i / 2.0,
                                                   .memory_bytes = 1 << 20,
                                                   .policies = 3,
                                                   .handlers = 5});
    const struct metric_bucket *bucket = rig_bucket(&rig, 0);
    assert_counts(bucket, {"total", 100}, {"deep_samples", 100}, {"policy_count", 3},
                  {"handler_count", 5});
    assert_true(bucket_number(bucket, "cpu_usage.p50") == 25.0);
    assert_int_equal(bucket_count(bucket, "memory_bytes.p99"), 1 << 20);
    rig_done(&rig);
}

// Only one worker tells the memory of the process.
static void a_sample_without_memory(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "input_resources", "1.0", NULL, "");
    run_sample(&rig, &(struct resource_sample){.time = SECOND, .cpu_percent = 1});
    assert_false(bucket_has(rig_bucket(&rig, 0), "memory_bytes"));
    assert_int_equal(bucket_count(rig_bucket(&rig, 0), "total"), 1);
    rig_done(&rig);
}

static void batches_between_samples_count_nothing(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "input_resources", "1.0", NULL, "");
    static const struct flow flow = {"192.0.2.1", "192.0.2.2", 4000, 53, .to = DIRECTION_OUT};
    traffic_query(&rig.traffic, 0, &flow, 1, "www.example.com", DNS_A);
    rig_run(&rig);
    assert_counts(rig_bucket(&rig, 0), {"total", 0}, {"policy_count", 0}, {"handler_count", 0});
    assert_int_equal(rig.passed.count, 0);
    rig_done(&rig);
}

// What is attached does not change with a period.
static void a_new_period_knows_what_is_attached(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.periods = 2;
    rig_add(&rig, "input_resources", "1.0", NULL, "");
    run_sample(&rig, &(struct resource_sample){.time = SECOND, .policies = 2, .handlers = 4});
    rig_rotate(&rig, MINUTE);
    rig_run(&rig); // no sample is due
    assert_counts(rig_bucket(&rig, 0), {"total", 0}, {"policy_count", 2}, {"handler_count", 4});
    rig_done(&rig);
}

static void a_sampling_rate(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.deep_sample_rate = 10;
    rig_add(&rig, "input_resources", "1.0", NULL, "");
    for (unsigned i = 0; i < 1000; i++)
        run_sample(&rig, &(struct resource_sample){.time = i * SECOND});
    json_int_t deep = bucket_count(rig_bucket(&rig, 0), "deep_samples");
    assert_in_range(deep, 50, 200);
    assert_int_equal(bucket_count(rig_bucket(&rig, 0), "total"), 1000);
    rig_done(&rig);
}

static void names_in_prometheus(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_add(&rig, "input_resources", "1.0", NULL, "");
    run_sample(
        &rig,
        &(struct resource_sample){
            .time = 0, .cpu_percent = 2.5, .memory_bytes = 4096, .policies = 1, .handlers = 2});
    struct metric_series_source source = {.bucket = rig_bucket(&rig, 0)};
    struct buffer text;
    buffer_init(&text, 1 << 20);
    metric_prometheus_write(&source, 1, &(struct metric_prometheus_options){0}, &text);
    static const char *const lines[] = {
        "# TYPE resources_cpu_usage summary\n",
        "resources_cpu_usage{quantile=\"0.5\"} 2.5\n",
        "resources_memory_bytes{quantile=\"0.99\"} 4096\n",
        "resources_policy_count{} 1\n",
        "resources_handler_count{} 2\n",
        "# TYPE base_total gauge\nbase_total{} 1\n",
        "base_deep_samples{} 1\n",
    };
    assert_false(text.failed);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_non_null(strstr(buffer_text(&text), lines[i]));
    assert_null(strstr(buffer_text(&text), "\ninput_resources_"));
    buffer_done(&text);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_of_a_quiet_input),
        cmocka_unit_test(a_sample_without_memory),
        cmocka_unit_test(batches_between_samples_count_nothing),
        cmocka_unit_test(a_new_period_knows_what_is_attached),
        cmocka_unit_test(a_sampling_rate),
        cmocka_unit_test(names_in_prometheus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
