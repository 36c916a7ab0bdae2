#include "fake_pool.h"

#include "metric/reconfigure.h"

enum { RECORDS = 300 };

static void fill(struct metric_bucket *bucket)
{
    struct random_stream random = {.state = 7};
    bucket->start = MINUTE;
    for (unsigned i = 0; i < RECORDS; i++)
        count_random(bucket, &random);
}

static void assert_same_total(const struct frequent *a, const struct frequent *b)
{
    assert_true(a && b);
    assert_int_equal(a->total, b->total);
    assert_int_equal(a->items, b->items);
}

// In the order of appearance, with all that rows of `groups` hold.
static void assert_same(const struct metric_scope *a, const struct metric_scope *b, uint32_t groups)
{
    const struct metric_table *table = a->bucket->table;
    assert_int_equal(a->n_children, b->n_children);
    assert_true(a->used && b->used);
    for (unsigned i = 0; i < table->n_rows; i++) {
        const struct metric_row *row = &table->rows[i];
        if (row->scope != a->kind || !metric_row_visible(row, groups))
            continue;
        if (row->kind == METRIC_COUNTER)
            assert_int_equal(a->cells[i].count, b->cells[i].count);
        if (row->kind == METRIC_TOP)
            assert_same_total(a->cells[i].top, b->cells[i].top);
        if (row->kind == METRIC_RATE)
            assert_int_equal(a->cells[i].rate->total, b->cells[i].rate->total);
        if (row->kind == METRIC_QUANTILES)
            assert_int_equal(a->cells[i].quantiles->count, b->cells[i].quantiles->count);
        if (row->kind == METRIC_DISTINCT)
            assert_true(hll_estimate(a->cells[i].distinct) == hll_estimate(b->cells[i].distinct));
    }
    for (uint32_t i = 0; i < a->n_children; i++) {
        assert_true(span_equal(span_of(a->children[i]->key, a->children[i]->key_len),
                               span_of(b->children[i]->key, b->children[i]->key_len)));
        assert_same(a->children[i], b->children[i], groups);
    }
}

static void groups_on_and_off(void **state)
{
    (void)state;
    struct metric_bucket *twin = fake_bucket(&pool, COUNTERS | TOPS);
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS);
    fill(twin);
    fill(bucket);
    struct metric_settings settings = fake_settings(COUNTERS | TOPS | DETAILS);
    settings.topn_count = 3;
    settings.topn_percentile = 50;
    settings.periods = 9; // not looked at
    assert_true(metric_bucket_reconfigure(bucket, &settings, NULL));
    assert_same(twin->root, bucket->root, COUNTERS | TOPS);
    assert_int_equal(bucket->root->cells[TIME].histogram->count, 0);
    assert_int_equal(bucket->settings->topn_count, 3);
    assert_true(bucket->settings->topn_percentile == 50);
    assert_int_equal(bucket->settings->periods, 5);
    assert_true(bucket->start == MINUTE);

    metric_histogram(bucket->root, TIME, 5);
    settings.groups = TOPS;
    assert_true(metric_bucket_reconfigure(bucket, &settings, NULL));
    assert_same(twin->root, bucket->root, TOPS);
    assert_null(bucket->root->cells[TIME].histogram);
    assert_null(bucket->root->cells[USERS].distinct);

    settings.groups = COUNTERS | TOPS; // on again: from nothing
    assert_true(metric_bucket_reconfigure(bucket, &settings, NULL));
    assert_int_equal(bucket->root->cells[QUERIES].count, 0);
    assert_true(hll_estimate(bucket->root->cells[USERS].distinct) == 0);
    fill(bucket);
    metric_bucket_free(bucket);
    metric_bucket_free(twin);
}

// Blocks that wait for their next use have the old layout.
static void spare_blocks_are_not_used_again(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, TOPS);
    fill(bucket);
    metric_bucket_reset(bucket, MINUTE);
    struct metric_settings settings = fake_settings(COUNTERS | TOPS | DETAILS);
    assert_true(metric_bucket_reconfigure(bucket, &settings, NULL));
    fill(bucket);
    assert_non_null(interface(device(bucket->root, "10.0.0.1"), "1")->cells[PEERS].distinct);
    metric_bucket_free(bucket);
}

static void settings_without_groups_allocate_nothing(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, TOPS);
    struct metric_scope *root = bucket->root;
    struct metric_settings settings = fake_settings(TOPS);
    settings.topn_count = 77;
    uint64_t before = mem_allocations();
    assert_true(metric_bucket_reconfigure(bucket, &settings, NULL));
    assert_int_equal(mem_allocations(), before);
    assert_ptr_equal(bucket->root, root);
    assert_int_equal(bucket->settings->topn_count, 77);
    metric_bucket_free(bucket);
}

static struct metric_shard *filled_shard(void)
{
    struct metric_settings settings = fake_settings(COUNTERS | TOPS);
    struct metric_shard *shard = metric_shard_new_live(&fake_table, &settings, &pool);
    assert_non_null(shard);
    fill(shard->live);
    metric_shard_rotate_to(shard, 2 * MINUTE, 2);
    fill(shard->live);
    return shard;
}

static void shards(void **state)
{
    (void)state;
    struct metric_shard *shard = filled_shard();
    struct metric_settings settings = fake_settings(TOPS | DETAILS);
    settings.topn_count = 2;
    assert_true(metric_shard_reconfigure(shard, &settings, NULL));
    for (unsigned i = 0; i < 2; i++) {
        assert_null(shard->periods[i]->root->cells[USERS].distinct);
        assert_non_null(shard->periods[i]->root->cells[TIME].histogram);
        assert_true(shard->periods[i]->root->cells[NAMES].top->total > 0);
    }
    assert_int_equal(shard->settings.topn_count, 2);
    assert_int_equal(shard->settings.groups, TOPS | DETAILS);
    metric_shard_rotate_to(shard, 3 * MINUTE, 3);
    fill(shard->live);
    assert_int_equal(shard->live->settings->topn_count, 2);
    metric_shard_free(shard);
}

static struct metric_history *filled_history(void)
{
    struct metric_settings settings = fake_settings(COUNTERS | TOPS);
    struct metric_history *history = metric_history_new(&fake_table, &settings, &pool);
    assert_non_null(history);
    for (unsigned minute = 0; minute < 3; minute++) {
        struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS);
        fill(bucket);
        metric_bucket_close(bucket, 2 * MINUTE);
        metric_history_push(history, bucket);
    }
    return history;
}

static void histories(void **state)
{
    (void)state;
    struct metric_history *history = filled_history();
    struct metric_settings settings = fake_settings(DETAILS);
    settings.topn_count = 2;
    assert_true(metric_history_reconfigure(history, &settings, NULL));
    struct metric_bucket *live = fake_bucket(&pool, DETAILS);
    metric_histogram(live->root, TIME, 5);
    struct metric_request request = {.window = 4};
    struct metric_bucket *all = metric_history_collect(history, live, request, &pool, NULL);
    assert_non_null(all);
    assert_int_equal(all->root->cells[EVENTS].count, 3 * RECORDS);
    assert_int_equal(all->root->cells[TIME].histogram->count, 1);
    assert_int_equal(all->settings->topn_count, 2);
    assert_null(all->root->cells[NAMES].top);
    metric_bucket_free(all);
    metric_bucket_free(live);
    metric_history_free(history);
}

static bool all_have(struct metric_history *history, unsigned row)
{
    unsigned n = 0;
    for (unsigned i = 0; i < metric_history_count(history); i++)
        n += metric_history_bucket(history, i)->root->cells[row].sketch != NULL;
    assert_true(n == 0 || n == metric_history_count(history));
    return n != 0;
}

// All buckets change or none, at whichever allocation it fails.
static void without_memory(void **state)
{
    (void)state;
    struct metric_settings settings = fake_settings(TOPS | DETAILS);
    for (uint64_t n = 1;; n++) {
        struct metric_history *history = filled_history();
        struct error err = {0};
        mem_fail_at(n);
        bool done = metric_history_reconfigure(history, &settings, &err);
        mem_fail_at(0);
        assert_int_equal(all_have(history, TIME), done);
        assert_int_equal(all_have(history, USERS), !done);
        assert_int_equal(metric_history_bucket(history, 2)->root->cells[EVENTS].count, RECORDS);
        assert_int_equal(metric_history_memory(history), atomic_load(&pool.used));
        metric_history_free(history);
        if (done)
            break;
        assert_int_equal(err.code, ERROR_MEMORY);
    }
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_on_and_off),
        cmocka_unit_test(spare_blocks_are_not_used_again),
        cmocka_unit_test(settings_without_groups_allocate_nothing),
        cmocka_unit_test(shards),
        cmocka_unit_test(histories),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
