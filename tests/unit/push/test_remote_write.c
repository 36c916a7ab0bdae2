#include "rig.h"

#include "metric/series.h"
#include "push/remote_write.h"

#define TIME INT64_C(1700000000123456789)

static struct rig rig;
static struct remote_write writer;
static struct push_labels fixed;
static struct pool pool;
static struct exphist times;

static int set_up(void **state)
{
    (void)state;
    fixed = (struct push_labels){0};
    rig_up(&rig);
    pool_init(&pool, 0);
    exphist_init(&times, &pool);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remote_write_done(&writer);
    push_labels_done(&fixed);
    exphist_done(&times);
    rig_down(&rig);
    return 0;
}

static void begin(bool native_histograms)
{
    rig_open(&rig);
    remote_write_begin(&writer, &rig.draft, &fixed, native_histograms, TIME);
}

static void family(const char *name, enum metric_family_type type)
{
    struct metric_sink_family header = {span_text(name), type, "u", "help", ", more"};
    writer.sink.family(writer.sink.context, &header);
}

static void sample(const char *suffix, struct label *labels, size_t n, uint64_t value)
{
    struct label_set set = {labels, n};
    struct metric_sample one = {.suffix = suffix, .labels = &set, .integer = value};
    writer.sink.sample(writer.sink.context, &one);
}

static void clear(void)
{
    buffer_clear(&rig.draft.request);
}

static void assert_request(const void *bytes, size_t len)
{
    assert_false(rig.draft.failed || rig.draft.request.failed);
    assert_int_equal(rig.draft.request.len, len);
    assert_memory_equal(rig.draft.request.data, bytes, len);
}

#define ASSERT_REQUEST(text) assert_request(text, sizeof(text) - 1)

// 1700000000123 as a varint.
#define TIME_BYTES "\xfb\xd0\x95\xff\xbc\x31"

static void test_metadata(void **state)
{
    (void)state;
    begin(false);
    family("a", METRIC_FAMILY_COUNTER);
    ASSERT_REQUEST("\x1a\x1a\x08\x01\x12\x07"
                   "a_total\x22\x0ahelp, more\x2a\x01u");
    clear();
    family("b", METRIC_FAMILY_SUMMARY);
    ASSERT_REQUEST("\x1a\x14\x08\x05\x12\x01"
                   "b\x22\x0ahelp, more\x2a\x01u");
}

static void test_a_sample(void **state)
{
    struct label labels[] = {{span_text("tap"), span_text("t")}};
    (void)state;
    assert_true(push_labels_put(&fixed, "job", "j") && push_labels_put(&fixed, "A", "x"));
    begin(false);
    family("m", METRIC_FAMILY_GAUGE);
    clear();
    sample("_sum", labels, 1, 2);
    ASSERT_REQUEST("\x0a\x41"
                   "\x0a\x06\x0a\x01"
                   "A\x12\x01x"
                   "\x0a\x11\x0a\x08__name__\x12\x05m_sum"
                   "\x0a\x08\x0a\x03job\x12\x01j"
                   "\x0a\x08\x0a\x03tap\x12\x01t"
                   "\x12\x10\x09\0\0\0\0\0\0\0\x40\x10" TIME_BYTES);
    assert_int_equal(rig.draft.samples, 1);
}

static void test_labels_without_a_value_are_none(void **state)
{
    struct label labels[] = {{span_text("tap"), span_text("")}};
    (void)state;
    begin(false);
    family("m", METRIC_FAMILY_GAUGE);
    clear();
    sample("", labels, 1, 0);
    ASSERT_REQUEST("\x0a\x18"
                   "\x0a\x0d\x0a\x08__name__\x12\x01m"
                   "\x12\x07\x10" TIME_BYTES);
}

static void test_what_comes_twice_is_left_out(void **state)
{
    struct label one[] = {{span_text("q"), span_text("\xff")}};
    struct label other[] = {{span_text("q"), span_text("\xfe")}};
    (void)state;
    begin(false);
    family("m", METRIC_FAMILY_GAUGE);
    sample("", one, 1, 1);
    sample("", other, 1, 2);
    assert_int_equal(rig.draft.samples, 1);
    assert_int_equal(rig.draft.duplicates, 1);
}

static bool cell_of_times(const struct series_names *names, const char *unit)
{
    struct metric_row row = {.kind = METRIC_QUANTILES, .unit = unit, .path = "x"};
    union metric_cell content = {.quantiles = &times};
    struct series_cell cell = {.row = &row, .cell = &content};
    struct label_set none = {NULL, 0};
    return writer.sink.cell(writer.sink.context, names, &cell, &none);
}

// 1, 1, 2 and 2.01 us: buckets 0 (ends at 1), 32 (at 2) and 33 of schema 5; and one zero.
static void add_times(void)
{
    static const double values[] = {0, 1, 1, 2, 2.01};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(exphist_add(&times, values[i]));
}

static void test_a_histogram_of_a_minute(void **state)
{
    (void)state;
    add_times();
    begin(true);
    family("m", METRIC_FAMILY_SUMMARY);
    clear();
    assert_false(cell_of_times(&series_upstream, "us"));
    ASSERT_REQUEST("\x0a\x41"
                   "\x0a\x0d\x0a\x08__name__\x12\x01m"
                   "\x22\x30\x08\x05"
                   "\x19\x0a\xd7\xa3\x70\x3d\x0a\x18\x40" // 6.01
                   "\x20\x0a"
                   "\x29\0\0\0\0\0\0\xf0\x3d" // 2^-32
                   "\x30\x01"
                   "\x5a\x02\x10\x01"
                   "\x5a\x04\x08\x3e\x10\x02"
                   "\x62\x03\x04\x01\x00"
                   "\x70\x03\x78" TIME_BYTES);
}

static void test_without_the_wish_there_is_none(void **state)
{
    (void)state;
    add_times();
    begin(false);
    family("m", METRIC_FAMILY_SUMMARY);
    clear();
    assert_false(cell_of_times(&series_upstream, "us"));
    assert_int_equal(rig.draft.request.len, 0);
}

// In seconds all bounds move by 32 * log2(1e6) = 637.8 buckets.
static void test_a_histogram_in_seconds(void **state)
{
    (void)state;
    assert_true(exphist_add(&times, 1e6));
    begin(true);
    family("m_seconds", METRIC_FAMILY_HISTOGRAM);
    clear();
    assert_true(cell_of_times(&series_native, "us"));
    const struct buffer *request = &rig.draft.request;
    assert_false(request->failed);
    // exphist_index(1e6) is 637; it ends at 638 - 638 = 0: the bucket up to 1 s.
    assert_non_null(memmem(request->data, request->len, "\x5a\x02\x10\x01\x62\x01\x02", 7));
    assert_null(memmem(request->data, request->len, "\x70\x03", 2));
}

static void test_an_empty_histogram(void **state)
{
    (void)state;
    begin(true);
    family("m", METRIC_FAMILY_HISTOGRAM);
    clear();
    assert_true(cell_of_times(&series_native, "bytes"));
    ASSERT_REQUEST("\x0a\x27"
                   "\x0a\x0d\x0a\x08__name__\x12\x01m"
                   "\x22\x16\x08\0\x20\x0a\x29\0\0\0\0\0\0\xf0\x3d\x30\0\x78" TIME_BYTES);
}

static void test_ends_of_series(void **state)
{
    struct label labels[] = {{span_text("q"), span_text("a")}};
    (void)state;
    add_times();
    begin(true);
    family("m", METRIC_FAMILY_SUMMARY);
    sample("", labels, 1, 1);
    cell_of_times(&series_upstream, "us");
    rig_save(&rig);
    remote_write_done(&writer);
    remote_write_begin(&writer, &rig.draft, &fixed, true, TIME);
    remote_write_end_series(&writer, rig.queue);
    ASSERT_REQUEST("\x0a\x29"
                   "\x0a\x0d\x0a\x08__name__\x12\x01m"
                   "\x0a\x06\x0a\x01q\x12\x01"
                   "a"
                   "\x12\x10\x09\x02\0\0\0\0\0\xf0\x7f\x10" TIME_BYTES "\x0a\x25"
                   "\x0a\x0d\x0a\x08__name__\x12\x01m"
                   "\x22\x14\x08\0\x19\x02\0\0\0\0\0\xf0\x7f\x30\0\x78" TIME_BYTES);
    assert_int_equal(rig.draft.markers, 2);
}

static void test_points_of_other_times(void **state)
{
    struct metric_sink_family header = {span_text("m"), METRIC_FAMILY_GAUGE, NULL, "", NULL};
    struct push_point points[] = {{1000000, 1}, {2000000, 0}};
    struct label_set none = {NULL, 0};
    (void)state;
    begin(false);
    remote_write_points(&writer, &header, &none, points, 2);
    ASSERT_REQUEST("\x1a\x07\x08\x02\x12\x01m\x22\0"
                   "\x0a\x20"
                   "\x0a\x0d\x0a\x08__name__\x12\x01m"
                   "\x12\x0b\x09\0\0\0\0\0\0\xf0\x3f\x10\x01"
                   "\x12\x02\x10\x02");
    assert_int_equal(rig.draft.samples, 2);
    assert_int_equal(rig.draft.set.count, 0);
}

static void property_requests_are_of_a_size(void **state)
{
    struct buffer all;
    uint32_t samples;
    (void)state;
    begin(false);
    family("m", METRIC_FAMILY_GAUGE);
    for (unsigned i = 0; i < 30000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%u", i);
        struct label labels[] = {{span_text("item"), span_text(text)}};
        sample("", labels, 1, i);
    }
    rig_save(&rig);
    buffer_init(&all, 8 << 20);
    unsigned count = rig_requests(&rig, &all, &samples);
    size_t len = all.len;
    buffer_done(&all);
    assert_int_equal(samples, 30000);
    assert_true(count > 2 && len / count < DRAFT_REQUEST_FULL + 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_metadata),
        TEST(test_a_sample),
        TEST(test_labels_without_a_value_are_none),
        TEST(test_what_comes_twice_is_left_out),
        TEST(test_a_histogram_of_a_minute),
        TEST(test_without_the_wish_there_is_none),
        TEST(test_a_histogram_in_seconds),
        TEST(test_an_empty_histogram),
        TEST(test_ends_of_series),
        TEST(test_points_of_other_times),
        TEST(property_requests_are_of_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
