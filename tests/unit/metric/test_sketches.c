// Documents of sketches: what is written is read again, and parts add up to the whole.
#include "sketches_test.h"

enum { PARTS = 6 };

static struct metric_bucket *random_bucket(uint64_t seed, unsigned records, int64_t minute)
{
    struct metric_bucket *bucket = fake_bucket(&pool, ALL_GROUPS);
    struct random_stream random = {.state = seed};
    metric_bucket_reset(bucket, minute * MINUTE);
    for (unsigned i = 0; i < records; i++)
        count_random(bucket, &random);
    metric_bucket_close(bucket, (minute + 1) * MINUTE);
    return bucket;
}

// The whole is printed as documents are: as a recording, without what is live.
static void as_recorded(struct metric_bucket *bucket)
{
    bucket->own_settings.recorded = true;
}

static void test_a_document_reads_back(void **state)
{
    (void)state;
    static const unsigned sizes[] = {0, 1, 7, 100, 256, 257, 3000, 20000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct metric_bucket *bucket = random_bucket(i, sizes[i], 7);
        bucket->missed = (struct metric_completeness){1, 2, 3, 4};
        struct metric_merge merge = new_merge(0);
        add_document(&merge, document_of(bucket, "a", 0));
        metric_merge_finish(&merge);
        assert_int_equal(merge.n, 1);
        assert_same_text(bucket, merge.sums[0]->bucket);
        metric_merge_done(&merge);
        metric_bucket_free(bucket);
    }
}

// Dense distinct counts answer from their registers, which are the same for every split; what the
// order of updates adds to that is not.
static void forget_order(struct metric_scope *scope)
{
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        struct hll *distinct = scope->cells[i].distinct;
        if (fake_rows[i].scope != scope->kind || fake_rows[i].kind != METRIC_DISTINCT ||
            distinct->mode != HLL_DENSE)
            continue;
        distinct->out_of_order = true;
        distinct->hip = 0;
    }
    for (uint32_t i = 0; i < scope->n_children; i++)
        forget_order(scope->children[i]);
}

// Parts of one minute, of agents; parts of minutes; some are nested merges.
static void test_parts_add_up_to_the_whole(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        bool minutes = round % 2;
        struct metric_bucket *whole = fake_bucket(&pool, ALL_GROUPS);
        struct metric_merge merge = new_merge(0), nested = new_merge(0);
        for (unsigned part = 0; part < PARTS; part++) {
            struct metric_bucket *bucket = random_bucket(
                round * PARTS + part, 1 + (round * 97 + part * 31) % 900, minutes ? 7 + part : 7);
            assert_true(metric_bucket_merge(whole, bucket));
            add_document(part < 3 ? &nested : &merge, document_of(bucket, "a", 0));
            metric_bucket_free(bucket);
        }
        metric_merge_finish(&nested);
        add_document(&merge, document_of_merge(&nested, 0));
        metric_merge_finish(&merge);
        as_recorded(whole);
        forget_order(whole->root);
        forget_order(merge.sums[0]->bucket->root);
        assert_same_text(whole, merge.sums[0]->bucket);
        assert_int_equal(merge.sums[0]->rest.merged, PARTS);
        metric_merge_done(&nested);
        metric_merge_done(&merge);
        metric_bucket_free(whole);
    }
}

static void check_bounds(const struct frequent *truth, const struct frequent *cut)
{
    struct frequent_row row;
    assert_true(cut->total == truth->total);
    for (size_t at = 0; frequent_next(truth, &at, &row);) {
        struct frequent_row held =
            truth->kind == FREQUENT_BYTES
                ? frequent_get_bytes(cut, hash_bytes(hash_process_key(), row.item), row.item)
                : frequent_get_u64(cut, hash_u64(hash_process_key(), row.item_u64), row.item_u64);
        assert_true(held.lower <= row.lower && row.lower <= held.upper);
    }
}

static void check_counts(const struct count16 *truth, const struct count16 *cut)
{
    uint16_t value;
    uint64_t count;
    assert_true(cut->total == truth->total);
    for (size_t at = 0; count16_next(truth, &at, &value, &count);) {
        uint64_t lower = count16_count(cut, value);
        assert_true(lower <= count && count <= lower + cut->offset);
    }
}

static void test_cut_lists_keep_their_bounds(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 10; round++) {
        struct metric_bucket *whole = fake_bucket(&pool, ALL_GROUPS);
        struct metric_merge merge = new_merge(0);
        for (unsigned part = 0; part < PARTS; part++) {
            struct metric_bucket *bucket = random_bucket(round * PARTS + part, 2000, 7);
            assert_true(metric_bucket_merge(whole, bucket));
            add_document(&merge, document_of(bucket, "a", 5 + 10 * part));
            metric_bucket_free(bucket);
        }
        metric_merge_finish(&merge);
        const union metric_cell *cells = merge.sums[0]->bucket->root->cells;
        check_bounds(whole->root->cells[NAMES].top, cells[NAMES].top);
        check_bounds(whole->root->cells[PORTS].top, cells[PORTS].top);
        check_counts(whole->root->cells[SERVICES].top16, cells[SERVICES].top16);
        assert_true(cells[NAMES].top->offset > 0 && cells[SERVICES].top16->offset > 0);
        assert_true(metric_bucket_untracked(merge.sums[0]->bucket) > 0);
        metric_merge_done(&merge);
        metric_bucket_free(whole);
    }
}

// What stays in a list that was cut is printed with the weight that it has in the whole one.
static void test_the_heaviest_rows_of_a_cut_list_are_exact(void **state)
{
    (void)state;
    struct metric_bucket *bucket = random_bucket(1, 5000, 7);
    struct metric_merge merge = new_merge(0);
    struct arena arena;
    struct metric_top_row *before, *after;
    arena_init(&arena, 1 << 16, 0);
    add_document(&merge, document_of(bucket, "a", 50));
    metric_merge_finish(&merge);
    static const unsigned lists[] = {NAMES, PORTS, SERVICES};
    for (size_t i = 0; i < 3; i++) {
        size_t n = metric_top_rows(&fake_rows[lists[i]], &bucket->root->cells[lists[i]],
                                   bucket->settings, &arena, &before);
        size_t kept =
            metric_top_rows(&fake_rows[lists[i]], &merge.sums[0]->bucket->root->cells[lists[i]],
                            bucket->settings, &arena, &after);
        assert_int_equal(n, kept);
        for (size_t r = 0; r < n; r++) {
            assert_true(span_equal(before[r].name, after[r].name));
            assert_true(before[r].estimate == after[r].estimate);
        }
    }
    arena_done(&arena);
    metric_merge_done(&merge);
    metric_bucket_free(bucket);
}

static void test_agents_and_taps_are_merged_or_kept_apart(void **state)
{
    (void)state;
    struct metric_bucket *bucket = random_bucket(1, 100, 7);
    static const struct {
        unsigned by;
        size_t sums;
        const char *agent;
    } cases[] = {{0, 1, ""}, {METRIC_MERGE_BY_AGENT, 2, "a"}, {METRIC_MERGE_BY_TAP, 1, ""}};
    for (size_t i = 0; i < 3; i++) {
        struct metric_merge merge = new_merge(cases[i].by);
        add_document(&merge, document_of(bucket, "b", 0));
        add_document(&merge, document_of(bucket, "a", 0));
        metric_merge_finish(&merge);
        assert_int_equal(merge.n, cases[i].sums);
        assert_true(span_equal(merge.sums[0]->origin.agent, span_text(cases[i].agent)));
        assert_true(span_equal(merge.sums[0]->origin.tap, span_text("eth0")));
        assert_true(merge.sums[0]->bucket->root->cells[EVENTS].count == 200 / cases[i].sums);
        metric_merge_done(&merge);
    }
    metric_bucket_free(bucket);
}

static void test_an_open_bucket_ends_when_it_was_written(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, ALL_GROUPS);
    metric_bucket_reset(bucket, 999 * MINUTE);
    metric_count(bucket->root, EVENTS, 3);
    struct metric_merge merge = new_merge(0);
    add_document(&merge, document_of(bucket, "a", 0)); // at minute 1000
    metric_merge_finish(&merge);
    assert_false(merge.sums[0]->bucket->closed);
    assert_true(merge.written == 1000 * MINUTE);
    assert_int_equal(metric_cover_seconds(&merge.sums[0]->rest.cover), 60);
    assert_same_text(bucket, merge.sums[0]->bucket);
    metric_merge_done(&merge);
    metric_bucket_free(bucket);
}

static struct metric_bucket *set_bucket(uint32_t groups, uint64_t topn, double percentile)
{
    struct metric_settings settings = fake_settings(groups);
    settings.topn_count = topn;
    settings.topn_percentile = percentile;
    struct metric_bucket *bucket = metric_bucket_new(&fake_table, &settings, &pool);
    assert_non_null(bucket);
    metric_bucket_reset(bucket, 7 * MINUTE);
    metric_count(bucket->root, EVENTS, 1);
    metric_bucket_close(bucket, 8 * MINUTE);
    return bucket;
}

static void test_settings_of_parts_that_differ(void **state)
{
    (void)state;
    struct metric_bucket *few = set_bucket(COUNTERS, 5, 20),
                         *more = set_bucket(TOPS | SIZES, 9, 50);
    struct metric_bucket *none = set_bucket(0, 100, 0);
    struct metric_merge merge = new_merge(0);
    add_document(&merge, document_of(few, "a", 0));
    add_document(&merge, document_of(more, "b", 0));
    add_document(&merge, document_of(none, "c", 0)); // its groups are all off: without a part
    metric_merge_finish(&merge);
    const struct metric_settings *settings = merge.sums[0]->bucket->settings;
    assert_int_equal(settings->groups, COUNTERS | TOPS | SIZES);
    assert_int_equal(settings->topn_count, 9);
    assert_true(settings->topn_percentile == 20);
    assert_int_equal(merge.documents, 3);
    assert_int_equal(merge.sums[0]->rest.merged, 2);
    metric_merge_done(&merge);
    metric_bucket_free(few);
    metric_bucket_free(more);
    metric_bucket_free(none);
}

// Of distinct counts of two sizes the smaller one stays.
static void test_distinct_counts_of_other_sizes(void **state)
{
    (void)state;
    static struct metric_row rows[ROW_COUNT];
    memcpy(rows, fake_rows, sizeof rows);
    rows[USERS].lg_k = 10;
    struct metric_table small = fake_table;
    small.rows = rows;
    struct metric_settings settings = fake_settings(ALL_GROUPS);
    struct metric_bucket *bucket = metric_bucket_new(&small, &settings, &pool);
    struct metric_bucket *other = random_bucket(2, 9000, 7);
    assert_non_null(bucket);
    metric_bucket_reset(bucket, 7 * MINUTE);
    for (uint64_t i = 0; i < 5000; i++)
        metric_distinct(bucket->root, USERS, hll_coupon_u64(i));
    metric_bucket_close(bucket, 8 * MINUTE);
    struct metric_merge merge = new_merge(0);
    add_document(&merge, document_of(other, "a", 0));
    add_document(&merge, document_of(bucket, "b", 0));
    metric_merge_finish(&merge);
    const struct hll *users = merge.sums[0]->bucket->root->cells[USERS].distinct;
    assert_int_equal(users->lg_k, 10);
    assert_true(fabs(hll_estimate(users) - 5000) < 500);
    metric_merge_done(&merge);
    metric_bucket_free(bucket);
    metric_bucket_free(other);
}

// Parts go into the next document when one has become large, and each is complete.
static void test_many_parts_are_several_documents(void **state)
{
    (void)state;
    enum { HANDLERS = 40 };
    struct metric_bucket *bucket = random_bucket(1, 20000, 7);
    struct metric_export_options options = {.writer = "test", .now = MINUTE};
    struct metric_exporter exporter;
    struct metric_merge merge = new_merge(0);
    char name[16];
    buffer_clear(&out);
    metric_export_begin(&exporter, &options, &out, NULL);
    for (unsigned i = 0; i < HANDLERS; i++) {
        snprintf(name, sizeof name, "h%02u", i);
        metric_export_add(&exporter, &(struct metric_export_part){.origin = origin_of("a", name),
                                                                  .bucket = bucket});
    }
    assert_true(metric_export_end(&exporter));
    add_document(&merge, buffer_span(&out));
    metric_merge_finish(&merge);
    assert_true(merge.documents > 1 && merge.documents < HANDLERS);
    assert_int_equal(merge.n, HANDLERS);
    assert_same_text(bucket, merge.sums[HANDLERS - 1]->bucket);
    metric_merge_done(&merge);
    metric_bucket_free(bucket);
}

static void test_without_parts(void **state)
{
    (void)state;
    struct metric_exporter exporter;
    struct metric_merge merge = new_merge(0);
    buffer_clear(&out);
    metric_export_begin(&exporter, &(struct metric_export_options){.writer = "\xff"}, &out, NULL);
    assert_true(metric_export_end(&exporter));
    add_document(&merge, buffer_span(&out));
    metric_merge_finish(&merge);
    assert_true(merge.n == 0 && merge.documents == 1);
    metric_merge_done(&merge);
}

static void test_without_memory(void **state)
{
    (void)state;
    struct metric_bucket *bucket = random_bucket(1, 500, 7);
    struct span document = document_of(bucket, "a", 0);
    for (struct failing f = {0}; fail_next(&f);) {
        struct metric_merge merge = new_merge(0);
        struct error err = {0};
        bool added = metric_merge_add(&merge, document, &err) != 0;
        mem_fail_at(0);
        assert_true(added ? has_failed(&f) || err.code == ERROR_NONE : has_failed(&f));
        assert_true(added || err.code == ERROR_MEMORY);
        metric_merge_finish(&merge);
        metric_merge_done(&merge);
    }
    metric_bucket_free(bucket);
}

static void test_writing_without_memory(void **state)
{
    (void)state;
    struct metric_bucket *bucket = random_bucket(1, 500, 7);
    struct metric_export_part part = {.origin = origin_of("a", "h"), .bucket = bucket};
    for (struct failing f = {0}; fail_next(&f);) {
        struct metric_exporter exporter;
        struct buffer document;
        struct error err = {0};
        buffer_init(&document, DOCUMENT_MAX);
        metric_export_begin(&exporter, &(struct metric_export_options){.writer = "test"}, &document,
                            &err);
        metric_export_add(&exporter, &part);
        bool written = metric_export_end(&exporter);
        mem_fail_at(0);
        assert_int_equal(written, !has_failed(&f));
        assert_int_equal(err.code, written ? ERROR_NONE : ERROR_MEMORY);
        buffer_done(&document);
    }
    metric_bucket_free(bucket);
}

#define TEXT_TEST(test) cmocka_unit_test_setup_teardown(test, text_setup, text_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(test_a_document_reads_back),
        TEXT_TEST(test_parts_add_up_to_the_whole),
        TEXT_TEST(test_cut_lists_keep_their_bounds),
        TEXT_TEST(test_the_heaviest_rows_of_a_cut_list_are_exact),
        TEXT_TEST(test_agents_and_taps_are_merged_or_kept_apart),
        TEXT_TEST(test_an_open_bucket_ends_when_it_was_written),
        TEXT_TEST(test_settings_of_parts_that_differ),
        TEXT_TEST(test_distinct_counts_of_other_sizes),
        TEXT_TEST(test_many_parts_are_several_documents),
        TEXT_TEST(test_without_parts),
        TEXT_TEST(test_without_memory),
        TEXT_TEST(test_writing_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
