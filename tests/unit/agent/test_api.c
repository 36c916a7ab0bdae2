#include "agent/api_parts.h"

#include "fake_manager.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct agent_options options;
static struct agent agent;

static int set_up(void **state)
{
    (void)state;
    fake = (struct fake){.version = 1};
    options = (struct agent_options){0};
    agent = (struct agent){.options = &options, .cache = api_cache_new()};
    return agent.cache ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    api_cache_free(agent.cache);
    return 0;
}

struct asked {
    enum http_method method;
    const char *target; // path with an optional query of one field
    const char *content_type, *body, *accept;
};

static struct http_response response;
static char answer[16384];

// The handler behind the path, as the server would call it; the answer's text is kept in `answer`.
static unsigned ask(const struct asked *asked)
{
    struct http_request request = {.content_type = asked->content_type, .accept = asked->accept};
    struct http_names names;
    char path[512], *query;
    snprintf(path, sizeof path, "%s", asked->target);
    if ((query = strchr(path, '?'))) {
        *query++ = 0;
        char *value = strchr(query, '=');
        if (value)
            *value++ = 0;
        request.query[request.n_query++] = (struct http_field){query, value ? value : ""};
    }
    struct http_match match = http_route_find(agent_routes, agent_routes_count, true, asked->method,
                                              path, &request, &names);
    assert_non_null(match.route);
    request.body = span_text(asked->body ? asked->body : "");
    response = (struct http_response){0};
    buffer_init(&response.body, 1 << 20);
    match.route->handle(&agent, &request, &response);
    struct span text =
        response.shared ? http_rendering_plain(response.shared) : buffer_span(&response.body);
    snprintf(answer, sizeof answer, "%.*s", (int)text.len, (const char *)text.ptr);
    if (response.shared)
        response.content_type = http_rendering_type(response.shared);
    http_response_done(&response);
    return response.status ? response.status : 200;
}

static unsigned get(const char *target)
{
    return ask(&(struct asked){.method = HTTP_GET, .target = target});
}

static void assert_json(const char *text)
{
    assert_string_equal(response.content_type, "text/json");
    assert_string_equal(answer, text);
}

#define TAP_INFO                                                                                  \
    "{\"eth\":{\"config\":null,\"input_type\":\"pcap\",\"interface\":\"visor.module.input/1.0\"," \
    "\"tags\":null}}"
#define POLICY_INFO "{\"default\":{\"input\":{},\"modules\":{},\"taps\":{}}}"

static void test_what_is_there_is_told(void **state)
{
    (void)state;
    assert_int_equal(get("/api/v1/taps"), 200);
    assert_json(TAP_INFO);
    assert_int_equal(get("/api/v1/taps/eth"), 200);
    assert_json(TAP_INFO);
    assert_int_equal(get("/api/v1/policies"), 200);
    assert_json(POLICY_INFO);
    assert_int_equal(get("/api/v1/policies/default"), 200);
    assert_json(POLICY_INFO);
    fake.empty = true;
    assert_int_equal(get("/api/v1/taps"), 200);
    assert_json("null");
    assert_int_equal(get("/api/v1/policies"), 200);
    assert_json("{}");
    assert_int_equal(get("/api/v1/taps/eth"), 404);
    assert_json("{\"error\":\"tap does not exists\"}");
    assert_int_equal(get("/api/v1/policies/default"), 404);
    assert_json("{\"error\":\"policy does not exists\"}");
    assert_int_equal(get("/api/v1/policies/__all"), 404);
}

static const struct fault TWO_FAULTS[] = {
    {"visor.policies.a.kind", "unknown policy kind: x", NULL, NULL, 4, 9},
    {"visor.policies.a.handlers.modules.d.config.topn_count",
     "invalid stream handler config for handler 'a-eth-d': wrong type for key: topn_count",
     "0 to 1000 expected, got \"many\"", "topn_count", 0, 0},
};

#define TWO_FAULTS_JSON                                                                        \
    "{\"error\":\"unknown policy kind: x\",\"errors\":[{\"column\":9,\"line\":4,\"path\":"     \
    "\"visor.policies.a.kind\",\"text\":\"unknown policy kind: x\"},{\"hint\":\"topn_count\"," \
    "\"path\":\"visor.policies.a.handlers.modules.d.config.topn_count\",\"text\":\"0 to 1000 " \
    "expected, got \\\"many\\\"\"}]}"

static void test_changes_have_their_status(void **state)
{
    (void)state;
    static const char yaml[] = "application/x-yaml";
    static const struct {
        struct asked asked;
        enum manager_result result;
        unsigned status;
        const char *answer; // NULL: the faults
    } rows[] = {
        {{HTTP_POST, "/api/v1/taps", yaml, "x", NULL}, MANAGER_DONE, 201, TAP_INFO},
        {{HTTP_POST, "/api/v1/policies", yaml, "x", NULL}, MANAGER_DONE, 201, POLICY_INFO},
        {{HTTP_POST, "/api/v1/policies", yaml, "x", NULL}, MANAGER_EXISTS, 409, NULL},
        {{HTTP_POST, "/api/v1/policies", yaml, "x", NULL}, MANAGER_INVALID, 422, NULL},
        {{HTTP_POST, "/api/v1/policies", yaml, "x", NULL}, MANAGER_NO_MATCH, 422, NULL},
        {{HTTP_POST, "/api/v1/policies", yaml, "x", NULL}, MANAGER_FAILED, 500, NULL},
        {{HTTP_PUT, "/api/v1/policies/default", yaml, "x", NULL}, MANAGER_DONE, 200, POLICY_INFO},
        {{HTTP_PUT, "/api/v1/policies/default", yaml, "x", NULL},
         MANAGER_UNCHANGED,
         200,
         POLICY_INFO},
        {{HTTP_PUT, "/api/v1/policies/fresh", yaml, "x", NULL}, MANAGER_DONE, 201, POLICY_INFO},
        {{HTTP_PUT, "/api/v1/taps/eth", yaml, "x", NULL}, MANAGER_DONE, 200, TAP_INFO},
        {{HTTP_PUT, "/api/v1/taps/fresh", yaml, "x", NULL}, MANAGER_DONE, 201, TAP_INFO},
        {{HTTP_PUT, "/api/v1/taps/eth", yaml, "x", NULL}, MANAGER_INVALID, 422, NULL},
        {{HTTP_DELETE, "/api/v1/taps/eth", NULL, NULL, NULL}, MANAGER_DONE, 200, "{}"},
        {{HTTP_DELETE, "/api/v1/policies/default", NULL, NULL, NULL}, MANAGER_DONE, 200, "{}"},
        {{HTTP_DELETE, "/api/v1/policies/default", NULL, NULL, NULL}, MANAGER_FAILED, 500, NULL},
        {{HTTP_DELETE, "/api/v1/taps/none", NULL, NULL, NULL},
         MANAGER_DONE,
         404,
         "{\"error\":\"tap does not exists\"}"},
        {{HTTP_DELETE, "/api/v1/policies/none", NULL, NULL, NULL},
         MANAGER_DONE,
         404,
         "{\"error\":\"policy does not exists\"}"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake.result = rows[i].result;
        fake.faults = TWO_FAULTS;
        fake.n_faults = 2;
        assert_int_equal(ask(&rows[i].asked), rows[i].status);
        assert_json(rows[i].answer ? rows[i].answer : TWO_FAULTS_JSON);
    }
    assert_false(fake.change.dry_run);
}

#define REFUSED(text, got)                                                               \
    "{\"error\":\"" text "\",\"errors\":[{\"path\":\"\",\"text\":\"application/x-yaml, " \
    "application/yaml or application/json expected" got "\"}]}"

static void test_media_types_of_documents(void **state)
{
    (void)state;
    static const struct {
        const char *type, *refusal;
    } rows[] = {
        {"application/json", NULL},
        {"application/x-yaml", NULL},
        {"application/json; charset=utf-8", NULL},
        {"application/x-yaml;charset=UTF-8", NULL},
        {"application/yaml", NULL},
        {NULL, REFUSED("must include Content-Type header", "")},
        {"text/plain", REFUSED("Content-Type not supported", ", got text/plain")},
        {"application/jsonx", REFUSED("Content-Type not supported", ", got application/jsonx")},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct asked asked = {HTTP_POST, "/api/v1/taps", rows[i].type, "visor: {}", NULL};
        assert_int_equal(ask(&asked), rows[i].refusal ? 400 : 201);
        if (rows[i].refusal)
            assert_json(rows[i].refusal);
        else
            assert_string_equal(fake.text, "visor: {}");
    }
}

static void test_a_trial_stays_one(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        unsigned status;
        bool dry_run;
    } rows[] = {
        {"/api/v1/policies?dry_run=true", 200, true},
        {"/api/v1/policies?dry_run=1", 200, true},
        {"/api/v1/policies?dry_run", 200, true},
        {"/api/v1/policies?dry_run=false", 201, false},
        {"/api/v1/policies?dry_run=yes", 400, false},
        {"/api/v1/policies?dryrun=true", 400, false},
        {"/api/v1/policies?dry_run=false&other", 400, false},
        {"/api/v1/taps?dry_run=true", 400, false},
        {"/api/v1/taps?dry_run=0", 201, false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct asked asked = {HTTP_POST, rows[i].target, "application/json", "{}", NULL};
        fake.change = (struct manager_change){0};
        assert_int_equal(ask(&asked), rows[i].status);
        assert_int_equal(fake.change.dry_run, rows[i].dry_run);
        assert_null(fake.change.name);
    }
    struct asked asked = {HTTP_PUT, "/api/v1/policies/fresh?dry_run=true", "application/json", "{}",
                          NULL};
    assert_int_equal(ask(&asked), 200);
    assert_true(fake.change.dry_run);
    asked.target = "/api/v1/policies/fresh?dry-run=1";
    assert_int_equal(ask(&asked), 400);
    assert_json("{\"error\":\"unknown parameter of the query: dry-run\",\"errors\":[{\"hint\":"
                "\"dry_run\",\"path\":\"\",\"text\":\"unknown parameter of the query: "
                "dry-run\"}]}");
    // There is no trial of a removal.
    asked = (struct asked){HTTP_DELETE, "/api/v1/policies/default?dry_run=true", NULL, "", NULL};
    assert_int_equal(ask(&asked), 400);
}

#define PERIOD "invalid metrics period, specify [0, 4]"

static void test_periods_as_json(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        enum error_code code;
        unsigned status;
        const char *answer;
    } rows[] = {
        {"/api/v1/metrics/bucket/0", 0, 200, "{\"1m\":{}}"},
        {"/api/v1/metrics/window/2", 0, 200, "{\"1m\":{}}"},
        {"/api/v1/metrics/bucket/9", ERROR_INVALID, 500, "{\"error\":\"" PERIOD "\"}"},
        {"/api/v1/policies/default/metrics/bucket/0", 0, 200, "{\"default\":{}}"},
        {"/api/v1/policies/default/metrics/window/2", 0, 200, "{\"default\":{}}"},
        {"/api/v1/policies/__all/metrics/window/2", 0, 200, "{\"default\":{}}"},
        {"/api/v1/policies/default/metrics/bucket/9", ERROR_INVALID, 425,
         "{\"error\":\"" PERIOD "\"}"},
        {"/api/v1/policies/default/metrics/bucket/9", ERROR_NOT_FOUND, 425,
         "{\"error\":\"" PERIOD "\"}"},
        {"/api/v1/policies/default/metrics/bucket/9", ERROR_MEMORY, 500,
         "{\"error\":\"" PERIOD "\"}"},
        {"/api/v1/policies/none/metrics/bucket/0", 0, 404, "{\"error\":\"policy does not exist\"}"},
        {"/api/v1/policies/none/metrics/window/2", 0, 404, "{\"error\":\"policy does not exist\"}"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake.error.code = rows[i].code;
        snprintf(fake.error.text, sizeof fake.error.text, PERIOD);
        assert_int_equal(get(rows[i].target), rows[i].status);
        assert_json(rows[i].answer);
    }
    fake.empty = true;
    assert_int_equal(get("/api/v1/metrics/bucket/0"), 404);
    assert_json("{\"error\":\"no \\\"default\\\" policy exists\"}");
}

static void test_numbers_of_periods(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        struct metric_request request;
    } rows[] = {
        {"/api/v1/metrics/bucket/3", {.bucket = 3}},
        {"/api/v1/metrics/window/3", {.window = 3}},
        {"/api/v1/metrics/window/0", {.window = 1}},
        {"/api/v1/policies/default/metrics/bucket/9999999999999999999", {.bucket = UINT32_MAX}},
        {"/api/v1/policies/default/metrics/window/9999999999999999999", {.window = UINT32_MAX}},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        get(rows[i].target);
        assert_int_equal(fake.request.bucket, rows[i].request.bucket);
        assert_int_equal(fake.request.window, rows[i].request.window);
    }
}

static void test_sketches(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        unsigned status;
        size_t rows;
        struct metric_request request;
    } rows[] = {
        {"/api/v1/policies/default/metrics/sketches/bucket/1", 200, 512, {.bucket = 1}},
        {"/api/v1/policies/__all/metrics/sketches/window/3?rows=0", 200, 0, {.window = 3}},
        {"/api/v1/policies/default/metrics/sketches/bucket/0?rows=65536", 200, 65536, {0}},
        {"/api/v1/policies/default/metrics/sketches/bucket/0?rows=65537", 400, 0, {0}},
        {"/api/v1/policies/default/metrics/sketches/bucket/0?rows=", 400, 0, {0}},
        {"/api/v1/policies/default/metrics/sketches/bucket/0?rows=-1", 400, 0, {0}},
        {"/api/v1/policies/default/metrics/sketches/bucket/0?rows=9999999999", 400, 0, {0}},
        {"/api/v1/policies/none/metrics/sketches/bucket/0", 404, 0, {0}},
    };
    options.prom_instance = "edge-1";
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake.request = (struct metric_request){0};
        assert_int_equal(get(rows[i].target), rows[i].status);
        if (rows[i].status != 200)
            continue;
        assert_string_equal(answer, "sketches");
        assert_string_equal(response.content_type, METRIC_SKETCHES_TYPE);
        assert_true(response.packed);
        assert_int_equal(fake.sketches.options.rows, rows[i].rows);
        assert_string_equal(fake.sketches.agent, "edge-1");
        assert_int_equal(fake.request.bucket, rows[i].request.bucket);
        assert_int_equal(fake.request.window, rows[i].request.window);
    }
    fake.error.code = ERROR_INVALID;
    snprintf(fake.error.text, sizeof fake.error.text, PERIOD);
    assert_int_equal(get("/api/v1/policies/default/metrics/sketches/window/9"), 425);
    assert_json("{\"error\":\"" PERIOD "\"}");
}

static void test_prometheus_texts(void **state)
{
    (void)state;
    assert_int_equal(get("/metrics"), 200);
    assert_string_equal(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
    assert_true(fake.prometheus.default_policy);
    assert_int_equal(fake.prometheus.names, MANAGER_UPSTREAM);
    static const char *const lines[] = {
        "rendering 1\n",
        "\npktvisor_build_info{version=\"4.6.0\"} 1\n",
        "\nprocess_cpu_seconds_total{} ",
        "\nprocess_resident_memory_bytes{} ",
        "\npktvisor_sketch_memory_limit_bytes{} 200\n",
        "\npktvisor_log_lost_lines_total{} 0\n",
        "\npktvisor_interface_resyncs_total{} 5\n",
        "\npktvisor_sketch_memory_refusals_total{} 3\n",
        "\npktvisor_input_dropped_packets_total{input=\"eth-1234\",tap=\"eth\"} 4\n",
        "\npktvisor_input_malformed_total{input=\"eth-1234\",reason=\"",
        "\npktvisor_input_running{input=\"eth-1234\",tap=\"eth\"} 1\n",
        "\npktvisor_policy_cpu_seconds_total{policy=\"default\"} 0.002\n",
        "\npktvisor_policy_packet_cost_seconds{policy=\"default\"} 2e-06\n",
        "\npktvisor_policy_series_left_out{policy=\"default\"} 3\n",
        "\npktvisor_policy_packets_total{policy=\"other\"} 0\n",
    };
    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(answer, lines[i]))
            fail_msg("no line %s in\n%s", lines[i], answer);
    assert_int_equal(get("/api/v1/policies/default/metrics/prometheus"), 200);
    assert_false(fake.prometheus.default_policy);
    assert_non_null(strstr(answer, "policy_packets_total{policy=\"default\"} 1000"));
    assert_null(strstr(answer, "policy=\"other\""));
    assert_non_null(strstr(answer, "\nprocess_cpu_seconds_total{} "));
    assert_null(strstr(answer, "pktvisor_input_"));
    assert_int_equal(get("/api/v1/policies/__all/metrics/prometheus"), 200);
    assert_non_null(strstr(answer, "policy=\"other\""));
    assert_int_equal(get("/api/v1/policies/none/metrics/prometheus"), 404);
    assert_string_equal(answer, "policy does not exists");
    fake.empty = true;
    fake.version = 2;
    assert_int_equal(get("/metrics"), 404);
    assert_string_equal(answer, "");
}

static void test_open_metrics_where_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        bool open;
    } rows[] = {
        {NULL, false},
        {"*/*", false},
        {"application/openmetrics-text", true},
        {"application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3", true},
        {"application/openmetrics-text;q=0.2,text/plain;q=0.3", false},
        {"application/openmetrics-text;q=0", false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct asked asked = {HTTP_GET, "/metrics", NULL, NULL, rows[i].accept};
        assert_int_equal(ask(&asked), 200);
        assert_int_equal(strncmp(response.content_type, "application/openmetrics-text", 28) == 0,
                         rows[i].open);
        size_t len = strlen(answer);
        assert_int_equal(strcmp(answer + len - 6, "# EOF\n") == 0, rows[i].open);
    }
    assert_int_equal(fake.renderings, 2);
}

static void test_a_rendering_is_kept_until_the_next_version(void **state)
{
    (void)state;
    static char first[sizeof answer];
    assert_int_equal(get("/metrics"), 200);
    memcpy(first, answer, sizeof first);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(get("/metrics"), 200);
        assert_string_equal(answer, first);
    }
    assert_int_equal(fake.renderings, 1);
    fake.version++;
    assert_int_equal(get("/metrics"), 200);
    assert_int_equal(fake.renderings, 2);
}

// A text is of one period: what was begun in another one is made anew, but not for ever.
static void test_a_period_that_closes_meanwhile(void **state)
{
    (void)state;
    fake.version = 7;
    fake.closing = 1;
    assert_int_equal(get("/metrics"), 200);
    assert_int_equal(fake.renderings, 2);
    assert_int_equal(get("/metrics"), 200);
    assert_int_equal(fake.renderings, 2);
    fake.version = 20;
    fake.closing = 100;
    assert_int_equal(get("/metrics"), 200);
    assert_int_equal(fake.renderings, 2 + 3);
    fake.closing = 0;
    assert_int_equal(get("/metrics"), 200);
    assert_int_equal(fake.renderings, 2 + 3 + 1);
    fake.version = MANAGER_UNSETTLED | 1; // the live period always closes
    fake.closing = 1;
    assert_int_equal(get("/metrics"), 200);
    assert_int_equal(fake.renderings, 2 + 3 + 1 + 1);
}

static void test_more_renderings_than_are_kept(void **state)
{
    (void)state;
    struct api_cache_key key = {.policy = ""};
    char name[API_CACHE_NAME + 1];
    assert_null(api_cache_lock(agent.cache, &key));
    memset(name, 'a', API_CACHE_NAME);
    name[API_CACHE_NAME] = 0;
    key.policy = name;
    assert_null(api_cache_lock(agent.cache, &key));
    for (unsigned i = 0; i <= API_CACHE_MAX; i++) {
        snprintf(name, sizeof name, "policy%u", i);
        struct api_cache_entry *entry = api_cache_lock(agent.cache, &key);
        assert_int_equal(entry->version, 0);
        entry->version = i + 1;
        api_cache_unlock(agent.cache);
    }
    snprintf(name, sizeof name, "policy1");
    struct api_cache_entry *entry = api_cache_lock(agent.cache, &key);
    assert_int_equal(entry->version, 2);
    api_cache_unlock(agent.cache);
    snprintf(name, sizeof name, "policy0");
    entry = api_cache_lock(agent.cache, &key);
    assert_int_equal(entry->version, 0);
    api_cache_unlock(agent.cache);
}

static void test_the_agent_itself(void **state)
{
    (void)state;
    assert_int_equal(get("/api/v1/metrics/app"), 200);
    assert_memory_equal(answer, "{\"app\":{\"up_time_min\":", 22);
    assert_non_null(strstr(answer, ",\"version\":\"4."));
    assert_int_equal(get("/api/v1/metrics/rates"), 200);
    assert_json("{\"packets\":{\"in\":0,\"out\":0},\"warning\":\"deprecated: use 'live' data from "
                "/api/v1/metrics/bucket/0 instead\"}");
}

static void test_the_document_of_the_api_has_every_route(void **state)
{
    (void)state;
    struct error err = {0};
    json_t *document = api_openapi(agent_routes, agent_routes_count, &err), *path, *operation;
    const char *pattern, *method;
    size_t count = 0;
    assert_non_null(document);
    json_object_foreach(json_object_get(document, "paths"), pattern, path)
        json_object_foreach(path, method, operation)
    {
        count++;
        assert_true(json_object_size(json_object_get(operation, "responses")) >= 3);
    }
    assert_int_equal(count, agent_routes_count);
    assert_null(json_object_get(document, "operations"));
    json_decref(document);
    struct http_route unknown = {HTTP_GET, "/x", api_get_app, HTTP_READ, "unknown"};
    assert_null(api_openapi(&unknown, 1, &err));
    assert_string_equal(err.text, "operation unknown is not described");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_what_is_there_is_told),
        TEST(test_changes_have_their_status),
        TEST(test_media_types_of_documents),
        TEST(test_a_trial_stays_one),
        TEST(test_periods_as_json),
        TEST(test_numbers_of_periods),
        TEST(test_sketches),
        TEST(test_prometheus_texts),
        TEST(test_open_metrics_where_asked_for),
        TEST(test_a_rendering_is_kept_until_the_next_version),
        TEST(test_a_period_that_closes_meanwhile),
        TEST(test_more_renderings_than_are_kept),
        TEST(test_the_agent_itself),
        TEST(test_the_document_of_the_api_has_every_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
