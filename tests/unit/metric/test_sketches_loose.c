// Documents of newer versions: what our table does not know is kept, merged by its kind, and
// written again, so that who knows it misses nothing.
#include "sketches_test.h"

#include "base/protobuf.h"
#include "metric/sketches_fields.h"

#include <zstd.h>

enum { PARTS = 5 };

// The table of an older version: without a row of each kind, without the innermost scope, without
// directions but "in", without the last group.
static const uint16_t newer_ids[] = {1, 2, 5, 6, 7, 8, 9, 13, 22, 15, 16};
static struct metric_row older_rows[ROW_COUNT];
static const char *const older_directions[] = {"in", NULL};
static struct metric_scope_row older_scopes[SCOPE_COUNT - 1];
static struct metric_table older_table;

static bool is_newer(const struct metric_row *row)
{
    for (size_t i = 0; i < sizeof newer_ids / sizeof *newer_ids; i++)
        if (row->id == newer_ids[i])
            return true;
    return row->scope == INTERFACE || row->groups & SIZES;
}

static int make_older_table(void **state)
{
    older_table = fake_table;
    older_table.rows = older_rows;
    older_table.n_rows = 0;
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (!is_newer(&fake_rows[i]))
            older_rows[older_table.n_rows++] = fake_rows[i];
    memcpy(older_scopes, fake_scopes, sizeof older_scopes);
    older_scopes[DIRECTION].keys = older_directions;
    older_table.scopes = older_scopes;
    older_table.n_scopes = SCOPE_COUNT - 1;
    older_table.n_groups--;
    fake_known = &fake_table;
    return text_setup(state);
}

static struct metric_bucket *random_bucket(uint64_t seed, unsigned records)
{
    struct metric_bucket *bucket = fake_bucket(&pool, ALL_GROUPS);
    struct random_stream random = {.state = seed};
    metric_bucket_reset(bucket, 7 * MINUTE);
    for (unsigned i = 0; i < records; i++)
        count_random(bucket, &random);
    metric_bucket_close(bucket, 8 * MINUTE);
    return bucket;
}

// Through who knows `table`, and back to who knows all of it.
static void merge_through(const struct metric_table *table, struct metric_merge *back,
                          unsigned parts)
{
    fake_known = table;
    struct metric_merge merge = new_merge(0);
    for (unsigned part = 0; part < parts; part++) {
        struct metric_bucket *bucket = random_bucket(part, 300);
        add_document(&merge, document_of(bucket, "a", 0));
        metric_bucket_free(bucket);
    }
    metric_merge_finish(&merge);
    assert_int_equal(merge.sums[0]->known, table != NULL);
    fake_known = &fake_table;
    *back = new_merge(0);
    add_document(back, document_of_merge(&merge, 0));
    metric_merge_finish(back);
    metric_merge_done(&merge);
}

static void check_through(const struct metric_table *table)
{
    for (unsigned parts = 1; parts <= PARTS; parts += 2) {
        struct metric_merge direct, through;
        merge_through(&fake_table, &direct, parts);
        merge_through(table, &through, parts);
        assert_same_text(direct.sums[0]->bucket, through.sums[0]->bucket);
        assert_int_equal(direct.sums[0]->bucket->settings->groups,
                         through.sums[0]->bucket->settings->groups);
        assert_int_equal(through.sums[0]->rest.merged, parts);
        metric_merge_done(&direct);
        metric_merge_done(&through);
    }
}

static void test_rows_that_an_older_version_does_not_know(void **state)
{
    (void)state;
    check_through(&older_table);
}

static void test_handlers_that_are_not_known(void **state)
{
    (void)state;
    check_through(NULL);
}

// --- Rows of kinds that nobody knows

static struct span packed(struct span plain)
{
    static uint8_t frame[1 << 16];
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    assert_non_null(zstd);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    size_t size = ZSTD_compress2(zstd, frame, sizeof frame, plain.ptr, plain.len);
    ZSTD_freeCCtx(zstd);
    assert_false(ZSTD_isError(size));
    return span_of(frame, size);
}

static void add_origin(struct buffer *plain)
{
    proto_add_bytes(plain, PART_POLICY, span_text("default"));
    proto_add_bytes(plain, PART_HANDLER, span_text("h"));
    proto_add_bytes(plain, PART_TYPE, span_text("fake"));
    proto_add_bytes(plain, PART_TYPE_VERSION, span_text("1.0"));
    size_t settings = proto_begin(plain, PART_SETTINGS);
    proto_add_bytes(plain, SETTINGS_GROUPS, span_text("counters"));
    proto_end(plain, settings);
}

// A document with one row in a root (or, with a label, in an instance below it).
static struct span document_with(struct span row, const char *label)
{
    struct buffer plain;
    buffer_init(&plain, 1 << 16);
    proto_add_u64(&plain, SKETCHES_VERSION, 1);
    size_t part = proto_begin(&plain, SKETCHES_PARTS);
    add_origin(&plain);
    size_t root = proto_begin(&plain, PART_ROOT), scope = 0;
    if (label) {
        scope = proto_begin(&plain, SCOPE_SCOPES);
        proto_add_bytes(&plain, SCOPE_LABEL, span_text(label));
        proto_add_bytes(&plain, SCOPE_KEY, span_text("k"));
    }
    proto_add_bytes(&plain, SCOPE_ROWS, row);
    if (label)
        proto_end(&plain, scope);
    proto_end(&plain, root);
    proto_end(&plain, part);
    assert_false(plain.failed);
    struct span document = packed(buffer_span(&plain));
    buffer_done(&plain);
    return document;
}

static struct span row_of(uint32_t id, uint32_t field, uint64_t value)
{
    static uint8_t bytes[64];
    struct buffer row;
    buffer_init(&row, sizeof bytes);
    proto_add_u64(&row, ROW_ID, id);
    proto_add_u64(&row, field, value);
    assert_false(row.failed);
    size_t len = row.len;
    memcpy(bytes, row.data, len);
    buffer_done(&row);
    return span_of(bytes, len);
}

static bool holds(const struct metric_loose *loose, size_t at, struct span bytes)
{
    return loose->rows[at].bytes &&
           span_equal(span_of(loose->rows[at].bytes, loose->rows[at].size), bytes);
}

static void test_unknown_kinds_stand_side_by_side(void **state)
{
    (void)state;
    struct metric_merge merge = new_merge(0), again = new_merge(0);
    for (uint64_t value = 1; value <= 3; value++)
        add_document(&merge, document_with(row_of(900, 77, value), NULL));
    metric_merge_finish(&merge);
    add_document(&again, document_of_merge(&merge, 0));
    metric_merge_finish(&again);
    const struct metric_loose *loose = &again.sums[0]->rest.loose;
    assert_int_equal(loose->n_rows, 3);
    for (uint64_t value = 1; value <= 3; value++)
        assert_true(holds(loose, value - 1, row_of(900, 77, value)));
    metric_merge_done(&merge);
    metric_merge_done(&again);
}

// A single row passes with fields that we do not know in it.
static void test_a_single_row_stays_byte_for_byte(void **state)
{
    (void)state;
    static const uint8_t row[] = {0x08, 0x84, 0x07, 0x22, 0x04, 0x08, 0x00, 0x78, 0x05};
    struct metric_merge merge = new_merge(0), again = new_merge(0);
    add_document(&merge, document_with(span_of(row, sizeof row), "planet"));
    metric_merge_finish(&merge);
    add_document(&again, document_of_merge(&merge, 0));
    const struct metric_loose *root = &again.sums[0]->rest.loose;
    const struct metric_loose *planet =
        metric_loose_find(root, span_text("planet"), span_text("k"));
    assert_non_null(planet);
    assert_true(root->n_rows == 0 && planet->n_rows == 1);
    assert_true(holds(planet, 0, span_of(row, sizeof row)));
    metric_merge_done(&merge);
    metric_merge_done(&again);
}

static void test_unknown_counters_and_gauges(void **state)
{
    (void)state;
    struct metric_merge merge = new_merge(0);
    static const uint64_t values[] = {5, 9, 2};
    for (size_t i = 0; i < 3; i++) {
        add_document(&merge, document_with(row_of(900, ROW_COUNTER, values[i]), NULL));
        add_document(&merge, document_with(row_of(901, ROW_GAUGE, values[i]), NULL));
    }
    const struct metric_loose *loose = &merge.sums[0]->rest.loose;
    assert_int_equal(loose->n_rows, 2);
    assert_int_equal(loose->rows[0].cell.count, 16);
    assert_int_equal(loose->rows[1].cell.count, 9);
    metric_merge_done(&merge);
}

// --- The same id as something else

static void check_conflict(struct span first, const char *first_label, struct span second,
                           const char *second_label, const char *text)
{
    struct metric_merge merge = new_merge(0);
    struct error err = {0};
    uint8_t kept[64];
    memcpy(kept, second.ptr, second.len);
    if (first.len)
        add_document(&merge, document_with(first, first_label));
    struct span document = document_with(span_of(kept, second.len), second_label);
    assert_int_equal(metric_merge_add(&merge, document, &err), 0);
    assert_int_equal(err.code, ERROR_FORMAT);
    assert_string_equal(err.text, text);
    metric_merge_done(&merge);
}

static void test_conflicts_name_the_row(void **state)
{
    (void)state;
    static const struct {
        uint32_t id, field;
        const char *label, *text;
    } known[] = {
        {2, ROW_GAUGE, NULL,
         "part 1 (policy default, handler h): row 2 (events): a gauge here, a counter elsewhere"},
        {8, ROW_COUNTER, NULL,
         "part 1 (policy default, handler h): row 8 (top_names): a counter here, a top list of "
         "strings elsewhere"},
        {13, 99, NULL,
         "part 1 (policy default, handler h): row 13 (cardinality.users): of an unknown kind "
         "here, a distinct count elsewhere"},
        {2, ROW_COUNTER, "planet",
         "part 1 (policy default, handler h): row 2 (events): in another scope than elsewhere"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        check_conflict(span_of(NULL, 0), NULL, row_of(known[i].id, known[i].field, 1),
                       known[i].label, known[i].text);
    uint8_t counter[64];
    struct span row = row_of(900, ROW_COUNTER, 1);
    memcpy(counter, row.ptr, row.len);
    check_conflict(span_of(counter, row.len), NULL, row_of(900, ROW_GAUGE, 1), NULL,
                   "part 1 (policy default, handler h): row 900: a gauge here, a counter "
                   "elsewhere");
}

#define TEXT_TEST(test) cmocka_unit_test_setup_teardown(test, make_older_table, text_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(test_rows_that_an_older_version_does_not_know),
        TEXT_TEST(test_handlers_that_are_not_known),
        TEXT_TEST(test_unknown_kinds_stand_side_by_side),
        TEXT_TEST(test_a_single_row_stays_byte_for_byte),
        TEXT_TEST(test_unknown_counters_and_gauges),
        TEXT_TEST(test_conflicts_name_the_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
