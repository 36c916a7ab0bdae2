// Rows marked as gauges: what holds at a time, which a merge does not add up.
#include "fake.h"

static struct pool pool;

static const struct metric_row gauge_rows[] = {
    {.id = 1, .gauge = true, .path = "policies", .unit = "policies", .help = "policies"},
    {.id = 2, .path = "samples", .unit = "samples", .help = "samples"},
};
static const struct metric_table gauge_table = {
    .schema = "gauges",
    .title = "gauges 1.0",
    .rows = gauge_rows,
    .n_rows = 2,
    .scopes = fake_scopes,
    .n_scopes = 1,
};

static void count_gauge(struct metric_shard *shard, uint64_t value)
{
    metric_set(shard->live->root, 0, value);
    metric_count(shard->live->root, 1, 1);
}

static void assert_gauge(struct metric_shard *const *shards, struct metric_request request,
                         uint64_t gauge, uint64_t samples)
{
    struct metric_bucket *bucket = metric_collect(shards, 2, request, &pool, NULL);
    assert_non_null(bucket);
    assert_int_equal(bucket->root->cells[0].count, gauge);
    assert_int_equal(bucket->root->cells[1].count, samples);
    metric_bucket_free(bucket);
}

// Of two workers the greater value, of several periods the newest.
static void gauges_do_not_add_up(void **state)
{
    (void)state;
    assert_null(metric_table_fault(&gauge_table));
    struct metric_settings settings = fake_settings(0);
    struct metric_shard *shards[2];
    for (unsigned i = 0; i < 2; i++) {
        shards[i] = metric_shard_new(&gauge_table, &settings, &pool);
        assert_non_null(shards[i]);
        metric_shard_start(shards[i], MINUTE);
        count_gauge(shards[i], 7 - i);
        metric_shard_rotate(shards[i], 2 * MINUTE);
        count_gauge(shards[i], 9 + i);
        metric_shard_rotate(shards[i], 3 * MINUTE);
    }
    count_gauge(shards[1], 4); // the other one has no sample yet
    assert_gauge(shards, (struct metric_request){.bucket = 2}, 7, 2);
    assert_gauge(shards, (struct metric_request){.bucket = 1}, 10, 2);
    assert_gauge(shards, (struct metric_request){.bucket = 0}, 4, 1);
    assert_gauge(shards, (struct metric_request){.window = 3}, 4, 5);
    for (unsigned i = 0; i < 2; i++)
        metric_shard_free(shards[i]);
}

// The same whichever comes first.
static void gauges_in_any_order(void **state)
{
    (void)state;
    struct metric_settings settings = fake_settings(0);
    struct metric_bucket *parts[3];
    for (unsigned i = 0; i < 3; i++) {
        parts[i] = metric_bucket_new(&gauge_table, &settings, &pool);
        assert_non_null(parts[i]);
        metric_bucket_reset(parts[i], (1 + i) * MINUTE);
        metric_set(parts[i]->root, 0, 30 - 10 * i);
        if (i < 2)
            metric_bucket_close(parts[i], (2 + i) * MINUTE);
    }
    for (unsigned first = 0; first < 3; first++) {
        struct metric_bucket *sum = metric_bucket_new(&gauge_table, &settings, &pool);
        assert_non_null(sum);
        for (unsigned i = 0; i < 3; i++)
            assert_true(metric_bucket_merge(sum, parts[(first + i) % 3]));
        assert_int_equal(sum->root->cells[0].count, 10);
        metric_bucket_free(sum);
    }
    for (unsigned i = 0; i < 3; i++)
        metric_bucket_free(parts[i]);
}

static void keeps_nothing(void **state)
{
    (void)state;
    assert_int_equal(pool.used, 0);
}

int main(void)
{
    pool_init(&pool, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gauges_do_not_add_up),
        cmocka_unit_test(gauges_in_any_order),
        cmocka_unit_test(keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
