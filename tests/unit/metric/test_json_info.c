#include "fake.h"

#include "metric/json_info.h"

static struct pool pool;

static int setup(void **state)
{
    (void)state;
    pool_init(&pool, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_pool_empty(&pool);
    return 0;
}

// 2026-11-23 12:00:00 UTC
#define NOON (INT64_C(1795435200) * SECOND)

static struct metric_bucket *period(int64_t start, uint64_t events)
{
    struct metric_bucket *bucket = fake_bucket(&pool, TOPS);
    bucket->start = start;
    metric_count(bucket->root, EVENTS, events);
    metric_rate(bucket->root, EVENT_RATE, clock_second(start), events);
    return bucket;
}

static void periods_newest_first(void **state)
{
    (void)state;
    struct metric_settings settings = fake_settings(TOPS);
    struct metric_history *history = metric_history_new(&fake_table, &settings, &pool);
    assert_non_null(history);
    struct metric_bucket *closed = period(NOON - MINUTE, 60), *live = period(NOON, 7);
    metric_bucket_close(closed, NOON);
    metric_history_push(history, closed);
    struct buffer out;
    buffer_init(&out, 1 << 16);
    metric_json_info(history, live, NOON + SECOND, &out);
    assert_string_equal(
        buffer_text(&out),
        "{\"deep_sample_rate\":100,\"periods\":["
        "{\"events\":{\"events\":7,\"rates\":{\"rates\":{\"events\":{"
        "\"live\":7,\"p50\":7,\"p90\":7,\"p95\":7,\"p99\":7}}}},"
        "\"length\":1,\"read_only\":false,\"start_tstamp\":\"2026-11-23 12:00:00\"},"
        "{\"end_tstamp\":\"2026-11-23 12:00:00\","
        "\"events\":{\"events\":60,\"rates\":{\"rates\":{\"events\":{"
        "\"p50\":0,\"p90\":0,\"p95\":0,\"p99\":60}}}},"
        "\"length\":60,\"read_only\":true,\"start_tstamp\":\"2026-11-23 11:59:00\"}"
        "],\"periods_configured\":5}");
    buffer_done(&out);
    metric_bucket_free(live);
    metric_history_free(history);
}

// A table without such rows, one period, and no second that is whole yet.
static void nothing_to_say_of_events(void **state)
{
    (void)state;
    static const struct metric_row rows[] = {
        {.id = 1, .kind = METRIC_COUNTER, .path = "drops", .unit = "packets", .help = "drops"}};
    static const struct metric_table table = {.schema = "pcap",
                                              .title = "pcap",
                                              .rows = rows,
                                              .n_rows = 1,
                                              .scopes = fake_scopes,
                                              .n_scopes = 1};
    struct metric_settings settings = fake_settings(0);
    settings.periods = 1;
    settings.deep_sample_rate = 3;
    struct metric_bucket *live = metric_bucket_new(&table, &settings, &pool);
    assert_non_null(live);
    live->start = NOON + 5;
    struct buffer out;
    buffer_init(&out, 1 << 16);
    metric_json_info(NULL, live, NOON + 6, &out);
    assert_string_equal(buffer_text(&out),
                        "{\"deep_sample_rate\":3,\"periods\":[{\"events\":{},\"length\":0,"
                        "\"read_only\":false,\"start_tstamp\":\"2026-11-23 12:00:00\"}],"
                        "\"periods_configured\":1}");
    buffer_done(&out);
    metric_bucket_free(live);
}

// Lengths and rates come from a period's own times: a second is as good as a minute.
static void short_periods(void **state)
{
    (void)state;
    struct metric_bucket *closed = period(NOON, 9);
    metric_bucket_close(closed, NOON + SECOND);
    struct buffer out;
    buffer_init(&out, 1 << 16);
    metric_json_info(NULL, closed, NOON + MINUTE, &out);
    assert_non_null(strstr(buffer_text(&out), "\"p50\":9,\"p90\":9,\"p95\":9,\"p99\":9}"));
    assert_non_null(strstr(buffer_text(&out), "\"length\":1,"));
    buffer_done(&out);
    metric_bucket_free(closed);
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(periods_newest_first),
        cmocka_unit_test(nothing_to_say_of_events),
        cmocka_unit_test(short_periods),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
