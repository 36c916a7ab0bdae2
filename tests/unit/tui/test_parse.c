#include "cmocka_tui.h"

#include "documents.h"
#include "tui/parse.h"

static struct metrics metrics;
static struct policies policies;

static bool read_metrics(const char *json)
{
    struct error err;
    arena_done(&metrics.arena);
    return parse_metrics(span_text(json), false, &metrics, &err);
}

static void read_document(const char *name)
{
    struct buffer text;
    struct span body = document(name, &text);
    arena_done(&metrics.arena);
    bool fine = parse_metrics(body, false, &metrics, NULL);
    buffer_done(&text);
    assert_true(fine);
}

static const struct fact_value *value(unsigned handler, enum fact fact, enum direction direction)
{
    return handler_value(&metrics.handlers[handler], fact, direction);
}

static const struct handler *find(const char *name)
{
    for (unsigned i = 0; i < metrics.count; i++)
        if (strcmp(metrics.handlers[i].name, name) == 0)
            return &metrics.handlers[i];
    fail();
    return NULL;
}

static void version_one(void **state)
{
    (void)state;
    assert_true(read_metrics(
        "{\"p\":{\"h\":{\"completeness\":{\"complete\":true},\"dns\":{\"period\":{\"length\":7,"
        "\"start_ts\":1000},\"wire_packets\":{\"total\":12,\"nxdomain\":3},\"rates\":{\"total\":{"
        "\"live\":4,\"p50\":1,\"p90\":2,\"p95\":2,\"p99\":3}},\"xact\":{\"in\":{\"quantiles_us\":{"
        "\"p50\":1.5,\"p90\":2,\"p95\":3,\"p99\":4}}},\"top_nxdomain\":[{\"name\":\"a\","
        "\"estimate\":2},{\"name\":\"b\",\"estimate\":1}]}}}}"));
    assert_int_equal(metrics.count, 1);
    const struct handler *handler = &metrics.handlers[0];
    assert_string_equal(handler->name, "h");
    assert_int_equal(handler->family, FAMILY_DNS);
    assert_int_equal(handler->version, 1);
    assert_int_equal(handler->start, 1000);
    assert_int_equal(handler->length, 7);
    assert_false(handler->incomplete);
    assert_int_equal(value(0, FACT_DNS_MESSAGES, DIRECTION_ALL)->count, 12);
    // A fact without directions is the same in all of them.
    assert_int_equal(value(0, FACT_DNS_NXDOMAIN, DIRECTION_IN)->count, 3);
    assert_null(value(0, FACT_DNS_QUERIES, DIRECTION_ALL));
    assert_null(value(0, FACT_NET_TOTAL, DIRECTION_ALL));
    const struct quantiles *rate = &value(0, FACT_DNS_RATE, DIRECTION_ALL)->quantiles;
    assert_true(rate->has_live && rate->has_quantiles && rate->live == 4 && rate->p99 == 3);
    const struct quantiles *time = &value(0, FACT_DNS_TIME_IN, DIRECTION_ALL)->quantiles;
    assert_true(!time->has_live && time->has_quantiles && time->p50 == 1.5);
    const struct top *top = &value(0, FACT_DNS_TOP_NXDOMAIN, DIRECTION_ALL)->top;
    assert_int_equal(top->count, 2);
    assert_string_equal(top->rows[1].name, "b");
}

static void version_two_adds_directions_up(void **state)
{
    (void)state;
    assert_true(read_metrics(
        "{\"p\":{\"h\":{\"net\":{\"observed_packets\":9,\"in\":{\"total_packets\":5,"
        "\"cardinality\":{\"ips\":4},\"rates\":{\"pps\":{\"live\":2}},\"top_ipv4_packets\":[{"
        "\"name\":\"x\",\"estimate\":3},{\"name\":\"y\",\"estimate\":2}]},\"out\":{"
        "\"total_packets\":3,\"top_ipv4_packets\":[{\"name\":\"y\",\"estimate\":2},{\"name\":"
        "\"z\",\"estimate\":1}]}}}}}"));
    assert_int_equal(metrics.handlers[0].version, 2);
    assert_int_equal(value(0, FACT_NET_TOTAL, DIRECTION_ALL)->count, 8);
    assert_int_equal(value(0, FACT_NET_TOTAL, DIRECTION_IN)->count, 5);
    assert_null(value(0, FACT_NET_TOTAL, DIRECTION_UNKNOWN));
    assert_int_equal(value(0, FACT_NET_IPS_IN, DIRECTION_OUT)->count, 4);
    assert_null(value(0, FACT_NET_IPS_OUT, DIRECTION_ALL));
    const struct quantiles *rate = &value(0, FACT_NET_RATE_IN, DIRECTION_ALL)->quantiles;
    assert_true(rate->has_live && !rate->has_quantiles && rate->live == 2);
    const struct top *top = &value(0, FACT_NET_TOP_IPV4, DIRECTION_ALL)->top;
    assert_int_equal(top->count, 3);
    assert_string_equal(top->rows[0].name, "y");
    assert_int_equal(top->rows[0].estimate, 4);
    assert_string_equal(top->rows[1].name, "x");
    assert_string_equal(top->rows[2].name, "z");
    assert_int_equal(value(0, FACT_NET_TOP_IPV4, DIRECTION_OUT)->top.count, 2);
}

static void recorded(void **state)
{
    (void)state;
    read_document("default_1.json");
    assert_int_equal(metrics.count, 4);
    assert_int_equal(find("default-default-dns")->version, 1);
    read_document("two.json");
    assert_int_equal(metrics.count, 4);
    assert_int_equal(find("two-second-mynet")->version, 2);
    assert_int_equal(find("two-second-n1")->version, 1);
    assert_int_equal(find("two-second-mydns")->version, 2);
    assert_int_equal(find("two-second-routes")->family, FAMILY_BGP);
    assert_true(find("two-second-mydns")->incomplete);
    assert_string_equal(find("two-second-mydns")->reasons, "untracked 2.56M");
    // Every fact with a path is in one of the recordings, or is of a group that is off there.
    unsigned present = 0;
    for (unsigned fact = FACT_NONE + 1; fact < FACTS; fact++)
        for (unsigned i = 0; i < metrics.count; i++)
            present += value(i, (enum fact)fact, DIRECTION_ALL) != NULL;
    assert_true(present > 80);
}

static void strangers_documents(void **state)
{
    (void)state;
    read_document("hostile.json");
    assert_int_equal(metrics.count, 2);
    assert_string_equal(metrics.handlers[0].name, "\\027[2Jhandler");
    assert_true(metrics.handlers[0].incomplete);
    assert_string_equal(metrics.handlers[0].reasons, "\\027[5mblink 7");
    assert_string_equal(value(0, FACT_DNS_TOP_NXDOMAIN, DIRECTION_ALL)->top.rows[0].name,
                        "\\027[31mred\\027[0m.example");
    // Another type than expected is missing; a number that cannot be is the nearest one.
    assert_null(value(1, FACT_NET_TOTAL, DIRECTION_ALL));
    assert_null(value(1, FACT_NET_RATE, DIRECTION_ALL));
    assert_null(value(1, FACT_NET_TOP_IPV4, DIRECTION_ALL));
    assert_int_equal(value(1, FACT_NET_UDP, DIRECTION_ALL)->count, 0);
    assert_int_equal(value(1, FACT_NET_IN, DIRECTION_ALL)->count, (uint64_t)1e18);
    assert_int_equal(value(1, FACT_NET_TOP_IPV6, DIRECTION_ALL)->top.count, 1);
    assert_int_equal(metrics.others_count, 2);
    assert_string_equal(metrics.others[1], "flows");
}

static void no_documents(void **state)
{
    static const char *const texts[] = {"", "[]", "x", "{\"a\":", "\"\"", "{} {}"};
    struct error err;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_false(read_metrics(texts[i]));
        arena_done(&policies.arena);
        assert_false(parse_policies(span_text(texts[i]), false, &policies, &err));
        assert_int_equal(err.code, ERROR_FORMAT);
    }
    assert_true(read_metrics("{}") && metrics.count == 0);
    assert_true(read_metrics("{\"p\":5}") && metrics.count == 0);
    assert_true(read_metrics("{\"p\":{\"h\":5}}") && metrics.count == 0);
}

// Commas inside of a text are no values, and a quote behind a backslash does not end it.
static void values_have_a_limit(void **state)
{
    struct buffer text;
    struct error err = {0};
    (void)state;
    buffer_init(&text, 4 << 20);
    buffer_add_text(&text, "{\"p\":\"\\\"");
    for (int i = 0; i <= PARSE_VALUES_MAX; i++)
        buffer_add_char(&text, ',');
    buffer_add_text(&text, "\"}");
    bool fine = parse_metrics(buffer_span(&text), false, &metrics, &err);
    arena_done(&metrics.arena);
    buffer_clear(&text);
    buffer_add_text(&text, "{\"p\":[0");
    for (int i = 0; i < PARSE_VALUES_MAX; i++)
        buffer_add_text(&text, ",0");
    buffer_add_text(&text, "]}");
    bool more = parse_metrics(buffer_span(&text), false, &metrics, &err);
    buffer_done(&text);
    assert_true(fine);
    assert_false(more);
    assert_string_equal(err.text, "the answer has more than 1000000 values");
}

static void handlers_have_a_limit(void **state)
{
    struct buffer text;
    (void)state;
    buffer_init(&text, 1 << 20);
    buffer_add_text(&text, "{\"p\":{");
    for (int i = 0; i < HANDLERS_MAX + 3; i++)
        buffer_printf(&text, "%s\"h%d\":{\"bgp\":{}}", i ? "," : "", i);
    buffer_add_text(&text, "}}");
    bool fine = read_metrics(buffer_text(&text));
    buffer_done(&text);
    assert_true(fine);
    assert_int_equal(metrics.count, HANDLERS_MAX);
    assert_int_equal(metrics.left_out, 3);
}

static void lists_have_a_limit(void **state)
{
    struct buffer text;
    (void)state;
    buffer_init(&text, 1 << 20);
    buffer_add_text(&text, "{\"p\":{\"h\":{\"net\":{\"in\":{\"top_ipv4_packets\":[");
    for (int i = 0; i < TOP_ROWS_MAX + 5; i++)
        buffer_printf(&text, "%s{\"name\":\"%d\",\"estimate\":%d}", i ? "," : "", i, 5000 - i);
    buffer_add_text(&text, "]}}}}}");
    bool fine = read_metrics(buffer_text(&text));
    buffer_done(&text);
    assert_true(fine);
    assert_int_equal(value(0, FACT_NET_TOP_IPV4, DIRECTION_ALL)->top.count, TOP_ROWS_MAX);
}

static void recorded_policies(void **state)
{
    struct buffer text;
    struct error err;
    (void)state;
    struct span body = document("policies.json", &text);
    arena_done(&policies.arena);
    bool fine = parse_policies(body, false, &policies, &err);
    buffer_done(&text);
    assert_true(fine);
    assert_int_equal(policies.count, 4);
    assert_string_equal(policies.policies[0].name, "default");
    assert_string_equal(policies.policies[0].inputs, "default");
    assert_string_equal(policies.policies[0].state, "running");
    assert_int_equal(policies.policies[0].handlers, 4);
    assert_true(policies.policies[0].has_cost && policies.policies[0].memory_bytes > 0);
    assert_false(policies.policies[0].resources);
    assert_true(policies.policies[1].resources);
    assert_int_equal(policies.inputs_count, 2);
    assert_string_equal(policies.inputs[0].name, "default-e672f6867326e422");
    assert_string_equal(policies.inputs[0].tap, "default");
    assert_string_equal(policies.inputs[0].source, "mock");
    assert_string_equal(policies.inputs[0].resources, "default-e672f6867326e422-resources");
    assert_true(policies.inputs[0].malformed > 0);
}

// Upstream's agent says nothing of cost and status.
static void upstreams_policies(void **state)
{
    struct error err;
    (void)state;
    arena_done(&policies.arena);
    assert_true(parse_policies(
        span_text(
            "{\"default\":{\"input\":{\"anycast-0123456789abcdef\":{\"input\":{\"running\":"
            "true},\"module\":{\"config\":{\"iface\":\"eth0\"}}},\"x\":7},\"modules\":{\"a\":{"
            "\"module\":{}}}},\"odd\":null}"),
        false, &policies, &err));
    assert_int_equal(policies.count, 2);
    assert_string_equal(policies.policies[0].inputs, "anycast, x");
    assert_false(policies.policies[0].has_cost || policies.policies[0].resources);
    assert_string_equal(policies.inputs[0].source, "eth0");
    assert_string_equal(policies.inputs[0].state, "running");
    assert_false(policies.inputs[0].has_status);
    assert_string_equal(policies.policies[1].state, "");
}

static void small_documents(void **state)
{
    char version[64], text[512];
    struct error err;
    (void)state;
    assert_true(parse_app(span_text("{\"app\":{\"version\":\"4.6.0\\u001b\"}}"), version, &err));
    assert_string_equal(version, "4.6.0\\027");
    assert_false(parse_app(span_text("{\"app\":{}}"), version, &err));
    assert_string_equal(err.text, "the answer has no app.version: not an agent of pktvisor");
    assert_true(parse_error_text(span_text("{\"error\":\"no \\n\"}"), text));
    assert_string_equal(text, "no \\010");
    assert_false(parse_error_text(span_text("<html>"), text));
}

static void periods_in_an_error(void **state)
{
    static const struct {
        const char *text;
        unsigned most;
    } cases[] = {{"invalid metrics period, specify [2, 5]", 5},
                 {"x: invalid metrics period, specify [2, 10]", 10},
                 {"invalid metrics period, specify [0, 1]", 1},
                 {"invalid metrics period, specify [2, 11]", 0},
                 {"invalid metrics period, specify [2]", 0},
                 {"invalid metrics period, specify [2, 5", 0},
                 {"requested metrics period has not yet accumulated, current range is [0, 1]", 0},
                 {"", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(parse_period_most(cases[i].text), cases[i].most);
}

static int set_up(void **state)
{
    (void)state;
    metrics_init(&metrics);
    policies_init(&policies);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&metrics.arena);
    arena_done(&policies.arena);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(version_one),
        TEST(version_two_adds_directions_up),
        TEST(recorded),
        TEST(strangers_documents),
        TEST(no_documents),
        TEST(values_have_a_limit),
        TEST(handlers_have_a_limit),
        TEST(lists_have_a_limit),
        TEST(recorded_policies),
        TEST(upstreams_policies),
        TEST(small_documents),
        TEST(periods_in_an_error),
    };
    return cmocka_run_group_tests(tests, prepare_tui, NULL);
}
