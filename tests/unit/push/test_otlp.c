#include "rig.h"

#include "metric/series.h"
#include "push/otlp.h"
#include "push/otlp_response.h"

#define START INT64_C(1700000000000000000)
#define END   (START + RIG_MINUTE)

static struct rig rig;
static struct otlp otlp;
static struct push_labels resource;
static struct pool pool;
static struct exphist times;

static int set_up(void **state)
{
    (void)state;
    resource = (struct push_labels){0};
    otlp = (struct otlp){0};
    rig_up(&rig);
    pool_init(&pool, 0);
    exphist_init(&times, &pool);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    otlp_done(&otlp);
    push_labels_done(&resource);
    exphist_done(&times);
    rig_down(&rig);
    return 0;
}

static void begin(void)
{
    rig_open(&rig);
    otlp_begin(&otlp, &rig.draft, &resource, START - 5, START, END);
}

static void family(const char *name, enum metric_family_type type)
{
    struct metric_sink_family header = {span_text(name), type, "bytes", "h", NULL};
    otlp.sink.family(otlp.sink.context, &header);
}

static void sample(const char *item, uint64_t value)
{
    struct label label = {span_text("q"), span_text(item)};
    struct label_set set = {&label, *item != 0};
    struct metric_sample one = {.suffix = "", .labels = &set, .integer = value};
    otlp.sink.sample(otlp.sink.context, &one);
}

// Saves the minute; its requests, one behind the other, are in `all`.
static struct buffer all;

static unsigned finish(void)
{
    uint32_t samples;
    otlp_end_series(&otlp, rig.queue);
    assert_false(rig.draft.failed);
    rig_save(&rig);
    buffer_init(&all, 1 << 20);
    return rig_requests(&rig, &all, &samples);
}

// The n-th field of that number in a message; empty: there is none.
static struct span part(struct span message, unsigned number, unsigned n)
{
    struct proto_reader reader = proto_reader_of(message);
    struct proto_field field;
    while (proto_next(&reader, &field))
        if (field.number == number && n-- == 0)
            return field.bytes;
    return span_of(NULL, 0);
}

static struct span within(struct span message, const unsigned *path)
{
    for (; *path; path++)
        message = part(message, *path, 0);
    return message;
}

#define WITHIN(message, ...) within(message, (const unsigned[]){__VA_ARGS__, 0})

static uint64_t number(struct span message, unsigned wanted)
{
    struct proto_reader reader = proto_reader_of(message);
    struct proto_field field;
    while (proto_next(&reader, &field))
        if (field.number == wanted)
            return field.value;
    return UINT64_MAX;
}

static bool text_is(struct span text, const char *expected)
{
    return span_equal(text, span_text(expected));
}

static void test_resource_and_scope(void **state)
{
    (void)state;
    assert_true(push_labels_put(&resource, "service.name", "s"));
    begin();
    otlp_policy(&otlp, "edge");
    family("m", METRIC_FAMILY_GAUGE);
    sample("", 7);
    finish();
    struct span message = buffer_span(&all), scopes = WITHIN(message, 1, 2);
    bool fine = text_is(WITHIN(message, 1, 1, 1, 1), "service.name") &&
                text_is(WITHIN(message, 1, 1, 1, 2, 1), "s") &&
                text_is(WITHIN(scopes, 1, 1), "pktvisor/edge") &&
                text_is(WITHIN(scopes, 1, 3, 1), "policy_name") &&
                text_is(WITHIN(scopes, 1, 3, 2, 1), "edge") && text_is(WITHIN(scopes, 2, 1), "m") &&
                text_is(WITHIN(scopes, 2, 2), "h") && text_is(WITHIN(scopes, 2, 3), "By");
    struct span point = WITHIN(scopes, 2, 5, 1);
    fine = fine && number(point, 2) == (uint64_t)START && number(point, 3) == (uint64_t)END &&
           number(point, 6) == 7;
    buffer_done(&all);
    assert_true(fine);
}

static void test_points_of_a_name_are_one_metric(void **state)
{
    (void)state;
    begin();
    otlp_policy(&otlp, "p");
    family("a", METRIC_FAMILY_GAUGE);
    sample("1", 1);
    sample("2", 2);
    family("b", METRIC_FAMILY_GAUGE);
    sample("1", 1);
    otlp_policy(&otlp, NULL);
    family("b", METRIC_FAMILY_COUNTER);
    sample("", 3);
    unsigned requests = finish();
    struct span resources = WITHIN(buffer_span(&all), 1);
    struct span policy = part(resources, 2, 0), agent = part(resources, 2, 1);
    struct span first = part(policy, 2, 0), data = part(first, 5, 0);
    bool fine = requests == 1 && part(data, 1, 1).len && !part(data, 1, 2).len &&
                text_is(WITHIN(part(policy, 2, 1), 1), "b") && !part(policy, 2, 2).len &&
                text_is(WITHIN(agent, 1, 1), "pktvisor");
    struct span sum = WITHIN(agent, 2, 7);
    fine = fine && number(sum, 2) == 2 && number(sum, 3) == 1 &&
           number(part(sum, 1, 0), 2) == (uint64_t)START - 5;
    buffer_done(&all);
    assert_true(fine);
}

static bool cell_of_times(const struct series_names *names)
{
    struct metric_row row = {.kind = METRIC_QUANTILES, .unit = "bytes", .path = "x"};
    struct metric_bucket bucket = {.started = true, .start = START + 1};
    union metric_cell content = {.quantiles = &times};
    struct series_cell cell = {.bucket = &bucket, .row = &row, .cell = &content};
    struct label_set none = {NULL, 0};
    return otlp.sink.cell(otlp.sink.context, names, &cell, &none);
}

static void test_an_exponential_histogram(void **state)
{
    (void)state;
    static const double values[] = {0, 1, 1, 2, 2.01};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(exphist_add(&times, values[i]));
    begin();
    family("m", METRIC_FAMILY_SUMMARY);
    assert_true(cell_of_times(&series_upstream));
    finish();
    struct span metric = WITHIN(buffer_span(&all), 1, 2, 2), point = WITHIN(metric, 10, 1);
    struct span counts = WITHIN(point, 8, 2);
    double sum;
    uint64_t bits = number(point, 5);
    memcpy(&sum, &bits, sizeof sum);
    // Bucket -1 ends at 1, 31 at 2, 32 is above.
    bool fine = number(WITHIN(metric, 10), 2) == 1 && number(point, 2) == (uint64_t)START + 1 &&
                number(point, 4) == 5 && sum > 6 && sum < 6.02 && number(point, 6) == 10 &&
                number(point, 7) == 1 && number(WITHIN(point, 8), 1) == 1 && counts.len == 34 &&
                counts.ptr[0] == 2 && counts.ptr[1] == 0 && counts.ptr[32] == 1 &&
                counts.ptr[33] == 1 && !part(metric, 3, 0).len;
    buffer_done(&all);
    assert_true(fine);
}

static void test_native_ones_are_cumulative(void **state)
{
    (void)state;
    assert_true(exphist_add(&times, 3));
    begin();
    family("m", METRIC_FAMILY_HISTOGRAM);
    assert_true(cell_of_times(&series_native));
    finish();
    struct span metric = WITHIN(buffer_span(&all), 1, 2, 2);
    bool fine = number(WITHIN(metric, 10), 2) == 2 && text_is(part(metric, 3, 0), "By") &&
                number(WITHIN(metric, 10, 1), 12) == UINT64_MAX;
    buffer_done(&all);
    assert_true(fine);
}

static void test_an_explicit_histogram(void **state)
{
    struct histogram h;
    struct metric_row row = {.kind = METRIC_HISTOGRAM, .unit = "us", .path = "x"};
    struct metric_bucket bucket = {.started = true, .start = START};
    union metric_cell content = {.histogram = &h};
    struct series_cell cell = {.bucket = &bucket, .row = &row, .cell = &content};
    struct label_set none = {NULL, 0};
    (void)state;
    histogram_init(&h, &pool, HISTOGRAM_INTEGER);
    bool fine = histogram_add(&h, 1) && histogram_add(&h, 1) && histogram_add(&h, 5);
    begin();
    family("m", METRIC_FAMILY_HISTOGRAM);
    fine = fine && otlp.sink.cell(otlp.sink.context, &series_upstream, &cell, &none);
    histogram_done(&h);
    finish();
    struct span point = WITHIN(buffer_span(&all), 1, 2, 2, 9, 1);
    struct span counts = part(point, 6, 0), bounds = part(point, 7, 0);
    static const uint8_t expected[] = "\2\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    fine = fine && number(point, 4) == 3 && bounds.len == 16 && counts.len == 24 &&
           memcmp(counts.ptr, expected, 24) == 0 &&
           memcmp(bounds.ptr, "\0\0\0\0\0\0\xf0\x3f", 8) == 0;
    buffer_done(&all);
    assert_true(fine);
}

static void test_ends_of_series(void **state)
{
    (void)state;
    begin();
    otlp_policy(&otlp, "p");
    family("top", METRIC_FAMILY_GAUGE);
    sample("old", 1);
    sample("stays", 1);
    family("c", METRIC_FAMILY_COUNTER);
    sample("", 1);
    finish();
    buffer_done(&all);
    otlp_done(&otlp);
    begin();
    otlp_policy(&otlp, "p");
    family("top", METRIC_FAMILY_GAUGE);
    sample("stays", 1);
    unsigned requests = finish();
    struct span second = part(buffer_span(&all), 1, 1), scope = WITHIN(second, 2);
    struct span top = WITHIN(part(scope, 2, 0), 5, 1), sum = WITHIN(part(scope, 2, 1), 7);
    bool fine = requests == 2 && text_is(WITHIN(scope, 1, 1), "pktvisor/p") &&
                text_is(WITHIN(part(scope, 2, 0), 1), "top") &&
                text_is(WITHIN(top, 7, 2, 1), "old") && number(top, 8) == 1 &&
                number(top, 6) == UINT64_MAX && number(sum, 2) == 2 &&
                number(part(sum, 1, 0), 8) == 1;
    buffer_done(&all);
    assert_true(fine);
}

static void test_partial_success(void **state)
{
    uint64_t rejected;
    struct span message;
    (void)state;
    assert_true(otlp_partial_success(span_of("", 0), &rejected, &message));
    assert_int_equal(rejected, 0);
    assert_true(otlp_partial_success(span_text("\x0a\x06\x08\x05\x12\x02no"), &rejected, &message));
    assert_int_equal(rejected, 5);
    assert_true(text_is(message, "no"));
    assert_false(
        otlp_partial_success(span_text("\x0a\x07\x08\x05\x12\x02no"), &rejected, &message));
    assert_false(otlp_partial_success(span_text("\x0a\x04\x08\x05\x12\x09"), &rejected, &message));
    assert_true(otlp_status_message(span_text("\x08\x03\x12\x03"
                                              "bad"),
                                    &message));
    assert_true(text_is(message, "bad"));
    assert_false(otlp_status_message(span_text("<html>"), &message));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_resource_and_scope),          TEST(test_points_of_a_name_are_one_metric),
        TEST(test_an_exponential_histogram),    TEST(test_native_ones_are_cumulative),
        TEST(test_an_explicit_histogram),       TEST(test_ends_of_series),
        cmocka_unit_test(test_partial_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
