// Documents from strangers: refused with a reason, and then nothing has changed; or taken, and then
// everything can be written.
#include "sketches_test.h"

#include "base/protobuf.h"
#include "metric/sketches_fields.h"

#include <zstd.h>

enum { PLAIN_MAX = 1 << 20 };

static ZSTD_CCtx *zstd;

static struct span packed_at(struct span plain, int level, bool checksum)
{
    static uint8_t frame[PLAIN_MAX + 1024];
    ZSTD_CCtx_reset(zstd, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, checksum);
    size_t size = ZSTD_compress2(zstd, frame, sizeof frame, plain.ptr, plain.len);
    assert_false(ZSTD_isError(size));
    return span_of(frame, size);
}

static struct span packed(struct span plain)
{
    return packed_at(plain, 1, true);
}

// The content of a document of a random bucket.
static size_t random_content(uint8_t *plain, unsigned records)
{
    struct metric_bucket *bucket = fake_bucket(&pool, ALL_GROUPS);
    struct random_stream random = {.state = records};
    metric_bucket_reset(bucket, 7 * MINUTE);
    for (unsigned i = 0; i < records; i++)
        count_random(bucket, &random);
    metric_bucket_close(bucket, 8 * MINUTE);
    struct span document = document_of(bucket, "a", 20);
    size_t size = ZSTD_decompress(plain, PLAIN_MAX, document.ptr, document.len);
    assert_false(ZSTD_isError(size));
    metric_bucket_free(bucket);
    return size;
}

static char *text_of_first(const struct metric_merge *merge)
{
    struct metric_bucket *bucket = merge->sums[0]->bucket;
    bucket->own_settings.groups = ALL_GROUPS;
    return text_of(bucket);
}

// Adds it to a merge that holds something: refused, it leaves that as it was.
static void add_whatever(struct span document, struct span sound)
{
    struct metric_merge merge = new_merge(0);
    struct error err = {0};
    assert_true(metric_merge_add(&merge, sound, NULL));
    char *before = text_of_first(&merge);
    size_t sums = merge.n;
    if (!metric_merge_add(&merge, document, &err)) {
        char *after = text_of_first(&merge);
        assert_true(err.code == ERROR_FORMAT || err.code == ERROR_UNSUPPORTED);
        assert_string_equal(before, after);
        assert_int_equal(merge.n, sums);
        mem_free(after);
    }
    mem_free(before);
    metric_merge_finish(&merge);
    document_of_merge(&merge, 3);
    mem_free(text_of(merge.sums[0]->bucket));
    metric_merge_done(&merge);
}

static void property_changed_content(void **state)
{
    (void)state;
    static uint8_t plain[PLAIN_MAX], sound[PLAIN_MAX];
    static const unsigned records[] = {20, 300, 600};
    struct random_stream random = {.state = 1};
    for (size_t i = 0; i < 3; i++) {
        size_t size = random_content(plain, records[i]);
        struct span whole = packed(span_of(plain, size));
        memcpy(sound, whole.ptr, whole.len);
        for (unsigned round = 0; round < 400; round++) {
            uint8_t *byte = &plain[random_below(&random, size)], kept = *byte;
            uint8_t flipped = (uint8_t)(kept ^ (1u << random_below(&random, 8)));
            *byte = round % 2 ? flipped : (uint8_t)random_next(&random);
            add_whatever(packed(span_of(plain, size)), span_of(sound, whole.len));
            *byte = kept;
        }
    }
}

static void refuse(struct span document, const char *why)
{
    struct metric_merge merge = new_merge(0);
    struct error err = {0};
    assert_int_equal(metric_merge_add(&merge, document, &err), 0);
    if (!strstr(err.text, why))
        fail_msg("%s: %s", why, err.text);
    assert_int_equal(merge.n, 0);
    metric_merge_done(&merge);
}

static void test_every_cut_of_a_frame(void **state)
{
    (void)state;
    static uint8_t plain[PLAIN_MAX];
    struct span document = packed(span_of(plain, random_content(plain, 10)));
    for (size_t len = 0; len < document.len; len++)
        refuse(span_of(document.ptr, len), "zstd");
}

// Few bits of a frame can be something else without changing its content: the checksum sees to
// that.
static void test_every_changed_byte_of_a_frame(void **state)
{
    (void)state;
    static uint8_t plain[PLAIN_MAX], frame[PLAIN_MAX];
    struct span document = packed(span_of(plain, random_content(plain, 10)));
    struct metric_merge sound = new_merge(0);
    size_t taken = 0;
    memcpy(frame, document.ptr, document.len);
    assert_true(metric_merge_add(&sound, document, NULL));
    metric_merge_finish(&sound);
    for (size_t i = 0; i < document.len; i++) {
        struct metric_merge merge = new_merge(0);
        frame[i] ^= 8;
        if (metric_merge_add(&merge, span_of(frame, document.len), NULL)) {
            metric_merge_finish(&merge);
            assert_same_text(sound.sums[0]->bucket, merge.sums[0]->bucket);
            taken++;
        }
        metric_merge_done(&merge);
        frame[i] ^= 8;
    }
    assert_true(taken < document.len / 20);
    metric_merge_done(&sound);
}

static void test_every_cut_of_the_content(void **state)
{
    (void)state;
    static uint8_t plain[PLAIN_MAX], sound[PLAIN_MAX];
    size_t size = random_content(plain, 10);
    struct span whole = packed(span_of(plain, size));
    memcpy(sound, whole.ptr, whole.len);
    for (size_t len = 0; len < size; len += 1 + len / 100)
        add_whatever(packed(span_of(plain, len)), span_of(sound, whole.len));
}

static void test_frames_that_say_too_little_or_too_much(void **state)
{
    (void)state;
    static uint8_t frame[1 << 16];
    static const uint8_t bomb[] = {0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0x00, 0x00, 0x00, 0x10}; // 256 MiB
    struct span plain = span_of("\x08\x01", 2);
    refuse(span_of("text", 4), "no zstd frame");
    refuse(packed_at(plain, 1, false), "without a checksum");
    refuse(span_of(bomb, sizeof bomb), "not whole");
    ZSTD_CCtx_reset(zstd, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0);
    size_t size = ZSTD_compress2(zstd, frame, sizeof frame, plain.ptr, plain.len);
    refuse(span_of(frame, size), "does not say how long");
    uint8_t *zeros = mem_zalloc(METRIC_SKETCHES_PLAIN_MAX + 1);
    assert_non_null(zeros);
    struct span large = packed_at(span_of(zeros, METRIC_SKETCHES_PLAIN_MAX + 1), 1, true);
    refuse(large, "more than 32 MiB, or 64 MiB unpacked");
    mem_free(zeros);
}

static void test_other_versions(void **state)
{
    (void)state;
    refuse(packed(span_of("", 0)), "no document of sketches");
    refuse(packed(span_of("\x08\x00", 2)), "no document of sketches");
    refuse(packed(span_of("\x08\x02", 2)), "version 2 of the form, where 1 is known");
    refuse(packed(span_of("\x08\x01\x20\x00", 4)), "a part of another type");
    refuse(packed(span_of("\x08\x01\xff", 3)), "no document of sketches");
}

// --- Values, one at a time: a row in a part of its own

struct value {
    const char *why;
    void (*write)(struct buffer *row); // the value's field
    uint16_t id;
};

static void write_doubles(struct buffer *row, size_t n, double value)
{
    size_t mark = proto_begin(row, QUANTILES_VALUES);
    for (size_t i = 0; i < n; i++)
        proto_double(row, value);
    proto_end(row, mark);
}

static void write_counts(struct buffer *row, uint32_t field, size_t n, uint64_t value)
{
    size_t mark = proto_begin(row, field);
    for (size_t i = 0; i < n; i++)
        proto_varint(row, value);
    proto_end(row, mark);
}

#define VALUE(name, field, ...)                 \
    static void name(struct buffer *row)        \
    {                                           \
        size_t mark_ = proto_begin(row, field); \
        __VA_ARGS__                             \
        proto_end(row, mark_);                  \
    }

#define SCALE proto_add_u64(row, QUANTILES_SCALE, 5);

VALUE(scale_4, ROW_QUANTILES, proto_add_u64(row, QUANTILES_SCALE, 4);)
VALUE(too_many_values, ROW_QUANTILES, SCALE write_doubles(row, 257, 1);)
VALUE(value_infinite, ROW_QUANTILES, SCALE write_doubles(row, 1, INFINITY);)
VALUE(value_negative, ROW_QUANTILES, SCALE write_doubles(row, 1, -0.0);)
VALUE(sum_nan, ROW_QUANTILES, SCALE proto_add_double(row, QUANTILES_SUM, NAN);
      write_doubles(row, 1, 1);)
VALUE(values_and_zeros, ROW_QUANTILES, SCALE write_doubles(row, 1, 1);
      proto_add_u64(row, QUANTILES_ZEROS, 1);)
VALUE(few_in_buckets, ROW_QUANTILES, SCALE proto_add_u64(row, QUANTILES_ZEROS, 256);)
VALUE(zeros_out_of_range, ROW_QUANTILES, SCALE proto_add_u64(row, QUANTILES_ZEROS, UINT64_MAX);)
VALUE(buckets_out_of_range, ROW_QUANTILES, SCALE proto_add_sint(row, QUANTILES_FIRST, 2047);
      write_counts(row, QUANTILES_COUNTS, 2, 200);)
VALUE(buckets_below_range, ROW_QUANTILES, SCALE proto_add_sint(row, QUANTILES_FIRST, INT64_MIN);
      write_counts(row, QUANTILES_COUNTS, 2, 200);)
VALUE(buckets_overflow, ROW_QUANTILES,
      SCALE write_counts(row, QUANTILES_COUNTS, 2, UINT64_C(1) << 55);
      proto_add_u64(row, QUANTILES_ZEROS, 1);)
VALUE(extremes_elsewhere, ROW_QUANTILES, SCALE proto_add_double(row, QUANTILES_MIN, 1.5);
      proto_add_double(row, QUANTILES_MAX, 1000); write_counts(row, QUANTILES_COUNTS, 1, 300);)
VALUE(min_above_max, ROW_QUANTILES, SCALE proto_add_double(row, QUANTILES_MIN, 1.02);
      proto_add_double(row, QUANTILES_MAX, 1.01); write_counts(row, QUANTILES_COUNTS, 1, 300);)
VALUE(scale_of_another_type, ROW_QUANTILES, proto_add_double(row, QUANTILES_SCALE, 5);)
VALUE(real_histogram, ROW_HISTOGRAM, proto_add_u64(row, HISTOGRAM_IS_REAL, 1);)
VALUE(bins_out_of_range, ROW_HISTOGRAM, proto_add_u64(row, HISTOGRAM_FIRST, 485);
      write_counts(row, HISTOGRAM_COUNTS, 2, 1);)
VALUE(first_bin_out_of_range, ROW_HISTOGRAM, proto_add_u64(row, HISTOGRAM_FIRST, UINT64_MAX);)
VALUE(above_out_of_range, ROW_HISTOGRAM, proto_add_u64(row, HISTOGRAM_ABOVE, UINT64_MAX);)
VALUE(wide_rate, ROW_RATE, proto_add_u64(row, RATE_LG_WIDTH, 33);)
VALUE(far_rate, ROW_RATE, size_t run = proto_begin(row, RATE_RUNS);
      proto_add_sint(row, RUN_FIRST, INT64_MIN); write_counts(row, RUN_COUNTS, 1, 1);
      proto_end(row, run);)
VALUE(rate_overflow, ROW_RATE, size_t run = proto_begin(row, RATE_RUNS);
      write_counts(row, RUN_COUNTS, 3, UINT64_C(1) << 55); proto_end(row, run);)
VALUE(long_run, ROW_RATE, size_t run = proto_begin(row, RATE_RUNS);
      write_counts(row, RUN_COUNTS, RATE_BLOCK *RATE_BLOCKS * 10 + 1, 0); proto_end(row, run);)
VALUE(run_that_is_none, ROW_RATE, size_t run = proto_begin(row, RATE_RUNS);
      proto_add_bytes(row, RUN_COUNTS, span_of("\x80", 1)); proto_end(row, run);)
VALUE(no_list, ROW_TOP_STRINGS, buffer_add_text(row, "list");)
VALUE(no_count, ROW_DISTINCT, buffer_add_text(row, "distinct count");)
VALUE(no_ports, ROW_TOP_PORTS, buffer_add_text(row, "ports");)

static void counter_as_bytes(struct buffer *row)
{
    proto_add_bytes(row, ROW_COUNTER, span_text("1"));
}

static void two_values(struct buffer *row)
{
    proto_add_u64(row, ROW_COUNTER, 1);
    proto_add_u64(row, ROW_COUNTER, 1);
}

static const struct value values[] = {
    {"another scale than 5", scale_4, 5},
    {"more values than are kept", too_many_values, 5},
    {"a value that is none", value_infinite, 5},
    {"a value that is none", value_negative, 5},
    {"a sum that is none", sum_nan, 5},
    {"both values and buckets", values_and_zeros, 5},
    {"buckets of so few values", few_in_buckets, 5},
    {"counts out of range", zeros_out_of_range, 5},
    {"an index out of range", buckets_out_of_range, 5},
    {"an index out of range", buckets_below_range, 5},
    {"counts out of range", buckets_overflow, 5},
    {"extremes that are not in the buckets", extremes_elsewhere, 5},
    {"extremes that are not in the buckets", min_above_max, 5},
    {"a field of another type", scale_of_another_type, 5},
    {"row 6 (time_us): doubles, where values are integers", real_histogram, 6},
    {"an index out of range", bins_out_of_range, 6},
    {"counts out of range", first_bin_out_of_range, 6},
    {"counts out of range", above_out_of_range, 6},
    {"a step that is too wide", wide_rate, 1},
    {"a run that begins nowhere", far_rate, 1},
    {"counts out of range", rate_overflow, 1},
    {"a run that is too long", long_run, 1},
    {"a run that is none", run_that_is_none, 1},
    {"frequent items, byte 4: cut within the preamble", no_list, 8},
    {"HLL sketch, byte ", no_count, 13},
    {"frequent items, byte 5: cut within the preamble", no_ports, 22},
    {"a counter of another type", counter_as_bytes, 2},
    {"two values", two_values, 2},
};

static void test_values_that_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buffer plain;
        buffer_init(&plain, PLAIN_MAX);
        proto_add_u64(&plain, SKETCHES_VERSION, 1);
        size_t part = proto_begin(&plain, SKETCHES_PARTS);
        proto_add_bytes(&plain, PART_TYPE, span_text("fake"));
        size_t root = proto_begin(&plain, PART_ROOT), row = proto_begin(&plain, SCOPE_ROWS);
        proto_add_u64(&plain, ROW_ID, values[i].id);
        values[i].write(&plain);
        proto_end(&plain, row);
        proto_end(&plain, root);
        proto_end(&plain, part);
        assert_false(plain.failed);
        refuse(packed(buffer_span(&plain)), values[i].why);
        buffer_done(&plain);
    }
}

// --- What a part says of itself, and its instances

static void write_part(struct buffer *plain, void (*write)(struct buffer *part))
{
    proto_add_u64(plain, SKETCHES_VERSION, 1);
    size_t part = proto_begin(plain, SKETCHES_PARTS);
    write(plain);
    proto_end(plain, part);
}

static void raw_name(struct buffer *part)
{
    proto_add_bytes(part, PART_AGENT, span_text("\x1b[31m"));
}

static void long_name(struct buffer *part)
{
    static const char spaces[METRIC_SKETCHES_TEXT_MAX + 1];
    proto_add_bytes(part, PART_POLICY,
                    span_of(memset((char[sizeof spaces]){0}, 'x', sizeof spaces), sizeof spaces));
}

static void add_interval(struct buffer *part, int64_t start, int64_t end)
{
    size_t mark = proto_begin(part, PERIOD_INTERVALS);
    proto_add_u64(part, INTERVAL_START, (uint64_t)start);
    proto_add_u64(part, INTERVAL_END, (uint64_t)end);
    proto_end(part, mark);
}

static void backward_interval(struct buffer *part)
{
    size_t period = proto_begin(part, PART_PERIOD);
    add_interval(part, 5, 4);
    proto_end(part, period);
}

static void unsorted_intervals(struct buffer *part)
{
    size_t period = proto_begin(part, PART_PERIOD);
    add_interval(part, 5, 6);
    add_interval(part, 6, 7);
    proto_end(part, period);
}

static void too_many_intervals(struct buffer *part)
{
    size_t period = proto_begin(part, PART_PERIOD);
    for (int64_t i = 0; i <= METRIC_INTERVALS_MAX; i++)
        add_interval(part, 3 * i, 3 * i + 1);
    proto_end(part, period);
}

static void percentile_of_101(struct buffer *part)
{
    size_t settings = proto_begin(part, PART_SETTINGS);
    proto_add_double(part, SETTINGS_TOPN_PERCENTILE, 101);
    proto_end(part, settings);
}

static void too_many_groups(struct buffer *part)
{
    size_t settings = proto_begin(part, PART_SETTINGS);
    for (unsigned i = 0; i < METRIC_LOOSE_GROUPS_MAX / 5 + 1; i++) {
        char name[8];
        snprintf(name, sizeof name, "%04u", i);
        proto_add_bytes(part, SETTINGS_GROUPS, span_text(name));
    }
    proto_end(part, settings);
}

static void deep_scopes(struct buffer *part)
{
    size_t marks[METRIC_SCOPES_MAX + 1], n = 0;
    size_t root = proto_begin(part, PART_ROOT);
    for (; n < METRIC_SCOPES_MAX; n++) {
        marks[n] = proto_begin(part, SCOPE_SCOPES);
        proto_add_bytes(part, SCOPE_LABEL, span_text("x"));
    }
    while (n--)
        proto_end(part, marks[n]);
    proto_end(part, root);
}

static void scope_without_label(struct buffer *part)
{
    size_t root = proto_begin(part, PART_ROOT);
    proto_end(part, proto_begin(part, SCOPE_SCOPES));
    proto_end(part, root);
}

static void scope_with_a_long_key(struct buffer *part)
{
    static const char key[METRIC_KEY_MAX + 1];
    size_t root = proto_begin(part, PART_ROOT), scope = proto_begin(part, SCOPE_SCOPES);
    proto_add_bytes(part, SCOPE_LABEL, span_text("device"));
    proto_add_bytes(part, SCOPE_KEY, span_of(key, sizeof key));
    proto_end(part, scope);
    proto_end(part, root);
}

static void row_without_id(struct buffer *part)
{
    size_t root = proto_begin(part, PART_ROOT);
    proto_end(part, proto_begin(part, SCOPE_ROWS));
    proto_end(part, root);
}

static void id_of_17_bits(struct buffer *part)
{
    size_t root = proto_begin(part, PART_ROOT), row = proto_begin(part, SCOPE_ROWS);
    proto_add_u64(part, ROW_ID, 65536);
    proto_end(part, row);
    proto_end(part, root);
}

static void missed_of_another_type(struct buffer *part)
{
    size_t missed = proto_begin(part, PART_MISSED);
    proto_add_bytes(part, MISSED_SOURCE_LOST, span_text("1"));
    proto_end(part, missed);
}

static void root_of_another_type(struct buffer *part)
{
    proto_add_u64(part, PART_ROOT, 1);
}

static const struct {
    const char *why;
    void (*write)(struct buffer *part);
} parts[] = {
    {"a name that is none", raw_name},
    {"a name that is none", long_name},
    {"period: an interval that is none", backward_interval},
    {"period: intervals are not in order", unsorted_intervals},
    {"period: too many intervals", too_many_intervals},
    {"settings that are none", percentile_of_101},
    {"too many groups that are not known", too_many_groups},
    {"scopes nest deeper than 8", deep_scopes},
    {"an instance of a scope without label", scope_without_label},
    {"an instance of a scope has no name", scope_with_a_long_key},
    {"row 0: no id", row_without_id},
    {"an id that is none", id_of_17_bits},
    {"missed: a field of another type", missed_of_another_type},
    {"a part with a field of another type", root_of_another_type},
};

static void test_parts_that_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        static uint8_t kept[PLAIN_MAX];
        struct buffer plain;
        buffer_init(&plain, sizeof kept);
        write_part(&plain, parts[i].write);
        assert_false(plain.failed);
        size_t len = plain.len;
        memcpy(kept, plain.data, len);
        buffer_done(&plain);
        refuse(packed(span_of(kept, len)), parts[i].why);
    }
}

enum { ADDED_MOST = 1000 }; // with less in it than it was given it may have no end

// How often the document was added before a sum had no room for it.
static size_t add_until_refused(struct metric_merge *merge, struct span document)
{
    struct error err = {0};
    size_t n = 0;
    while (n < ADDED_MOST && metric_merge_add(merge, document, &err))
        n++;
    assert_non_null(strstr(err.text, "more than a sum holds"));
    return n;
}

// A sum that has no room for more of a value refuses it whole.
static void test_sums_have_an_end(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, ALL_GROUPS);
    metric_bucket_reset(bucket, 7 * MINUTE);
    metric_rate(bucket->root, EVENT_RATE, 7 * 60, UINT64_C(1) << 56);
    metric_count(bucket->root, EVENTS, 1);
    metric_bucket_close(bucket, 8 * MINUTE);
    struct metric_merge merge = new_merge(0);
    size_t n = add_until_refused(&merge, document_of(bucket, "a", 0));
    assert_int_equal(n, 64);
    assert_int_equal(merge.sums[0]->bucket->root->cells[EVENTS].count, n);
    metric_merge_done(&merge);
    metric_bucket_free(bucket);
}

static void test_counters_have_an_end(void **state)
{
    (void)state;
    const uint64_t most = UINT64_C(1) << 56;
    struct metric_bucket *bucket = fake_bucket(&pool, ALL_GROUPS);
    metric_bucket_reset(bucket, 7 * MINUTE);
    metric_count(bucket->root, EVENTS, most);
    metric_bucket_close(bucket, 8 * MINUTE);
    struct metric_merge merge = new_merge(0);
    size_t n = add_until_refused(&merge, document_of(bucket, "a", 0));
    assert_int_equal(n, 64);
    assert_int_equal(merge.sums[0]->bucket->root->cells[EVENTS].count, n * most);
    metric_count(bucket->root, EVENTS, 1);
    metric_merge_done(&merge);
    merge = new_merge(0);
    assert_int_equal(add_until_refused(&merge, document_of(bucket, "a", 0)), 0);
    metric_merge_done(&merge);
    metric_bucket_free(bucket);
}

static int new_zstd(void **state)
{
    (void)state;
    zstd = ZSTD_createCCtx();
    return zstd ? 0 : -1;
}

static int free_zstd(void **state)
{
    (void)state;
    ZSTD_freeCCtx(zstd);
    return 0;
}

#define TEXT_TEST(test) cmocka_unit_test_setup_teardown(test, text_setup, text_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(property_changed_content),
        TEXT_TEST(test_every_cut_of_a_frame),
        TEXT_TEST(test_every_changed_byte_of_a_frame),
        TEXT_TEST(test_every_cut_of_the_content),
        TEXT_TEST(test_frames_that_say_too_little_or_too_much),
        TEXT_TEST(test_other_versions),
        TEXT_TEST(test_values_that_are_none),
        TEXT_TEST(test_parts_that_are_none),
        TEXT_TEST(test_sums_have_an_end),
        TEXT_TEST(test_counters_have_an_end),
    };
    return cmocka_run_group_tests(tests, new_zstd, free_zstd);
}
