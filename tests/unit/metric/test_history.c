#include "fake_pool.h"

#include "metric/history.h"

static struct metric_history *history_of(unsigned periods)
{
    struct metric_settings settings = fake_settings(COUNTERS | TOPS);
    settings.periods = periods;
    struct metric_history *history = metric_history_new(&fake_table, &settings, &pool);
    assert_non_null(history);
    return history;
}

// Minute n counted n events and one name.
static struct metric_bucket *minute_bucket(unsigned minute, bool closed)
{
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS);
    metric_bucket_reset(bucket, minute * MINUTE);
    bucket->period = minute;
    metric_count(bucket->root, EVENTS, minute);
    count_name(bucket->root, NAMES, "a", minute);
    metric_count(device(bucket->root, "d"), FLOWS, minute);
    if (closed)
        metric_bucket_close(bucket, (minute + 1) * MINUTE);
    return bucket;
}

static struct metric_history *history_until(unsigned periods, unsigned minute)
{
    struct metric_history *history = history_of(periods);
    for (unsigned i = 1; i < minute; i++)
        metric_history_push(history, minute_bucket(i, true));
    return history;
}

static void newest_first(void **state)
{
    (void)state;
    struct metric_history *history = history_of(3);
    assert_int_equal(metric_history_count(history), 0);
    assert_null(metric_history_bucket(history, 0));
    for (unsigned minute = 1; minute <= 5; minute++) {
        metric_history_push(history, minute_bucket(minute, true));
        assert_int_equal(metric_history_count(history), minute < 2 ? 1 : 2);
        assert_int_equal(metric_history_bucket(history, 0)->period, minute);
    }
    assert_int_equal(metric_history_bucket(history, 1)->period, 4);
    assert_null(metric_history_bucket(history, 2));
    assert_int_equal(metric_history_memory(history), atomic_load(&pool.used));
    metric_history_free(history);
    metric_history_free(NULL);
}

static void one_period_keeps_nothing(void **state)
{
    (void)state;
    struct metric_history *history = history_until(0, 3);
    assert_int_equal(metric_history_count(history), 0);
    metric_history_free(history);
}

static void assert_collected(struct metric_history *history, unsigned minute, unsigned window,
                             unsigned bucket, uint64_t events, int64_t length)
{
    struct metric_bucket *live = minute_bucket(minute, false);
    struct metric_request request = {.window = window, .bucket = bucket};
    struct metric_bucket *result = metric_history_collect(history, live, request, &pool, NULL);
    assert_non_null(result);
    metric_bucket_free(live);
    assert_int_equal(result->root->cells[EVENTS].count, events);
    assert_int_equal(result->root->cells[NAMES].top->total, events);
    assert_int_equal(metric_bucket_length(result, minute * MINUTE + 17 * SECOND), length);
    assert_int_equal(result->merged, window != 0);
    assert_int_equal(result->closed, window == 0 && bucket != 0);
    metric_bucket_free(result);
}

static void reading(void **state)
{
    (void)state;
    struct metric_history *history = history_until(4, 6); // 5, 4, 3; live 6
    assert_collected(history, 6, 0, 0, 6, 17);
    assert_collected(history, 6, 0, 1, 5, 60);
    assert_collected(history, 6, 0, 3, 3, 60);
    assert_collected(history, 6, 2, 0, 11, 77);
    assert_collected(history, 6, 4, 0, 18, 197);
    metric_history_free(history);
    history = history_until(4, 2); // fewer have accumulated
    assert_collected(history, 2, 4, 0, 3, 77);
    metric_history_free(history);
}

static void assert_refused(unsigned periods, unsigned minute, struct metric_request request,
                           const char *text)
{
    struct metric_history *history = history_until(periods, minute);
    struct metric_bucket *live = minute_bucket(minute, false);
    struct error err = {0};
    assert_null(metric_history_collect(history, live, request, &pool, &err));
    assert_string_equal(err.text, text);
    metric_bucket_free(live);
    metric_history_free(history);
}

static void texts_of_refused_requests(void **state)
{
    (void)state;
    assert_refused(1, 3, (struct metric_request){.bucket = 1},
                   "invalid metrics period, specify [0, 0]");
    assert_refused(5, 3, (struct metric_request){.bucket = 5},
                   "invalid metrics period, specify [0, 4]");
    assert_refused(5, 3, (struct metric_request){.bucket = 3},
                   "requested metrics period has not yet accumulated, current range is [0, 2]");
    assert_refused(5, 3, (struct metric_request){.window = 6},
                   "invalid metrics period, specify [2, 5]");
    assert_refused(5, 3, (struct metric_request){.window = 1},
                   "invalid metrics period, specify [2, 5]");
}

// Tables and spare blocks are given back.
static void closed_buckets_are_compact(void **state)
{
    (void)state;
    struct metric_history *history = history_of(3);
    struct metric_bucket *bucket = minute_bucket(1, true);
    metric_bucket_reset(bucket, 0); // leaves a spare block
    for (unsigned i = 0; i < 1000; i++) {
        char name[32];
        snprintf(name, sizeof name, "a-name-of-%u", i);
        count_name(bucket->root, NAMES, name, 1);
    }
    size_t before = metric_bucket_memory(bucket);
    metric_bucket_close(bucket, MINUTE);
    metric_history_push(history, bucket);
    const struct frequent *names = metric_history_bucket(history, 0)->root->cells[NAMES].top;
    assert_int_equal(names->items, 1000);
    assert_true(frequent_memory(names) < 1000 * 24);
    assert_true(metric_bucket_memory(bucket) < before);
    metric_history_free(history);
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_first),
        cmocka_unit_test(one_period_keeps_nothing),
        cmocka_unit_test(reading),
        cmocka_unit_test(texts_of_refused_requests),
        cmocka_unit_test(closed_buckets_are_compact),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
