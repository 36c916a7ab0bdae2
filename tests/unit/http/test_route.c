#include "http/route.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void nothing(void *context, const struct http_request *request,
                    struct http_response *response)
{
    (void)context, (void)request, (void)response;
}

#define P "/api/v1/policies"

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/metrics", nothing, HTTP_READ, "a"},
    {HTTP_GET, P, nothing, HTTP_READ, "b"},
    {HTTP_POST, P, nothing, HTTP_WRITE, "c"},
    {HTTP_GET, P "/__all/metrics/bucket/{number}", nothing, HTTP_READ, "all"},
    {HTTP_GET, P "/{name}/metrics/bucket/{number}", nothing, HTTP_READ, "one"},
    {HTTP_GET, P "/{name}", nothing, HTTP_READ, "d"},
    {HTTP_DELETE, P "/{name}", nothing, HTTP_WRITE, "e"},
    {HTTP_DELETE, "/api/v1/server", nothing, HTTP_WRITE, "f"},
};

enum { COUNT = sizeof ROUTES / sizeof *ROUTES };

static void test_a_path_finds_its_row(void **state)
{
    (void)state;
    static const struct {
        enum http_method method;
        bool admin;
        const char *path, *operation, *name, *number;
        bool known, hidden;
    } rows[] = {
        {HTTP_GET, false, "/metrics", "a", NULL, NULL, true, false},
        {HTTP_GET, false, "/metrics/", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, "/metric", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, "", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, P, "b", NULL, NULL, true, false},
        {HTTP_POST, false, P, NULL, NULL, NULL, true, true},
        {HTTP_POST, true, P, "c", NULL, NULL, true, false},
        {HTTP_PUT, true, P, NULL, NULL, NULL, true, false},
        {HTTP_GET, false, P "/default", "d", "default", NULL, true, false},
        {HTTP_GET, false, P "/_a-Z9", "d", "_a-Z9", NULL, true, false},
        {HTTP_GET, false, P "/9a", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, P "/-a", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, P "/a.b", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, P "/a\xc3\xa4", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, P "/", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, P "/a/b", NULL, NULL, NULL, false, false},
        {HTTP_DELETE, false, P "/a", NULL, NULL, NULL, true, true},
        {HTTP_DELETE, true, P "/a", "e", "a", NULL, true, false},
        {HTTP_GET, false, P "/a/metrics/bucket/12", "one", "a", "12", true, false},
        {HTTP_GET, false, P "/__all/metrics/bucket/0", "all", NULL, "0", true, false},
        {HTTP_GET, false, P "/a/metrics/bucket/-1", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, P "/a/metrics/bucket/1x", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, P "/a/metrics/bucket/", NULL, NULL, NULL, false, false},
        {HTTP_GET, false, P "/a/metrics/bucket/1234567890123456789", "one", "a",
         "1234567890123456789", true, false},
        {HTTP_GET, false, P "/a/metrics/bucket/12345678901234567890", NULL, NULL, NULL, false,
         false},
        {HTTP_GET, false, "/api/v1/server", NULL, NULL, NULL, false, false},
        {HTTP_DELETE, false, "/api/v1/server", NULL, NULL, NULL, false, true},
        {HTTP_DELETE, true, "/api/v1/server", "f", NULL, NULL, true, false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request request = {0};
        struct http_names names;
        struct http_match match = http_route_find(ROUTES, COUNT, rows[i].admin, rows[i].method,
                                                  rows[i].path, &request, &names);
        assert_int_equal(match.path_known, rows[i].known);
        assert_int_equal(match.hidden, rows[i].hidden);
        assert_int_equal(match.route != NULL, rows[i].operation != NULL);
        if (!match.route)
            continue;
        assert_string_equal(match.route->operation, rows[i].operation);
        const char *name = http_parameter(&request, "name");
        const char *number = http_parameter(&request, "number");
        assert_int_equal(name != NULL, rows[i].name != NULL);
        assert_int_equal(number != NULL, rows[i].number != NULL);
        if (name)
            assert_string_equal(name, rows[i].name);
        if (number)
            assert_string_equal(number, rows[i].number);
    }
}

static void test_names_have_a_longest(void **state)
{
    (void)state;
    char path[sizeof P + 300] = P "/";
    struct http_names names;
    memset(path + sizeof P, 'a', 299);
    for (size_t len = HTTP_NAME_MAX - 1; len <= HTTP_NAME_MAX + 1; len++) {
        struct http_request request = {0};
        path[sizeof P + len] = 0;
        struct http_match match =
            http_route_find(ROUTES, COUNT, false, HTTP_GET, path, &request, &names);
        assert_int_equal(match.route != NULL, len <= HTTP_NAME_MAX);
        path[sizeof P + len] = 'a';
    }
}

static void test_allowed_methods_are_those_that_exist_here(void **state)
{
    (void)state;
    struct http_request request = {0};
    struct http_names names;
    char text[64];
    struct http_match match =
        http_route_find(ROUTES, COUNT, false, HTTP_PUT, P "/a", &request, &names);
    http_allow_text(match.allowed, text, sizeof text);
    assert_string_equal(text, "GET, HEAD, OPTIONS");
    match = http_route_find(ROUTES, COUNT, true, HTTP_PUT, P "/a", &request, &names);
    http_allow_text(match.allowed, text, sizeof text);
    assert_string_equal(text, "GET, HEAD, DELETE, OPTIONS");
    match = http_route_find(ROUTES, COUNT, true, HTTP_PUT, "/api/v1/server", &request, &names);
    http_allow_text(match.allowed, text, sizeof text);
    assert_string_equal(text, "DELETE, OPTIONS");
}

static void test_patterns_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        bool good;
    } rows[] = {
        {"/", true},
        {"/a/{b}/{c}/{d}/{e}", true},
        {"/a/{b}/{c}/{d}/{e}/{f}", false},
        {"/a{b}", false},
        {"/{b}c", false},
        {"/{b", false},
        {"/{b/c}", false},
        {"/{}", false},
        {"a", false},
        {"/{a234567890123456789012345678901}", true},
        {"/{a2345678901234567890123456789012}", false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_route route = {HTTP_GET, rows[i].pattern, nothing, HTTP_READ, "id"};
        assert_int_equal(http_route_valid(&route), rows[i].good);
    }
}

static void test_content_types_match_with_their_parameters(void **state)
{
    (void)state;
    assert_true(http_is_type("application/json", "application/json"));
    assert_true(http_is_type("Application/JSON;charset=utf-8", "application/json"));
    assert_true(http_is_type(" application/json ; charset=utf-8", "application/json"));
    assert_false(http_is_type("application/jsonp", "application/json"));
    assert_false(http_is_type("application", "application/json"));
    assert_false(http_is_type(NULL, "application/json"));
}

static void test_errors_are_json(void **state)
{
    (void)state;
    struct http_response response = {0};
    buffer_init(&response.body, 1000);
    http_answer_error(&response, 422, "a \"b\" \\ %s", "c\n\x01\x7f");
    assert_int_equal(response.status, 422);
    assert_string_equal(response.content_type, "text/json");
    assert_string_equal(buffer_text(&response.body),
                        "{\"error\":\"a \\\"b\\\" \\\\ c\\n\\u0001\\u007f\"}");
    for (unsigned i = 0; i < 2 * HTTP_EXTRA_MAX; i++)
        http_answer_header(&response, "X", "%u", i);
    assert_int_equal(response.n_extra, HTTP_EXTRA_MAX);
    http_response_done(&response);
    response.n_extra = 0;
    http_answer_header(&response, "X", "%0*d", HTTP_HEADER_VALUE, 0);
    assert_int_equal(response.n_extra, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_path_finds_its_row),
        cmocka_unit_test(test_names_have_a_longest),
        cmocka_unit_test(test_allowed_methods_are_those_that_exist_here),
        cmocka_unit_test(test_patterns_are_checked),
        cmocka_unit_test(test_content_types_match_with_their_parameters),
        cmocka_unit_test(test_errors_are_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
