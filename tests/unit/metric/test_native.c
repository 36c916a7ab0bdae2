#include "fake_text.h"

#include "metric/native.h"
#include "metric/prometheus.h"

static const char *name_of(struct metric_row row)
{
    static const struct metric_table table = {.schema = "dns"};
    static char name[256];
    struct buffer text;
    buffer_init(&text, sizeof name);
    bool has = metric_native_name(&table, &row, &text);
    snprintf(name, sizeof name, "%s%s", buffer_text(&text), metric_native_suffix(&row));
    assert_int_equal(has, metric_native_type(&row) != NULL);
    assert_true(has || text.len == 0);
    buffer_done(&text);
    return name;
}

#define COUNTER(p, u)                                \
    (struct metric_row)                              \
    {                                                \
        .kind = METRIC_COUNTER, .path = p, .unit = u \
    }
#define GAUGE(p, u)                                                 \
    (struct metric_row)                                             \
    {                                                               \
        .kind = METRIC_COUNTER, .gauge = true, .path = p, .unit = u \
    }
#define TIMES(p, u)                                    \
    (struct metric_row)                                \
    {                                                  \
        .kind = METRIC_QUANTILES, .path = p, .unit = u \
    }
#define TOP(p, u)                                \
    (struct metric_row)                          \
    {                                            \
        .kind = METRIC_TOP, .path = p, .unit = u \
    }
#define RATE(p, u)                                \
    (struct metric_row)                           \
    {                                             \
        .kind = METRIC_RATE, .path = p, .unit = u \
    }
#define DISTINCT(p, u)                                \
    (struct metric_row)                               \
    {                                                 \
        .kind = METRIC_DISTINCT, .path = p, .unit = u \
    }
#define BINS(p, u)                                     \
    (struct metric_row)                                \
    {                                                  \
        .kind = METRIC_HISTOGRAM, .path = p, .unit = u \
    }

static void names_by_rule(void **state)
{
    (void)state;
    static const struct {
        struct metric_row row;
        const char *name;
    } cases[] = {
        {COUNTER("wire_packets.udp", "messages"), "pktvisor_dns_wire_packets_udp_total"},
        {COUNTER("wire_packets.total", "messages"), "pktvisor_dns_wire_packets_total"},
        {COUNTER("total_packets", "packets"), "pktvisor_dns_packets_total"},
        {COUNTER("total", "samples"), "pktvisor_dns_samples_total"},
        {COUNTER("in.bytes", "bytes"), "pktvisor_dns_in_bytes_total"},
        {COUNTER("dropped", "bytes"), "pktvisor_dns_dropped_bytes_total"},
        {GAUGE("policy_count", "policies"), "pktvisor_dns_policies"},
        {GAUGE("attached", "policies"), "pktvisor_dns_attached"},
        {TIMES("xact.in.quantiles_us", "us"), "pktvisor_dns_xact_in_seconds"},
        {TIMES("xact_time_us", "us"), "pktvisor_dns_xact_time_seconds"},
        {TIMES("payload_size", "bytes"), "pktvisor_dns_payload_size_bytes"},
        {TIMES("cpu_usage", "percent"), "pktvisor_dns_cpu_usage_ratio"},
        {TIMES("xact.ratio.quantiles", "ratio"), "pktvisor_dns_xact_ratio"},
        {TOP("top_qname2", "messages"), "pktvisor_dns_top_qname2_messages"},
        {TOP("top_qname2_xacts", "transactions"), "pktvisor_dns_top_qname2_transactions"},
        {TOP("top_geoLoc", "packets"), "pktvisor_dns_top_geo_loc_packets"},
        {TOP("top_ASN", "packets"), "pktvisor_dns_top_asn_packets"},
        {TOP("top_response_bytes", "bytes"), "pktvisor_dns_top_response_bytes"},
        {DISTINCT("cardinality.qname", "names"), "pktvisor_dns_cardinality_qname"},
        {RATE("rates.bytes_in", "bytes/s"), "pktvisor_dns_in_bytes_total"},
        {RATE("rates.bytes_total", "bytes/s"), "pktvisor_dns_bytes_total"},
        {RATE("rates.bps", "bytes/s"), "pktvisor_dns_bytes_total"},
        {RATE("rates.total", "messages/s"), ""},
        {BINS("xact.in.histogram_us", "us"), ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(name_of(cases[i].row), cases[i].name);
    struct metric_row aside = COUNTER("evicted", "messages");
    aside.aside = true;
    assert_string_equal(name_of(aside), "");
}

static void types(void **state)
{
    (void)state;
    assert_string_equal(metric_native_type(&COUNTER("a", "packets")), "counter");
    assert_string_equal(metric_native_type(&GAUGE("a", "packets")), "gauge");
    assert_string_equal(metric_native_type(&TIMES("a", "us")), "histogram");
    assert_string_equal(metric_native_type(&TOP("a", "packets")), "gauge");
    assert_true(metric_row_cumulative(&RATE("a", "bytes/s")));
    assert_false(metric_row_cumulative(&RATE("a", "packets/s")));
    assert_false(metric_row_cumulative(&GAUGE("a", "packets")));
    assert_false(metric_row_cumulative(&TOP("a", "packets")));
}

static const char *write(const struct metric_series_source *source, enum metric_format format)
{
    struct metric_prometheus_options options = {
        .now = 0, .names = METRIC_NAMES_NATIVE, .format = format};
    buffer_clear(&out);
    metric_prometheus_write(source, 1, &options, &out);
    metric_exposition_end(format, &out);
    assert_false(out.failed);
    return buffer_text(&out);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_error("%s\nis not in\n%s\n", part, text);
    assert_non_null(strstr(text, part));
}

// Counters and histograms from the totals, lists from the bucket.
static void what_comes_from_where(void **state)
{
    (void)state;
    struct metric_settings settings = fake_settings(COUNTERS | TOPS);
    struct metric_totals *totals = metric_totals_new(&fake_table, &settings, &pool);
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS);
    assert_non_null(totals);
    metric_count(bucket->root, EVENTS, 5);
    metric_count(metric_scope_fixed(bucket->root, DIRECTION, 1), PACKETS, 3);
    count_name(bucket->root, NAMES, "a", 2);
    assert_true(metric_totals_add(totals, bucket) && metric_totals_add(totals, bucket));
    const struct metric_label labels[] = {{"policy", "p"}};
    struct metric_series_source source = {
        .bucket = bucket, .labels = labels, .n_labels = 1, .totals = totals};
    const char *text = write(&source, METRIC_FORMAT_TEXT);
    assert_has(text, "# HELP pktvisor_fake_events_total events \\\\ of all\tsorts\n"
                     "# TYPE pktvisor_fake_events_total counter\n"
                     "pktvisor_fake_events_total{policy=\"p\"} 10\n");
    assert_has(text, "pktvisor_fake_packets_total{direction=\"out\",policy=\"p\"} 6\n");
    assert_has(text, "# HELP pktvisor_fake_top_names_queries names, in the last closed period\n"
                     "# TYPE pktvisor_fake_top_names_queries gauge\n"
                     "pktvisor_fake_top_names_queries{policy=\"p\",qname=\"a\"} 2\n");
    assert_null(strstr(text, "pktvisor_fake_rates"));
    assert_null(strstr(text, "pktvisor_fake_hidden"));
    assert_has(text, "pktvisor_completeness{");
    source.totals = NULL; // a bucket alone: what it holds
    assert_has(write(&source, METRIC_FORMAT_TEXT), "pktvisor_fake_events_total{policy=\"p\"} 5\n");
    text = write(&source, METRIC_FORMAT_OPENMETRICS);
    assert_has(text, "# TYPE pktvisor_fake_events counter\n"
                     "# UNIT pktvisor_fake_events events\n"
                     "pktvisor_fake_events_total{policy=\"p\"} 5\n");
    assert_has(text, "# UNIT pktvisor_fake_top_names_queries queries\n");
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    metric_bucket_free(bucket);
    metric_totals_free(totals);
}

static const struct metric_row times_row[] = {
    {.id = 1, .kind = METRIC_QUANTILES, .path = "time_us", .unit = "us", .help = "time"}};
static const struct metric_table times_table = {.schema = "t",
                                                .title = "t",
                                                .rows = times_row,
                                                .n_rows = 1,
                                                .scopes = fake_scopes,
                                                .n_scopes = 1};

// The number behind a bound; -1: it is not there.
static long long bucket_value(const char *text, const char *bound)
{
    char line[128];
    snprintf(line, sizeof line, "pktvisor_t_time_seconds_bucket{le=\"%s\"} ", bound);
    const char *at = strstr(text, line);
    return at ? atoll(at + strlen(line)) : -1;
}

// Counts at the bounds are exact, among few values and many, and at the bounds themselves.
static void histograms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned us;
    } bounds[] = {{"8e-06", 8},           {"1.6e-05", 16},     {"0.000128", 128},
                  {"0.001024", 1024},     {"0.065536", 65536}, {"1.048576", 1048576},
                  {"16.777216", 16777216}};
    for (unsigned n = 0; n <= 2000; n = n ? n * 10 : 2) {
        struct metric_settings settings = fake_settings(0);
        struct metric_bucket *bucket = metric_bucket_new(&times_table, &settings, &pool);
        assert_non_null(bucket);
        struct random_stream random = {.state = n};
        long long truth[7] = {0};
        uint64_t sum = 0;
        for (unsigned i = 0; i < n; i++) {
            uint64_t us =
                i % 3 ? random_below(&random, 1u << random_below(&random, 26)) : bounds[i % 7].us;
            metric_quantile(bucket->root, 0, (double)us);
            sum += us;
            for (size_t b = 0; b < 7; b++)
                truth[b] += us <= bounds[b].us;
        }
        struct metric_series_source source = {.bucket = bucket};
        const char *text = write(&source, METRIC_FORMAT_TEXT);
        for (size_t b = 0; b < 7; b++)
            assert_int_equal(bucket_value(text, bounds[b].text), truth[b]);
        assert_int_equal(bucket_value(text, "+Inf"), n);
        const char *at = strstr(text, "_sum{} ");
        assert_non_null(at);
        double difference = atof(at + 7) - (double)sum / 1e6;
        assert_true(difference < 1e-9 * (double)(sum + 1) &&
                    difference > -1e-9 * (double)(sum + 1));
        assert_has(text, "# TYPE pktvisor_t_time_seconds histogram\n");
        assert_has(write(&source, METRIC_FORMAT_OPENMETRICS),
                   "# UNIT pktvisor_t_time_seconds seconds\n");
        metric_bucket_free(bucket);
    }
}

// Upstream's families are the same beside the native ones, and completeness comes once.
static void both(void **state)
{
    (void)state;
    struct metric_bucket *bucket = fake_bucket(&pool, COUNTERS | TOPS | DETAILS | SIZES);
    struct random_stream random = {.state = 3};
    for (unsigned i = 0; i < 300; i++)
        count_random(bucket, &random);
    struct metric_series_source source = {.bucket = bucket};
    struct metric_prometheus_options options = {.now = MINUTE};
    struct buffer upstream;
    buffer_init(&upstream, 1 << 20);
    metric_prometheus_write(&source, 1, &options, &upstream);
    options.names = METRIC_NAMES_BOTH;
    buffer_clear(&out);
    metric_prometheus_write(&source, 1, &options, &out);
    const char *all = buffer_text(&out), *first = strstr(all, "# HELP pktvisor_fake");
    const char *rest = strstr(buffer_text(&upstream), "# HELP pktvisor_completeness");
    assert_true(first && rest);
    assert_memory_equal(all, buffer_text(&upstream), (size_t)(first - all));
    assert_string_equal(strstr(all, "# HELP pktvisor_completeness"), rest);
    for (const char *line = all; (line = strstr(line, "# TYPE "));) {
        line += 7;
        char type[128];
        snprintf(type, sizeof type, "# TYPE %.*s ", (int)strcspn(line, " "), line);
        assert_null(strstr(line, type)); // no family twice
    }
    buffer_done(&upstream);
    metric_bucket_free(bucket);
}

int main(void)
{
    hash_fix_process_key(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_by_rule),
        cmocka_unit_test(types),
        cmocka_unit_test(what_comes_from_where),
        cmocka_unit_test(histograms),
        cmocka_unit_test(both),
    };
    return cmocka_run_group_tests(tests, text_setup, text_teardown);
}
