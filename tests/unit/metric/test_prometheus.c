#include "fake_text.h"

#include "metric/prometheus.h"

// Tables of one row, to see nothing but its series.
struct one_row {
    struct metric_row row;
    struct metric_table table;
    struct metric_bucket *bucket;
};

static void one_row_init(struct one_row *one, struct metric_row row)
{
    one->row = row;
    one->row.id = 1;
    one->row.unit = "1";
    if (!one->row.path)
        one->row.path = "test.metric";
    if (!one->row.help)
        one->row.help = "A metric";
    one->table = (struct metric_table){.schema = "root",
                                       .title = "root",
                                       .rows = &one->row,
                                       .n_rows = 1,
                                       .scopes = fake_scopes,
                                       .n_scopes = 1};
    assert_null(metric_table_fault(&one->table));
    struct metric_settings settings = fake_settings(0);
    one->bucket = metric_bucket_new(&one->table, &settings, &pool);
    assert_non_null(one->bucket);
}

static const struct metric_label policy_default[] = {{"policy", "default"}};

static const char *write_all(const struct metric_series_source *sources, size_t n,
                             const struct metric_prometheus_options *options)
{
    buffer_clear(&out);
    metric_prometheus_write(sources, n, options, &out);
    assert_false(out.failed);
    return buffer_text(&out);
}

static const char completeness_head[] =
    "# HELP pktvisor_completeness What the period did not see, by reason; 0 where nothing\n"
    "# TYPE pktvisor_completeness gauge\n";

// The text without the series of completeness, which stand at the end.
static const char *rows_only(const char *text)
{
    const char *end = strstr(text, "# HELP pktvisor_completeness");
    if (!end)
        end = strstr(text, "# TYPE pktvisor_completeness");
    assert_non_null(end);
    out.len = (size_t)(end - text);
    return buffer_text(&out);
}

static const char *write_one(struct one_row *one)
{
    struct metric_series_source source = {
        .bucket = one->bucket, .labels = policy_default, .n_labels = 1};
    struct metric_prometheus_options options = {.now = one->bucket->start};
    return rows_only(write_all(&source, 1, &options));
}

static void a_counter_with_a_static_label(void **state)
{
    (void)state;
    struct one_row one;
    one_row_init(&one, (struct metric_row){.kind = METRIC_COUNTER});
    metric_count(one.bucket->root, 0, 1);
    const struct metric_label instance[] = {{"instance", "test instance"}};
    struct metric_series_source source = {
        .bucket = one.bucket, .labels = policy_default, .n_labels = 1};
    struct metric_prometheus_options options = {.static_labels = instance, .n_static_labels = 1};
    assert_string_equal(rows_only(write_all(&source, 1, &options)),
                        "# HELP root_test_metric A metric\n"
                        "# TYPE root_test_metric gauge\n"
                        "root_test_metric{instance=\"test instance\",policy=\"default\"} 1\n");
    // Braces stand without labels, too.
    source.n_labels = options.n_static_labels = 0;
    options.no_help = true;
    assert_string_equal(rows_only(write_all(&source, 1, &options)),
                        "# TYPE root_test_metric gauge\nroot_test_metric{} 1\n");
    metric_bucket_free(one.bucket);
}

static void the_later_of_equal_labels_counts(void **state)
{
    (void)state;
    struct one_row one;
    one_row_init(&one,
                 (struct metric_row){.kind = METRIC_TOP, .item = ITEM_TEXT, .label = "policy"});
    count_name(one.bucket->root, 0, "row", 1);
    const struct metric_label fixed[] = {{"zone", "static"}, {"site", "static"}};
    const struct metric_label labels[] = {{"policy", "source"}, {"site", "source"}};
    struct metric_series_source source = {.bucket = one.bucket, .labels = labels, .n_labels = 2};
    struct metric_prometheus_options options = {
        .static_labels = fixed, .n_static_labels = 2, .no_help = true};
    assert_string_equal(rows_only(write_all(&source, 1, &options)),
                        "# TYPE root_test_metric gauge\n"
                        "root_test_metric{zone=\"static\",policy=\"row\",site=\"source\"} 1\n");
    metric_bucket_free(one.bucket);
}

static void escapes(void **state)
{
    (void)state;
    struct one_row one;
    one_row_init(&one, (struct metric_row){.kind = METRIC_TOP,
                                           .item = ITEM_TEXT,
                                           .label = "name",
                                           .help = "back\\slash \"quoted\""});
    count_name(one.bucket->root, 0, "a\"b\\c\nd", 2);
    count_name(one.bucket->root, 0, "M\xc3\xbcnchen\xff", 1);
    assert_string_equal(write_one(&one),
                        "# HELP root_test_metric back\\\\slash \"quoted\"\n"
                        "# TYPE root_test_metric gauge\n"
                        "root_test_metric{name=\"a\\\"b\\\\c\\nd\",policy=\"default\"} 2\n"
                        "root_test_metric{name=\"M\xc3\xbcnchen\xef\xbf\xbd\",policy=\"default\"} "
                        "1\n");
    metric_bucket_free(one.bucket);
}

static void quantiles(void **state)
{
    (void)state;
    struct one_row one;
    one_row_init(&one, (struct metric_row){.kind = METRIC_QUANTILES});
    assert_string_equal(write_one(&one), ""); // nothing to see: no HELP, no TYPE
    metric_quantile(one.bucket->root, 0, 12);
    metric_quantile(one.bucket->root, 0, 12);
    assert_string_equal(write_one(&one),
                        "# HELP root_test_metric A metric\n"
                        "# TYPE root_test_metric summary\n"
                        "root_test_metric{policy=\"default\",quantile=\"0.5\"} 12\n"
                        "root_test_metric{policy=\"default\",quantile=\"0.9\"} 12\n"
                        "root_test_metric{policy=\"default\",quantile=\"0.95\"} 12\n"
                        "root_test_metric{policy=\"default\",quantile=\"0.99\"} 12\n"
                        "root_test_metric_sum{policy=\"default\"} 24\n"
                        "root_test_metric_count{policy=\"default\"} 2\n");
    metric_bucket_free(one.bucket);
}

static void doubles_have_six_digits(void **state)
{
    (void)state;
    const struct {
        double value;
        const char *text;
    } cases[] = {
        {1.0 / 3, " 0.333333\n"}, {1e6, " 1e+06\n"},          {1e20, " 1e+20\n"},
        {1e-5, " 1e-05\n"},       {1.59574468, " 1.59574\n"}, {100000, " 100000\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct one_row one;
        one_row_init(&one, (struct metric_row){.kind = METRIC_QUANTILES, .real = true});
        metric_quantile(one.bucket->root, 0, cases[i].value);
        const char *text = strstr(write_one(&one), "_sum{policy=\"default\"}");
        assert_non_null(text);
        assert_memory_equal(text + strlen("_sum{policy=\"default\"}"), cases[i].text,
                            strlen(cases[i].text));
        metric_bucket_free(one.bucket);
    }
    // Integers are written in full.
    struct one_row one;
    one_row_init(&one, (struct metric_row){.kind = METRIC_QUANTILES});
    metric_quantile(one.bucket->root, 0, 123456789);
    assert_non_null(strstr(write_one(&one), "quantile=\"0.5\"} 123456789\n"));
    metric_bucket_free(one.bucket);
}

static void histograms(void **state)
{
    (void)state;
    const double values[] = {12, 12, 1, 8, 12};
    struct one_row one;
    one_row_init(&one, (struct metric_row){.kind = METRIC_HISTOGRAM});
    assert_string_equal(write_one(&one), "");
    for (size_t i = 0; i < 5; i++)
        metric_histogram(one.bucket->root, 0, values[i]);
    assert_string_equal(write_one(&one),
                        "# HELP root_test_metric A metric\n"
                        "# TYPE root_test_metric histogram\n"
                        "root_test_metric_bucket{le=\"1\",policy=\"default\"} 1\n"
                        "root_test_metric_bucket{le=\"8\",policy=\"default\"} 2\n"
                        "root_test_metric_bucket{le=\"12\",policy=\"default\"} 5\n"
                        "root_test_metric_bucket{le=\"+Inf\",policy=\"default\"} 5\n"
                        "root_test_metric_sum{policy=\"default\"} 45\n"
                        "root_test_metric_count{policy=\"default\"} 5\n");
    metric_bucket_free(one.bucket);
    one_row_init(&one, (struct metric_row){.kind = METRIC_HISTOGRAM, .real = true});
    for (size_t i = 0; i < 5; i++)
        metric_histogram(one.bucket->root, 0, values[i] + (i == 0 ? 0.5 : 0));
    assert_string_equal(write_one(&one),
                        "# HELP root_test_metric A metric\n"
                        "# TYPE root_test_metric histogram\n"
                        "root_test_metric_bucket{le=\"1.000000\",policy=\"default\"} 1\n"
                        "root_test_metric_bucket{le=\"8.799225\",policy=\"default\"} 2\n"
                        "root_test_metric_bucket{le=\"12.915497\",policy=\"default\"} 5\n"
                        "root_test_metric_bucket{le=\"+Inf\",policy=\"default\"} 5\n"
                        "root_test_metric_sum{policy=\"default\"} 45.5\n"
                        "root_test_metric_count{policy=\"default\"} 5\n");
    metric_bucket_free(one.bucket);
}

static void rates(void **state)
{
    (void)state;
    struct one_row one;
    one_row_init(&one, (struct metric_row){.kind = METRIC_RATE});
    one.bucket->start = 100 * SECOND;
    for (int64_t second = 0; second < 10; second++)
        metric_rate(one.bucket->root, 0, 100 + second, (uint64_t)second + 1);
    assert_string_equal(write_one(&one), ""); // no whole second yet
    struct metric_series_source source = {
        .bucket = one.bucket, .labels = policy_default, .n_labels = 1};
    struct metric_prometheus_options options = {.now = 120 * SECOND, .no_help = true};
    assert_string_equal(rows_only(write_all(&source, 1, &options)),
                        "# TYPE root_test_metric summary\n"
                        "root_test_metric{policy=\"default\",quantile=\"0.5\"} 0\n"
                        "root_test_metric{policy=\"default\",quantile=\"0.9\"} 8\n"
                        "root_test_metric{policy=\"default\",quantile=\"0.95\"} 9\n"
                        "root_test_metric{policy=\"default\",quantile=\"0.99\"} 10\n"
                        "root_test_metric_sum{policy=\"default\"} 55\n"
                        "root_test_metric_count{policy=\"default\"} 20\n");
    metric_bucket_free(one.bucket);
}

static void distinct_counts(void **state)
{
    (void)state;
    struct one_row one;
    one_row_init(&one, (struct metric_row){.kind = METRIC_DISTINCT});
    metric_distinct(one.bucket->root, 0, hll_coupon_u64(1));
    assert_string_equal(write_one(&one), "# HELP root_test_metric A metric\n"
                                         "# TYPE root_test_metric gauge\n"
                                         "root_test_metric{policy=\"default\"} 1\n");
    metric_bucket_free(one.bucket);
}

static void optional_counters(void **state)
{
    (void)state;
    struct one_row one;
    one_row_init(&one, (struct metric_row){.kind = METRIC_COUNTER, .optional = true});
    assert_string_equal(write_one(&one), "");
    metric_count(one.bucket->root, 0, 1);
    assert_non_null(strstr(write_one(&one), "root_test_metric{policy=\"default\"} 1\n"));
    metric_bucket_free(one.bucket);
}

// A place without coordinates does not keep those of the row before.
static void places(void **state)
{
    (void)state;
    struct one_row one;
    one_row_init(&one,
                 (struct metric_row){.kind = METRIC_TOP, .item = ITEM_PLACE, .label = "geo_loc"});
    count_bytes(one.bucket->root, 0,
                "NA/Canada\0"
                "43.7\0"
                "-79.4",
                20, 3);
    count_bytes(one.bucket->root, 0, "Unknown", 7, 2);
    count_bytes(one.bucket->root, 0, "", 0, 1);
    assert_string_equal(
        write_one(&one),
        "# HELP root_test_metric A metric\n"
        "# TYPE root_test_metric gauge\n"
        "root_test_metric{geo_loc=\"NA/Canada\",lat=\"43.7\",lon=\"-79.4\",policy=\"default\"} 3\n"
        "root_test_metric{geo_loc=\"Unknown\",policy=\"default\"} 2\n"
        "root_test_metric{geo_loc=\"\",policy=\"default\"} 1\n");
    metric_bucket_free(one.bucket);
}

static void scopes_and_completeness(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS);
    struct metric_scope *root = bucket->root;
    metric_count(root, EVENTS, 7);
    metric_count(metric_scope_fixed(root, DIRECTION, 1), PACKETS, 2);
    metric_count(metric_scope_fixed(root, DIRECTION, 0), PACKETS, 1);
    metric_count(metric_scope_fixed(root, DIRECTION, 0), BROKEN, 8);
    struct metric_scope *b = device(root, "b"), *a = device(root, "a");
    metric_count(b, FLOWS, 2);
    metric_count(a, FLOWS, 1);
    metric_count(interface(b, "2"), BYTES, 22);
    metric_count(interface(b, "1"), BYTES, 21);
    metric_count(interface(a, "3"), BYTES, 13);
    bucket->missed.source_lost = 5;
    const struct metric_label labels[] = {{"handler", "h"}, {"policy", "p"}};
    struct metric_series_source source = {.bucket = bucket, .labels = labels, .n_labels = 2};
    struct metric_prometheus_options options = {.no_help = true};
    assert_string_equal(
        write_all(&source, 1, &options),
        "# TYPE fake_events gauge\n"
        "fake_events{handler=\"h\",policy=\"p\"} 7\n"
        "# TYPE fake_wire_queries gauge\n"
        "fake_wire_queries{handler=\"h\",policy=\"p\"} 0\n"
        "# TYPE fake_cardinality_users gauge\n"
        "fake_cardinality_users{handler=\"h\",policy=\"p\"} 0\n"
        "# TYPE fake_packets gauge\n"
        "fake_packets{direction=\"in\",handler=\"h\",policy=\"p\"} 1\n"
        "fake_packets{direction=\"out\",handler=\"h\",policy=\"p\"} 2\n"
        "# TYPE fake_flows gauge\n"
        "fake_flows{device=\"a\",handler=\"h\",policy=\"p\"} 1\n"
        "fake_flows{device=\"b\",handler=\"h\",policy=\"p\"} 2\n"
        "# TYPE fake_in_bytes gauge\n"
        "fake_in_bytes{device=\"a\",device_interface=\"a|3\",handler=\"h\",policy=\"p\"} 13\n"
        "fake_in_bytes{device=\"b\",device_interface=\"b|1\",handler=\"h\",policy=\"p\"} 21\n"
        "fake_in_bytes{device=\"b\",device_interface=\"b|2\",handler=\"h\",policy=\"p\"} 22\n"
        "# TYPE fake_in_peers gauge\n"
        "fake_in_peers{device=\"a\",device_interface=\"a|3\",handler=\"h\",policy=\"p\"} 0\n"
        "fake_in_peers{device=\"b\",device_interface=\"b|1\",handler=\"h\",policy=\"p\"} 0\n"
        "fake_in_peers{device=\"b\",device_interface=\"b|2\",handler=\"h\",policy=\"p\"} 0\n"
        "# TYPE pktvisor_completeness gauge\n"
        "pktvisor_completeness{handler=\"h\",policy=\"p\",reason=\"aborted\",schema=\"fake\"} 8\n"
        "pktvisor_completeness{handler=\"h\",policy=\"p\",reason=\"evicted\",schema=\"fake\"} 0\n"
        "pktvisor_completeness{handler=\"h\",policy=\"p\",reason=\"memory_lost\",schema=\"fake\"} "
        "0\n"
        "pktvisor_completeness{handler=\"h\",policy=\"p\",reason=\"sampled_out\",schema=\"fake\"} "
        "0\n"
        "pktvisor_completeness{handler=\"h\",policy=\"p\",reason=\"scopes_over\",schema=\"fake\"} "
        "0\n"
        "pktvisor_completeness{handler=\"h\",policy=\"p\",reason=\"source_lost\",schema=\"fake\"} "
        "5\n"
        "pktvisor_completeness{handler=\"h\",policy=\"p\",reason=\"untracked\",schema=\"fake\"} "
        "0\n");
    metric_bucket_free(bucket);
}

// Two policies: each family stands once, with the series of both behind one HELP and one TYPE.
static void families_are_contiguous(void **state)
{
    (void)state;
    struct metric_bucket *a = fake_bucket(&pool, COUNTERS), *b = fake_bucket(&pool, TOPS);
    struct one_row other; // a table of its own that shares a name with the fake one
    one_row_init(&other,
                 (struct metric_row){.kind = METRIC_COUNTER, .path = "x", .name = "fake_events"});
    struct one_row wrong; // and one that means something else by it
    one_row_init(&wrong,
                 (struct metric_row){.kind = METRIC_QUANTILES, .path = "x", .name = "fake_events"});
    metric_quantile(wrong.bucket->root, 0, 1);
    const struct metric_label one[] = {{"policy", "one"}}, two[] = {{"policy", "two"}},
                              three[] = {{"policy", "three"}};
    const struct metric_series_source sources[] = {
        {.bucket = a, .labels = one, .n_labels = 1},
        {.bucket = other.bucket, .labels = three, .n_labels = 1},
        {.bucket = b, .labels = two, .n_labels = 1},
        {.bucket = wrong.bucket, .labels = two, .n_labels = 1}};
    struct metric_prometheus_options options = {.now = 0};
    const char *text = rows_only(write_all(sources, 4, &options));
    assert_string_equal(text, "# HELP fake_events events \\\\ of all\tsorts\n"
                              "# TYPE fake_events gauge\n"
                              "fake_events{policy=\"one\"} 0\n"
                              "fake_events{policy=\"three\"} 0\n"
                              "fake_events{policy=\"two\"} 0\n"
                              "# HELP fake_wire_queries queries\n"
                              "# TYPE fake_wire_queries gauge\n"
                              "fake_wire_queries{policy=\"one\"} 0\n"
                              "# HELP fake_cardinality_users distinct users\n"
                              "# TYPE fake_cardinality_users gauge\n"
                              "fake_cardinality_users{policy=\"one\"} 0\n");
    metric_bucket_free(a);
    metric_bucket_free(b);
    metric_bucket_free(other.bucket);
    metric_bucket_free(wrong.bucket);
}

static void nothing_of_what_is_off(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, 0);
    const struct metric_series_source source = {
        .bucket = bucket, .labels = policy_default, .n_labels = 1};
    struct metric_prometheus_options options = {.now = 0};
    assert_string_equal(write_all(&source, 1, &options), "");
    assert_string_equal(write_all(NULL, 0, &options), "");
    metric_bucket_free(bucket);
}

static void completeness_has_a_help(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, SIZES);
    const struct metric_series_source source = {.bucket = bucket, .labels = NULL, .n_labels = 0};
    struct metric_prometheus_options options = {.now = 0};
    const char *text = strstr(write_all(&source, 1, &options), completeness_head);
    assert_non_null(text);
    assert_memory_equal(text + strlen(completeness_head), "pktvisor_completeness{reason=", 29);
    metric_bucket_free(bucket);
}

// Many sources: every name has one TYPE line, and its series follow one another.
static void many_sources(void **state)
{
    (void)state;
    enum { SOURCES = 40 };
    struct metric_bucket *buckets[SOURCES];
    struct metric_series_source sources[SOURCES];
    struct metric_label labels[SOURCES];
    char names[SOURCES][16];
    struct random_stream random = {5};
    for (unsigned i = 0; i < SOURCES; i++) {
        buckets[i] = fake_bucket(&pool, (uint32_t)random_below(&random, 16));
        for (unsigned n = 0; n < 20; n++)
            count_random(buckets[i], &random);
        snprintf(names[i], sizeof names[i], "p%u", i);
        labels[i] = (struct metric_label){"policy", names[i]};
        sources[i] = (struct metric_series_source){
            .bucket = buckets[i], .labels = &labels[i], .n_labels = 1};
    }
    struct metric_prometheus_options options = {.now = 60 * SECOND, .no_help = true};
    char *text = (char *)(uintptr_t)write_all(sources, SOURCES, &options);
    char family[128] = "", seen[8192] = " ";
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (line[0] == '#') {
            assert_int_equal(sscanf(line, "# TYPE %127s", family), 1);
            char with_spaces[140];
            snprintf(with_spaces, sizeof with_spaces, " %s ", family);
            assert_null(strstr(seen, with_spaces));
            strcat(seen, with_spaces + 1);
            continue;
        }
        assert_memory_equal(line, family, strlen(family));
        assert_true(line[strlen(family)] == '{' || line[strlen(family)] == '_');
    }
    for (unsigned i = 0; i < SOURCES; i++)
        metric_bucket_free(buckets[i]);
}

static void write_source(const void *source, struct buffer *text)
{
    struct metric_prometheus_options options = {.now = 60 * SECOND};
    metric_prometheus_write(source, 1, &options, text);
}

static void without_memory(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS | DETAILS);
    struct random_stream random = {1};
    for (unsigned i = 0; i < 300; i++)
        count_random(bucket, &random);
    struct metric_series_source source = {
        .bucket = bucket, .labels = policy_default, .n_labels = 1};
    assert_text_without_memory(write_source, &source);
    metric_bucket_free(bucket);
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_with_a_static_label),
        cmocka_unit_test(the_later_of_equal_labels_counts),
        cmocka_unit_test(escapes),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(doubles_have_six_digits),
        cmocka_unit_test(histograms),
        cmocka_unit_test(rates),
        cmocka_unit_test(distinct_counts),
        cmocka_unit_test(optional_counters),
        cmocka_unit_test(places),
        cmocka_unit_test(scopes_and_completeness),
        cmocka_unit_test(families_are_contiguous),
        cmocka_unit_test(nothing_of_what_is_off),
        cmocka_unit_test(completeness_has_a_help),
        cmocka_unit_test(many_sources),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, text_setup, text_teardown);
}
