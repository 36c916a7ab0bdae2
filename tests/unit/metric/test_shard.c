#include "fake_pool.h"

static struct metric_shard *shard_with(unsigned periods, bool recorded)
{
    struct metric_settings settings = fake_settings(COUNTERS | TOPS);
    settings.periods = periods;
    settings.recorded = recorded;
    struct metric_shard *shard = metric_shard_new(&fake_table, &settings, &pool);
    assert_non_null(shard);
    metric_shard_start(shard, 100 * MINUTE);
    return shard;
}

static void count(struct metric_shard *shard, uint64_t n)
{
    metric_count(shard->live->root, EVENTS, n);
}

static struct metric_bucket *collect(struct metric_shard *shard, unsigned window, unsigned bucket)
{
    struct metric_request request = {.window = window, .bucket = bucket};
    struct error err;
    struct metric_bucket *collected = metric_collect(&shard, 1, request, &pool, &err);
    assert_non_null(collected);
    return collected;
}

static void assert_refused(struct metric_shard *shard, unsigned window, unsigned bucket,
                           const char *text)
{
    struct metric_request request = {.window = window, .bucket = bucket};
    struct error err = {0};
    assert_null(metric_collect(&shard, 1, request, &pool, &err));
    assert_string_equal(err.text, text);
    assert_null(metric_collect(&shard, 1, request, &pool, NULL));
}

static void assert_events(struct metric_shard *shard, unsigned window, unsigned bucket,
                          uint64_t events)
{
    struct metric_bucket *result = collect(shard, window, bucket);
    assert_non_null(result);
    assert_int_equal(result->root->cells[EVENTS].count, events);
    metric_bucket_free(result);
}

static void defaults(void **state)
{
    (void)state;
    assert_int_equal(metric_default_settings.periods, 5);
    assert_int_equal(metric_default_settings.deep_sample_rate, 100);
    assert_int_equal(metric_default_settings.topn_count, 10);
    assert_true(metric_default_settings.topn_percentile == 0);
    assert_int_equal(metric_default_settings.groups, 0);
    assert_false(metric_default_settings.recorded);
}

static void periods_are_kept_within_limits(void **state)
{
    (void)state;
    const unsigned cases[][2] = {{0, 1}, {1, 1}, {10, 10}, {11, 10}, {1000, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct metric_shard *shard = shard_with(cases[i][0], false);
        assert_int_equal(shard->settings.periods, cases[i][1]);
        metric_shard_free(shard);
    }
}

static void one_period_never_shifts(void **state)
{
    (void)state;
    struct metric_shard *shard = shard_with(1, false);
    struct metric_bucket *live = shard->live;
    count(shard, 1);
    metric_shard_rotate(shard, 101 * MINUTE);
    assert_ptr_equal(shard->live, live);
    assert_int_equal(shard->count, 1);
    assert_false(live->closed);
    assert_events(shard, 0, 0, 1);
    metric_shard_free(shard);
}

static void rotation(void **state)
{
    (void)state;
    struct metric_shard *shard = shard_with(3, false);
    for (unsigned minute = 1; minute <= 7; minute++) {
        count(shard, minute);
        struct metric_bucket *closed = shard->live;
        int64_t time = (100 + minute) * MINUTE + (minute == 2 ? 5 * SECOND + 7 : 0);
        metric_shard_rotate(shard, time);
        assert_ptr_equal(shard->periods[1], closed);
        assert_ptr_equal(shard->periods[0], shard->live);
        assert_ptr_not_equal(shard->live, closed);
        assert_true(closed->closed && closed->end == time);
        assert_int_equal(closed->length, minute == 2 ? 65 : minute == 3 ? 55 : 60);
        assert_true(shard->live->start == time && !shard->live->closed);
        assert_int_equal(shard->live->root->cells[EVENTS].count, 0);
        assert_int_equal(shard->count, minute + 1 < 3 ? minute + 1 : 3);
    }
    assert_events(shard, 0, 0, 0);
    assert_events(shard, 0, 1, 7);
    assert_events(shard, 0, 2, 6);
    assert_events(shard, 2, 0, 7);
    assert_events(shard, 3, 0, 13);
    metric_shard_free(shard);
}

// One shift for one rotation, however long the gap: nothing empty comes between.
static void a_long_gap_is_one_bucket(void **state)
{
    (void)state;
    struct metric_shard *shard = shard_with(5, false);
    count(shard, 4);
    metric_shard_rotate(shard, 100 * MINUTE + 86400 * SECOND);
    assert_int_equal(shard->count, 2);
    assert_int_equal(shard->periods[1]->length, 86400);
    metric_shard_free(shard);
}

static void rotations_need_no_memory(void **state)
{
    (void)state;
    struct metric_shard *shard = shard_with(4, false);
    uint64_t before = mem_allocations();
    pool.limit = 1;
    for (unsigned minute = 1; minute < 10; minute++) {
        count(shard, 1);
        metric_shard_rotate(shard, (100 + minute) * MINUTE);
    }
    assert_int_equal(mem_allocations(), before);
    assert_int_equal(shard->count, 4);
    pool.limit = 0;
    assert_events(shard, 4, 0, 3);
    metric_shard_free(shard);
}

static void texts_of_refused_requests(void **state)
{
    (void)state;
    struct metric_shard *shard = shard_with(1, false);
    assert_refused(shard, 0, 1, "invalid metrics period, specify [0, 0]");
    assert_refused(shard, 1, 0, "invalid metrics period, specify [2, 1]");
    assert_refused(shard, 2, 0, "invalid metrics period, specify [2, 1]");
    metric_shard_free(shard);

    shard = shard_with(5, false);
    assert_refused(shard, 0, 5, "invalid metrics period, specify [0, 4]");
    assert_refused(shard, 6, 0, "invalid metrics period, specify [2, 5]");
    assert_refused(shard, 1, 0, "invalid metrics period, specify [2, 5]");
    assert_refused(shard, 0, 1,
                   "requested metrics period has not yet accumulated, current range is [0, 0]");
    metric_shard_rotate(shard, 101 * MINUTE);
    assert_refused(shard, 0, 4,
                   "requested metrics period has not yet accumulated, current range is [0, 1]");
    metric_shard_free(shard);
    struct error err;
    assert_null(metric_collect(NULL, 0, (struct metric_request){0}, &pool, &err));
}

static void lengths_live(void **state)
{
    (void)state;
    struct metric_shard *shard = shard_with(3, false);
    metric_shard_rotate(shard, 101 * MINUTE);
    struct metric_bucket *live = collect(shard, 0, 0), *closed = collect(shard, 0, 1);
    struct metric_bucket *window = collect(shard, 3, 0); // fewer have accumulated
    int64_t now = 101 * MINUTE + 17 * SECOND + 5;
    assert_int_equal(metric_bucket_length(live, now), 17);
    assert_int_equal(metric_bucket_length(closed, now), 60);
    assert_int_equal(metric_bucket_length(window, now), 77);
    assert_int_equal(metric_bucket_length(live, 0), 0);
    assert_true(window->start == 100 * MINUTE && window->merged && !window->closed);
    assert_true(!closed->merged && closed->closed && closed->end == 101 * MINUTE);
    metric_bucket_free(live);
    metric_bucket_free(closed);
    metric_bucket_free(window);
    metric_shard_free(shard);
}

static void lengths_recorded(void **state)
{
    (void)state;
    struct metric_shard *shard = shard_with(3, true);
    metric_shard_rotate(shard, 101 * MINUTE);
    struct metric_bucket *live = collect(shard, 0, 0);
    assert_int_equal(metric_bucket_length(live, 500 * MINUTE), 0); // until it is closed
    metric_bucket_free(live);
    metric_shard_finish(shard, 101 * MINUTE + 7 * SECOND + 999);
    assert_true(shard->live->closed);
    live = collect(shard, 0, 0);
    struct metric_bucket *window = collect(shard, 2, 0);
    assert_int_equal(metric_bucket_length(live, 500 * MINUTE), 7);
    assert_int_equal(metric_bucket_length(window, 500 * MINUTE), 67);
    int64_t first, last;
    assert_true(metric_bucket_seconds(window, 0, &first, &last));
    assert_true(first == 6000 && last == 6067);
    metric_bucket_free(live);
    metric_bucket_free(window);
    metric_shard_free(shard);
}

static void merged_windows_keep_settings(void **state)
{
    (void)state;
    struct metric_settings settings = fake_settings(TOPS);
    settings.topn_count = 3;
    settings.topn_percentile = 25;
    struct metric_shard *shard = metric_shard_new(&fake_table, &settings, &pool);
    assert_non_null(shard);
    metric_shard_rotate(shard, MINUTE);
    struct metric_bucket *window = collect(shard, 2, 0);
    metric_shard_free(shard);
    assert_int_equal(window->settings->topn_count, 3);
    assert_true(window->settings->topn_percentile == 25);
    assert_int_equal(window->settings->groups, TOPS);
    metric_bucket_free(window);
}

static void shards_are_read_together(void **state)
{
    (void)state;
    struct metric_shard *shards[3];
    for (unsigned i = 0; i < 3; i++) {
        shards[i] = shard_with(4, true);
        metric_shard_start(shards[i], 100 * MINUTE + i * SECOND);
        count(shards[i], 1 + i);
        shards[i]->live->missed.source_lost = i;
        metric_shard_rotate(shards[i], 101 * MINUTE);
        count(shards[i], 10);
        metric_shard_finish(shards[i], 101 * MINUTE + (5 + i) * SECOND);
    }
    struct metric_request newest = {.bucket = 0}, oldest = {.bucket = 1}, both = {.window = 2};
    struct metric_bucket *bucket = metric_collect(shards, 3, newest, &pool, NULL);
    assert_non_null(bucket);
    assert_int_equal(bucket->root->cells[EVENTS].count, 30);
    assert_int_equal(bucket->length, 7);
    metric_bucket_free(bucket);
    bucket = metric_collect(shards, 3, oldest, &pool, NULL);
    assert_non_null(bucket);
    assert_int_equal(bucket->root->cells[EVENTS].count, 6);
    assert_int_equal(bucket->missed.source_lost, 3);
    assert_true(bucket->start == 100 * MINUTE && !bucket->merged);
    assert_int_equal(bucket->length, 60);
    metric_bucket_free(bucket);
    bucket = metric_collect(shards, 3, both, &pool, NULL);
    assert_non_null(bucket);
    assert_int_equal(bucket->root->cells[EVENTS].count, 36);
    assert_int_equal(bucket->length, 67);
    metric_bucket_free(bucket);
    for (unsigned i = 0; i < 3; i++)
        metric_shard_free(shards[i]);
}

// A worker that has seen nothing yet does not pull the start to the epoch.
static void shards_that_never_started(void **state)
{
    (void)state;
    struct metric_settings settings = fake_settings(COUNTERS | TOPS);
    struct metric_shard *shards[] = {metric_shard_new(&fake_table, &settings, &pool),
                                     shard_with(2, false)};
    assert_non_null(shards[0]);
    struct metric_bucket *bucket =
        metric_collect(shards, 2, (struct metric_request){0}, &pool, NULL);
    assert_non_null(bucket);
    assert_true(bucket->start == 100 * MINUTE);
    metric_bucket_free(bucket);
    metric_shard_start(shards[0], 0); // the epoch is a time like any other
    bucket = metric_collect(shards, 2, (struct metric_request){0}, &pool, NULL);
    assert_non_null(bucket);
    assert_true(bucket->started && bucket->start == 0);
    metric_bucket_free(bucket);
    metric_shard_free(shards[0]);
    metric_shard_free(shards[1]);
}

static struct metric_shard *live_shard(unsigned periods)
{
    struct metric_settings settings = fake_settings(COUNTERS | TOPS);
    settings.periods = periods;
    struct metric_shard *shard = metric_shard_new_live(&fake_table, &settings, &pool);
    assert_non_null(shard);
    metric_shard_start_in(shard, 100 * MINUTE + SECOND, 100);
    return shard;
}

static uint64_t events_of(struct metric_shard *const *shards, size_t n, int64_t period)
{
    struct metric_bucket *scratch = fake_bucket(&pool, COUNTERS | TOPS);
    for (size_t i = 0; i < n; i++) {
        bool has = metric_shard_period(shards[i], period) != NULL;
        assert_int_equal(metric_shard_read(shards[i], period, scratch), has);
    }
    uint64_t events = scratch->root->cells[EVENTS].count;
    assert_true(!events || scratch->period == period);
    metric_bucket_free(scratch);
    return events;
}

// One of them has not noticed yet that a minute is over.
static void live_shards_are_read_by_period(void **state)
{
    (void)state;
    struct metric_shard *shards[] = {live_shard(5), live_shard(5)};
    assert_int_equal(shards[0]->settings.periods, 5);
    count(shards[0], 1);
    count(shards[1], 10);
    assert_int_equal(events_of(shards, 2, 100), 11);
    metric_shard_rotate_to(shards[0], 101 * MINUTE, 101);
    count(shards[0], 100);
    count(shards[1], 10);
    assert_int_equal(events_of(shards, 2, 100), 21);
    assert_int_equal(events_of(shards, 2, 101), 100);
    metric_shard_rotate_to(shards[1], 101 * MINUTE, 101);
    count(shards[1], 1000);
    assert_int_equal(events_of(shards, 2, 100), 21);
    assert_int_equal(events_of(shards, 2, 101), 1100);
    assert_int_equal(shards[0]->count, 2);
    metric_shard_rotate_to(shards[0], 104 * MINUTE, 104);
    assert_int_equal(shards[0]->count, 2);
    // Nobody had taken the first one's minute 100: it is in its minute 101 now.
    assert_int_equal(events_of(shards, 2, 100), 20);
    assert_int_equal(events_of(shards, 2, 101), 1101);
    assert_true(metric_shard_period(shards[0], 101)->start == 100 * MINUTE + SECOND);
    assert_int_equal(metric_shard_period(shards[0], 101)->length, 4 * 60 - 1);
    assert_int_equal(events_of(shards, 2, 103), 0);
    assert_int_equal(shards[0]->live->period, 104);
    metric_shard_free(shards[0]);
    metric_shard_free(shards[1]);
}

static void released_buckets_are_used_again(void **state)
{
    (void)state;
    struct metric_shard *shard = live_shard(5);
    size_t empty = atomic_load(&pool.used);
    count_name(shard->live->root, NAMES, "a", 1);
    metric_shard_release(shard, 100); // still live: nothing happens
    assert_non_null(metric_shard_period(shard, 100));
    metric_shard_rotate_to(shard, 101 * MINUTE, 101);
    metric_shard_release(shard, 100);
    assert_int_equal(atomic_load(&pool.used), empty);
    assert_null(metric_shard_period(shard, 100));
    metric_shard_release(shard, 100);
    struct metric_bucket *first = shard->live;
    metric_shard_rotate_to(shard, 102 * MINUTE, 102);
    assert_true(shard->live != first && shard->periods[1] == first && shard->count == 2);
    metric_shard_free(shard);

    shard = live_shard(1);
    count(shard, 3);
    metric_shard_rotate_to(shard, 101 * MINUTE, 101);
    assert_true(shard->live->period == 100 && !shard->live->closed);
    assert_int_equal(events_of(&shard, 1, 100), 3);
    metric_shard_free(shard);
}

static void sampling(void **state)
{
    (void)state;
    struct metric_settings settings = fake_settings(0);
    enum { RECORDS = 100000 };
    for (unsigned rate = 1; rate <= 101; rate += 20) {
        settings.deep_sample_rate = rate;
        struct metric_shard *a = metric_shard_new(&fake_table, &settings, &pool);
        assert_non_null(a);
        struct metric_shard *b = metric_shard_new(&fake_table, &settings, &pool);
        assert_non_null(b);
        uint64_t deep = 0;
        for (unsigned i = 0; i < RECORDS; i++) {
            bool chosen = metric_shard_sample(a);
            assert_int_equal(chosen, a->deep);
            assert_int_equal(chosen, metric_shard_sample(b)); // runs repeat
            deep += chosen;
        }
        double expected = rate >= 100 ? RECORDS : RECORDS * rate / 100.0;
        assert_true((double)deep > expected - 800 && (double)deep < expected + 800);
        assert_int_equal(a->live->missed.sampled_out, RECORDS - deep);
        metric_shard_free(a);
        metric_shard_free(b);
    }
}

static void without_memory(void **state)
{
    (void)state;
    for (struct failing f = {0}; fail_next(&f);) {
        struct metric_settings settings = fake_settings(COUNTERS | TOPS);
        struct metric_shard *shard = metric_shard_new(&fake_table, &settings, &pool);
        if (shard) {
            struct error err = {0};
            count_name(shard->live->root, NAMES, "a", 1);
            metric_shard_rotate(shard, MINUTE);
            struct metric_bucket *window =
                metric_collect(&shard, 1, (struct metric_request){.window = 2}, &pool, &err);
            assert_true(window || err.code == ERROR_MEMORY);
            metric_bucket_free(window);
        }
        metric_shard_free(shard);
        assert_pool_empty(&pool);
    }
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(periods_are_kept_within_limits),
        cmocka_unit_test(one_period_never_shifts),
        cmocka_unit_test(rotation),
        cmocka_unit_test(a_long_gap_is_one_bucket),
        cmocka_unit_test(rotations_need_no_memory),
        cmocka_unit_test(texts_of_refused_requests),
        cmocka_unit_test(lengths_live),
        cmocka_unit_test(lengths_recorded),
        cmocka_unit_test(merged_windows_keep_settings),
        cmocka_unit_test(shards_are_read_together),
        cmocka_unit_test(shards_that_never_started),
        cmocka_unit_test(live_shards_are_read_by_period),
        cmocka_unit_test(released_buckets_are_used_again),
        cmocka_unit_test(sampling),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
