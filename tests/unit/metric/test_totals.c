#include "fake_pool.h"

#include "metric/totals.h"

static struct metric_totals *totals_of(uint32_t groups)
{
    struct metric_settings settings = fake_settings(groups);
    struct metric_totals *totals = metric_totals_new(&fake_table, &settings, &pool);
    assert_non_null(totals);
    return totals;
}

static const struct metric_scope *root_of(const struct metric_totals *totals)
{
    return metric_totals_bucket(totals)->root;
}

static struct metric_bucket *random_minute(int64_t minute, uint64_t seed)
{
    struct random_stream random = {.state = seed};
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS);
    bucket->start = minute * MINUTE;
    bucket->period = minute;
    for (unsigned i = 0; i < 300; i++)
        count_random(bucket, &random);
    metric_bucket_close(bucket, (minute + 1) * MINUTE);
    return bucket;
}

// What is added up is what one bucket of all of it has; other kinds are not kept.
static void closed_periods_add_up(void **state)
{
    (void)state;
    struct metric_totals *totals = totals_of(COUNTERS | TOPS);
    struct metric_bucket *all = fake_bucket(&pool, COUNTERS | TOPS);
    for (int64_t minute = 1; minute <= 4; minute++) {
        struct metric_bucket *bucket = random_minute(minute, (uint64_t)minute);
        assert_true(metric_totals_add(totals, bucket));
        assert_true(metric_bucket_merge(all, bucket));
        metric_bucket_free(bucket);
    }
    const struct metric_scope *sum = root_of(totals), *truth = all->root;
    assert_int_equal(sum->cells[EVENTS].count, 1200);
    assert_int_equal(sum->cells[QUERIES].count, truth->cells[QUERIES].count);
    assert_int_equal(sum->cells[RATIO].quantiles->count, 1200);
    assert_true(exphist_quantile(sum->cells[RATIO].quantiles, 0.9) ==
                exphist_quantile(truth->cells[RATIO].quantiles, 0.9));
    assert_int_equal(sum->n_children, truth->n_children);
    assert_int_equal(sum->cells[NAMES].top->total, 0);
    assert_true(hll_estimate(sum->cells[USERS].distinct) == 0);
    assert_int_equal(metric_totals_memory(totals) + metric_bucket_memory(all),
                     atomic_load(&pool.used));
    metric_bucket_free(all);
    metric_totals_free(totals);
    metric_totals_free(NULL);
}

// A rate of bytes is a counter, too: of what all its seconds hold.
static void rates_of_bytes(void **state)
{
    (void)state;
    static const struct metric_row rows[] = {
        {.id = 1, .kind = METRIC_RATE, .path = "rates.bps", .unit = "bytes/s", .help = "bytes"}};
    static const struct metric_table table = {.schema = "net",
                                              .title = "net",
                                              .rows = rows,
                                              .n_rows = 1,
                                              .scopes = fake_scopes,
                                              .n_scopes = 1};
    struct metric_settings settings = fake_settings(0);
    struct metric_totals *totals = metric_totals_new(&table, &settings, &pool);
    assert_non_null(totals);
    struct metric_bucket *bucket = metric_bucket_new(&table, &settings, &pool);
    assert_non_null(bucket);
    metric_rate(bucket->root, 0, 5, 100);
    metric_rate(bucket->root, 0, 7, 11);
    assert_true(metric_totals_add(totals, bucket) && metric_totals_add(totals, bucket));
    assert_int_equal(root_of(totals)->cells[0].rate->total, 222);
    metric_bucket_free(bucket);
    metric_totals_free(totals);
}

static uint64_t events_now(const struct metric_totals *totals, struct metric_shard *const *shards)
{
    struct metric_totals *copy = metric_totals_copy(totals, &pool);
    assert_non_null(copy);
    for (size_t i = 0; i < 2; i++)
        assert_true(metric_totals_add_live(copy, shards[i]));
    uint64_t events = root_of(copy)->cells[EVENTS].count;
    metric_totals_free(copy);
    return events;
}

// At every moment of a rotation: nothing is counted twice, nothing is missing.
static void live_periods_are_added_once(void **state)
{
    (void)state;
    struct metric_totals *totals = totals_of(COUNTERS);
    struct metric_settings settings = fake_settings(COUNTERS);
    struct metric_shard *shards[2];
    uint64_t sent = 0;
    for (size_t i = 0; i < 2; i++) {
        shards[i] = metric_shard_new_live(&fake_table, &settings, &pool);
        assert_non_null(shards[i]);
        metric_shard_start_in(shards[i], MINUTE, 1);
    }
    for (int64_t minute = 1; minute < 5; minute++) {
        for (size_t i = 0; i < 2; i++) {
            metric_count(shards[i]->live->root, EVENTS, i + 3);
            sent += i + 3;
            assert_int_equal(events_now(totals, shards), sent);
            metric_shard_rotate_to(shards[i], (minute + 1) * MINUTE, minute + 1);
            assert_int_equal(events_now(totals, shards), sent);
        }
        struct metric_bucket *closed = fake_bucket(&pool, COUNTERS);
        for (size_t i = 0; i < 2; i++)
            assert_true(metric_shard_read(shards[i], minute, closed));
        assert_true(metric_totals_add(totals, closed));
        metric_bucket_free(closed);
        assert_int_equal(events_now(totals, shards), sent);
        for (size_t i = 0; i < 2; i++) {
            metric_shard_release(shards[i], minute);
            assert_int_equal(events_now(totals, shards), sent);
        }
    }
    for (size_t i = 0; i < 2; i++)
        metric_shard_free(shards[i]);
    metric_totals_free(totals);
}

// Keys that change from period to period: as many as one period may have are kept.
static void instances_are_bounded(void **state)
{
    (void)state;
    struct metric_totals *totals = totals_of(COUNTERS);
    for (unsigned minute = 0; minute < 3; minute++) {
        struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
        for (unsigned i = 0; i < DEVICES_MAX; i++) {
            char key[32];
            snprintf(key, sizeof key, "%u-%u", minute / 2, i);
            metric_count(device(bucket->root, key), FLOWS, 1);
        }
        assert_true(metric_totals_add(totals, bucket));
        metric_bucket_free(bucket);
    }
    assert_int_equal(root_of(totals)->n_children, DEVICES_MAX);
    assert_int_equal(root_of(totals)->children[0]->cells[FLOWS].count, 2);
    assert_int_equal(metric_totals_missed(totals).scopes_over, DEVICES_MAX);
    metric_totals_free(totals);
}

static void groups_that_went_start_anew(void **state)
{
    (void)state;
    struct metric_totals *totals = totals_of(COUNTERS | TOPS);
    struct metric_bucket *bucket = random_minute(1, 1);
    bucket->missed.source_lost = 7;
    assert_true(metric_totals_add(totals, bucket));
    struct metric_settings settings = fake_settings(TOPS);
    assert_true(metric_totals_reconfigure(totals, &settings, NULL));
    settings.groups = COUNTERS | TOPS;
    assert_true(metric_totals_reconfigure(totals, &settings, NULL));
    assert_int_equal(root_of(totals)->cells[QUERIES].count, 0);
    assert_int_equal(root_of(totals)->cells[EVENTS].count, 300);
    assert_int_equal(metric_totals_missed(totals).source_lost, 7);
    metric_bucket_free(bucket);
    metric_totals_free(totals);
}

static void without_memory(void **state)
{
    (void)state;
    struct metric_bucket *bucket = random_minute(1, 1);
    for (uint64_t n = 1;; n++) {
        struct metric_totals *totals = totals_of(COUNTERS | TOPS);
        mem_fail_at(n);
        bool whole = metric_totals_add(totals, bucket);
        struct metric_totals *copy = metric_totals_copy(totals, &pool);
        mem_fail_at(0);
        assert_int_equal(root_of(totals)->cells[EVENTS].count, 300);
        assert_int_equal(metric_totals_missed(totals).memory_lost == 0, whole);
        bool done = whole && copy;
        metric_totals_free(totals);
        metric_totals_free(copy);
        if (done)
            break;
    }
    metric_bucket_free(bucket);
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_periods_add_up),       cmocka_unit_test(rates_of_bytes),
        cmocka_unit_test(live_periods_are_added_once), cmocka_unit_test(instances_are_bounded),
        cmocka_unit_test(groups_that_went_start_anew), cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
