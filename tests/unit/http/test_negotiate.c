#include "http/negotiate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_gzip_is_accepted_where_it_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        bool accepted;
    } rows[] = {
        {NULL, false},
        {"", false},
        {"gzip", true},
        {"GZip", true},
        {"x-gzip", true},
        {"deflate, gzip", true},
        {"br;q=1.0, gzip;q=0.8, *;q=0.1", true},
        {"gzip;q=0", false},
        {"gzip; q=0.000", false},
        {"gzip ;Q=0.", false},
        {"gzip;q=0.001", true},
        {"identity", false},
        {"*", true},
        {"*;q=0", false},
        {"gzip;q=0, *", false},
        {"*;q=0, gzip", true},
        {"gzipped", false},
        {",,, ,gzip,", true},
        {"gzip;level=1", true},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(http_accepts_gzip(rows[i].field), rows[i].accepted);
}

static void test_weights_of_media_types(void **state)
{
    (void)state;
    static const char prometheus[] =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.25,*/"
        "*;q=0.2";
    static const struct {
        const char *accept, *type;
        unsigned weight;
    } rows[] = {
        {NULL, "text/plain", 0},
        {"*/*", "text/plain", 0},
        {"text/plain", "text/plain", 1000},
        {"Text/Plain; q=0.125", "text/plain", 125},
        {"text/plain;q=1.000", "text/plain", 1000},
        {"text/plain;q=0", "text/plain", 0},
        {"text/plain;q=", "text/plain", 1000},
        {"text/plain;q=0.98765", "text/plain", 987},
        {prometheus, "application/openmetrics-text", 600},
        {prometheus, "text/plain", 250},
        {prometheus, "text/html", 0},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(http_accept_weight(rows[i].accept, rows[i].type), rows[i].weight);
}

static void test_bearer_tokens_are_taken_out(void **state)
{
    (void)state;
    static const struct {
        const char *field, *token;
    } rows[] = {
        {NULL, ""},
        {"", ""},
        {"Bearer", ""},
        {"Bearer ", ""},
        {"Bearer abc", "abc"},
        {"bEARER   a-b._~+/9==  ", "a-b._~+/9=="},
        {"Bearer a=b", ""},
        {"Bearer ==", ""},
        {"Bearer a b", ""},
        {"Bearer a\xc3\xa4", ""},
        {"Basic YTpi", ""},
        {"Bearerabc", ""},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(span_equal(http_bearer_token(rows[i].field), span_text(rows[i].token)));
}

static void test_hosts_that_no_resolver_can_forge(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool literal;
    } rows[] = {
        {NULL, false},
        {"", false},
        {"localhost", true},
        {"LocalHost:10853", true},
        {"localhost.", true},
        {"localhost.:1", true},
        {"127.0.0.1", true},
        {"127.0.0.1:65535", true},
        {"192.0.2.7:80", true},
        {"[::1]", true},
        {"[::1]:10853", true},
        {"[fe80::1]:1", true},
        {"localhost:", true},
        {"localhost.example.com", false},
        {"notlocalhost", false},
        {"example.com", false},
        {"127.0.0.1.example.com", false},
        {"127.0.0.1:80x", false},
        {"127.0.0.1:123456", false},
        {"127.1", false},
        {"2130706433", false},
        {"::1", false},
        {"[::1", false},
        {"[::1]x", false},
        {"[example.com]", false},
        {"[127.0.0.1]", false},
        {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", false},
        {"localhost@example.com", false},
        {" localhost", false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(http_host_is_literal(rows[i].host), rows[i].literal);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gzip_is_accepted_where_it_says_so),
        cmocka_unit_test(test_weights_of_media_types),
        cmocka_unit_test(test_bearer_tokens_are_taken_out),
        cmocka_unit_test(test_hosts_that_no_resolver_can_forge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
