#include "fake_text.h"

#include "metric/json.h"

#include <jansson.h>
#include <math.h>

static const char *json_of(const struct metric_bucket *bucket, int64_t now)
{
    buffer_clear(&out);
    struct metric_json_options options = {.now = now};
    assert_true(metric_json_object(bucket, &options, &out));
    assert_false(out.failed);
    return buffer_text(&out);
}

static void strings(void **state)
{
    (void)state;
    const struct {
        const char *text, *json;
    } cases[] = {
        {"", "\"\""},
        {"test.com", "\"test.com\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\b\t\n\f\r\x01\x1f\x7f/", "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f/\""},
        {"M\xc3\xbcnchen \xf0\x9f\x8c\x8d", "\"M\xc3\xbcnchen \xf0\x9f\x8c\x8d\""},
        {"\xff", "\"\xef\xbf\xbd\""},
        {"a\xc3", "\"a\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffer_clear(&out);
        metric_json_string(span_text(cases[i].text), &out);
        assert_string_equal(buffer_text(&out), cases[i].json);
    }
    buffer_clear(&out);
    metric_json_string(span_of("a\0b", 3), &out);
    assert_string_equal(buffer_text(&out), "\"a\\u0000b\"");
}

static void doubles(void **state)
{
    (void)state;
    const struct {
        double value;
        const char *json;
    } cases[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {4, "4.0"},
        {12, "12.0"},
        {100, "100.0"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {1.9803921568627452, "1.9803921568627452"},
        {4.6571428571428575, "4.6571428571428575"},
        {6.760869565217392, "6.760869565217392"},
        {33.26923076923077, "33.26923076923077"},
        {123456.789, "123456.789"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {0.00001, "1e-05"},
        {0.000012345, "1.2345e-05"},
        {1e14, "100000000000000.0"},
        {123456789012345, "123456789012345.0"},
        {1e15, "1e+15"},
        {1.5e300, "1.5e+300"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {NAN, "null"},
        {INFINITY, "null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffer_clear(&out);
        metric_json_double(cases[i].value, &out);
        assert_string_equal(buffer_text(&out), cases[i].json);
    }
}

static void random_doubles_read_back(void **state)
{
    (void)state;
    struct random_stream random = {9};
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t bits = random_next(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        buffer_clear(&out);
        metric_json_double(value, &out);
        assert_true(strtod(buffer_text(&out), NULL) == value);
    }
}

static void an_empty_bucket(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS | DETAILS | SIZES);
    bucket->start = 90 * SECOND + 1;
    assert_string_equal(
        json_of(bucket, 90 * SECOND + 5),
        "{\"cardinality\":{\"users\":0},\"events\":0,"
        "\"period\":{\"length\":0,\"start_ts\":90},"
        "\"rates\":{\"events\":{\"live\":0}},"
        "\"top_addresses\":[],\"top_codes\":[],\"top_names\":[],"
        "\"top_places\":[],\"top_ports\":[],\"top_services\":[],\"wire\":{\"queries\":0}}");
    metric_bucket_free(bucket);
}

static void groups_that_are_off(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, DETAILS);
    bucket->settings = &(struct metric_settings){.groups = DETAILS, .recorded = true};
    metric_count(bucket->root, QUERIES, 5);
    metric_scope_fixed(bucket->root, DIRECTION, 0);
    bucket->start = bucket->end = 7 * SECOND;
    metric_bucket_close(bucket, 7 * SECOND);
    // A direction without content does not appear, nor does a shape that needs two groups.
    assert_string_equal(json_of(bucket, 0),
                        "{\"events\":0,\"period\":{\"length\":0,\"start_ts\":7},"
                        "\"rates\":{\"events\":{\"p50\":0,\"p90\":0,\"p95\":0,\"p99\":0}}}");
    metric_bucket_free(bucket);
}

static void all_groups_off(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, 0);
    buffer_clear(&out);
    struct metric_json_options options = {.now = 0};
    assert_false(metric_json_object(bucket, &options, &out));
    assert_int_equal(out.len, 0);
    metric_bucket_free(bucket);
}

static void counters_and_optional_ones(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, DETAILS);
    metric_count(bucket->root, EVENTS, UINT64_MAX);
    metric_count(bucket->root, HIDDEN, 1);
    assert_string_equal(json_of(bucket, 0), "{\"events\":18446744073709551615,\"hidden\":1,"
                                            "\"period\":{\"length\":0,\"start_ts\":0},"
                                            "\"rates\":{\"events\":{\"live\":0}}}");
    metric_bucket_free(bucket);
}

// Facts of upstream's tests of metrics.
static void quantiles_and_histograms(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, DETAILS | COUNTERS);
    struct metric_scope *root = bucket->root;
    metric_quantile(metric_scope_fixed(root, DIRECTION, 0), SIZE, 12);
    metric_quantile(root, RATIO, 100.0 / 3);
    const double times[] = {12, 12, 12, 8}, shares[] = {12, 12, 12, 12, 8};
    for (size_t i = 0; i < 4; i++)
        metric_histogram(root, TIME, times[i]);
    for (size_t i = 0; i < 5; i++)
        metric_histogram(root, SHARE, shares[i]);
    assert_string_equal(
        json_of(bucket, 0),
        "{\"cardinality\":{\"users\":0},\"events\":0,"
        "\"in\":{\"packets\":0,\"size\":{\"p50\":12,\"p90\":12,\"p95\":12,\"p99\":12}},"
        "\"period\":{\"length\":0,\"start_ts\":0},\"rates\":{\"events\":{\"live\":0}},"
        "\"ratio\":{\"quantiles\":{\"p50\":33.333333333333336,\"p90\":33.333333333333336,"
        "\"p95\":33.333333333333336,\"p99\":33.333333333333336}},"
        "\"share\":{\"buckets\":{\"+Inf\":5.0,\"12.915497\":5.0,\"8.799225\":1.0}},"
        "\"time_us\":{\"buckets\":{\"+Inf\":4.0,\"12\":4.0,\"8\":1.0}},\"wire\":{\"queries\":0}}");
    metric_bucket_free(bucket);
}

// Bounds stand in the order of their texts, as in upstream's sorted objects.
static void histogram_bounds_sort_as_text(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, DETAILS);
    const double times[] = {12915, 14000, 18957, 21544, 24484, 24484, 200000, 244843, 27825, 3e18};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        metric_histogram(bucket->root, TIME, times[i]);
    const char *json = json_of(bucket, 0);
    assert_non_null(
        strstr(json, "\"time_us\":{\"buckets\":{\"+Inf\":10.0,\"12915\":1.0,\"14677\":2.0,"
                     "\"18957\":3.0,\"21544\":4.0,\"215443\":8.0,\"24484\":6.0,\"244843\":9.0,"
                     "\"27825\":7.0}}"));
    metric_bucket_free(bucket);
}

static void integers_are_rounded_half_up(void **state)
{
    (void)state;
    // Above 256 values a quantile is the middle of a bucket: an integer all the same.
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    struct metric_scope *in = metric_scope_fixed(bucket->root, DIRECTION, 0);
    for (unsigned i = 0; i < 1000; i++)
        metric_quantile(in, SIZE, 1000 + i);
    const char *json = json_of(bucket, 0);
    unsigned p50, p90, p95, p99;
    const char *size = strstr(json, "\"size\":");
    assert_int_equal(sscanf(size, "\"size\":{\"p50\":%u,\"p90\":%u,\"p95\":%u,\"p99\":%u}", &p50,
                            &p90, &p95, &p99),
                     4);
    assert_in_range(p50, 1483, 1516);
    assert_in_range(p99, 1968, 1999);
    metric_bucket_free(bucket);
}

static void rates_of_live_closed_and_recorded_buckets(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, DETAILS);
    bucket->start = 100 * SECOND;
    for (int64_t second = 0; second < 10; second++)
        metric_rate(bucket->root, EVENT_RATE, 100 + second, (uint64_t)second + 1);
    static const char quantiles[] = "\"p50\":5,\"p90\":9,\"p95\":10,\"p99\":10}";
    char text[100];
    snprintf(text, sizeof text, "{\"events\":{\"live\":10,%s}", quantiles);
    assert_non_null(strstr(json_of(bucket, 110 * SECOND), text));
    // The second that has begun is not counted yet.
    assert_non_null(strstr(json_of(bucket, 105 * SECOND + 7), "\"live\":5,\"p50\":3,"));
    bucket->merged = true;
    assert_non_null(strstr(json_of(bucket, 110 * SECOND), text));
    bucket->merged = false;
    metric_bucket_close(bucket, 110 * SECOND);
    snprintf(text, sizeof text, "{\"events\":{%s}", quantiles);
    assert_non_null(strstr(json_of(bucket, 500 * SECOND), text));
    struct metric_settings recorded = {.groups = DETAILS, .recorded = true};
    bucket->settings = &recorded;
    assert_non_null(strstr(json_of(bucket, 500 * SECOND), text));
    bucket->merged = true;
    assert_non_null(strstr(json_of(bucket, 500 * SECOND), text));
    metric_bucket_free(bucket);
}

static void top_lists(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, TOPS);
    struct metric_scope *root = bucket->root;
    count_name(root, NAMES, "b\"", 1);
    count_name(root, NAMES, "a", 1);
    count_name(root, NAMES, "c", 2);
    count_number(root, CODES, 3, 4);
    count_bytes(root, PLACES,
                "EU/\xc3\x96sterreich\0"
                "47.5\0"
                "14.5",
                24, 2);
    count_bytes(root, PLACES, "Unknown", 7, 1);
    assert_string_equal(
        json_of(bucket, 0),
        "{\"events\":0,\"period\":{\"length\":0,\"start_ts\":0},"
        "\"rates\":{\"events\":{\"live\":0}},\"top_addresses\":[],"
        "\"top_codes\":[{\"estimate\":4,\"name\":\"NXDOMAIN\"}],"
        "\"top_names\":[{\"estimate\":2,\"name\":\"c\"},{\"estimate\":1,\"name\":\"a\"},"
        "{\"estimate\":1,\"name\":\"b\\\"\"}],"
        "\"top_places\":[{\"estimate\":2,\"lat\":\"47.5\",\"lon\":\"14.5\","
        "\"name\":\"EU/\xc3\x96sterreich\"},{\"estimate\":1,\"name\":\"Unknown\"}],"
        "\"top_ports\":[]}");
    metric_bucket_free(bucket);
}

static void scopes_within_scopes(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    struct metric_scope *root = bucket->root;
    metric_count(metric_scope_fixed(root, DIRECTION, 2), PACKETS, 3);
    metric_count(metric_scope_fixed(root, DIRECTION, 0), PACKETS, 1);
    struct metric_scope *b = device(root, "192.0.2.2"), *a = device(root, "192.0.2.10");
    metric_count(b, FLOWS, 2);
    metric_count(a, FLOWS, 1);
    metric_count(interface(b, "9"), BYTES, 9);
    metric_count(interface(b, "10"), BYTES, 10);
    for (uint64_t i = 0; i < 3; i++)
        metric_distinct(interface(b, "10"), PEERS, hll_coupon_u64(i));
    assert_string_equal(
        json_of(bucket, 0),
        "{\"cardinality\":{\"users\":0},"
        "\"devices\":{\"192.0.2.10\":{\"flows\":1},\"192.0.2.2\":{\"flows\":2,\"interfaces\":{"
        "\"10\":{\"in\":{\"bytes\":10,\"peers\":3}},\"9\":{\"in\":{\"bytes\":9,\"peers\":0}}}}},"
        "\"events\":0,\"in\":{\"packets\":1},\"period\":{\"length\":0,\"start_ts\":0},"
        "\"rates\":{\"events\":{\"live\":0}},\"unknown\":{\"packets\":3},"
        "\"wire\":{\"queries\":0}}");
    metric_bucket_free(bucket);
}

static void assert_sorted(const char *json)
{
    json_error_t error;
    json_t *tree = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(tree);
    char *sorted = json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    // Apart from how doubles are printed the text is what a sorting writer makes of it.
    json_t *again = json_loads(sorted, 0, &error);
    assert_true(json_equal(tree, again));
    const char *a = json, *b = sorted;
    while (*a && *b) {
        if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
            a += strspn(a, "0123456789.e+-");
            b += strspn(b, "0123456789.e+-");
            continue;
        }
        assert_int_equal(*a++, *b++);
    }
    free(sorted);
    json_decref(tree);
    json_decref(again);
}

static void random_buckets_are_valid_and_sorted(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
        struct random_stream random = {seed};
        for (unsigned i = 0; i < 1000; i++)
            count_random(bucket, &random);
        assert_sorted(json_of(bucket, 60 * SECOND));
        metric_bucket_free(bucket);
    }
}

static void completeness(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, TOPS);
    buffer_clear(&out);
    metric_json_completeness(bucket, &out);
    assert_string_equal(buffer_text(&out),
                        "{\"aborted\":0,\"complete\":true,\"evicted\":0,\"memory_lost\":0,"
                        "\"sampled_out\":0,\"scopes_over\":0,\"source_lost\":0,\"untracked\":0}");
    bucket->missed = (struct metric_completeness){
        .source_lost = 1, .sampled_out = 2, .scopes_over = 3, .memory_lost = 4};
    metric_count(bucket->root, EVICTED, 5);
    metric_count(metric_scope_fixed(bucket->root, DIRECTION, 0), BROKEN, 6);
    metric_count(metric_scope_fixed(bucket->root, DIRECTION, 1), BROKEN, 7);
    buffer_clear(&out);
    metric_json_completeness(bucket, &out);
    assert_string_equal(buffer_text(&out),
                        "{\"aborted\":13,\"complete\":false,\"evicted\":5,\"memory_lost\":4,"
                        "\"sampled_out\":2,\"scopes_over\":3,\"source_lost\":1,\"untracked\":0}");
    metric_bucket_free(bucket);
}

static void any_reason_is_incomplete(void **state)
{
    (void)state;
    for (unsigned reason = 0; reason < 6; reason++) {
        struct metric_bucket *bucket = fake_bucket(&pool, TOPS);
        uint64_t *counts[] = {&bucket->missed.source_lost, &bucket->missed.sampled_out,
                              &bucket->missed.scopes_over, &bucket->missed.memory_lost,
                              &bucket->root->cells[EVICTED].count};
        if (reason < 5)
            *counts[reason] = 1;
        else
            for (uint64_t i = 0; i < 20000; i++)
                count_number(bucket->root, PORTS, i, 1);
        buffer_clear(&out);
        metric_json_completeness(bucket, &out);
        assert_non_null(strstr(buffer_text(&out), "\"complete\":false"));
        metric_bucket_free(bucket);
    }
}

static void write_object(const void *bucket, struct buffer *text)
{
    struct metric_json_options options = {.now = 60 * SECOND};
    metric_json_object(bucket, &options, text);
    metric_json_completeness(bucket, text);
}

static void without_memory(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
    struct random_stream random = {1};
    for (unsigned i = 0; i < 300; i++)
        count_random(bucket, &random);
    assert_text_without_memory(write_object, bucket);
    metric_bucket_free(bucket);
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(doubles),
        cmocka_unit_test(random_doubles_read_back),
        cmocka_unit_test(an_empty_bucket),
        cmocka_unit_test(groups_that_are_off),
        cmocka_unit_test(all_groups_off),
        cmocka_unit_test(counters_and_optional_ones),
        cmocka_unit_test(quantiles_and_histograms),
        cmocka_unit_test(histogram_bounds_sort_as_text),
        cmocka_unit_test(integers_are_rounded_half_up),
        cmocka_unit_test(rates_of_live_closed_and_recorded_buckets),
        cmocka_unit_test(top_lists),
        cmocka_unit_test(scopes_within_scopes),
        cmocka_unit_test(random_buckets_are_valid_and_sorted),
        cmocka_unit_test(completeness),
        cmocka_unit_test(any_reason_is_incomplete),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, text_setup, text_teardown);
}
