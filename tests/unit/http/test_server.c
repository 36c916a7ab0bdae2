#include "http_rig.h"

static void test_routes_answer(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        unsigned status;
        const char *body, *field;
    } rows[] = {
        {RIG_GET("/hello", ""), 200, "GET - - -", "Content-Type: text/plain"},
        {RIG_GET("/hello/Dns_1-x/17?q=a%20b", ""), 200, "GET Dns_1-x 17 a b", "Content-Length: 18"},
        {RIG_GET("/hello/1x/17", ""), 404, "", "Content-Length: 0"},
        {RIG_GET("/hello/x/17a", ""), 404, "", NULL},
        {RIG_GET("/hello/", ""), 404, "", NULL},
        {RIG_GET("/", ""), 404, "", NULL},
        {"HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, "", "Content-Length: 9"},
        {"DELETE /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "",
         "Allow: GET, HEAD, POST, OPTIONS"},
        {"PATCH /large HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "", "Allow: GET, HEAD, OPTIONS"},
        {"OPTIONS /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", 204, "",
         "Allow: GET, HEAD, POST, OPTIONS"},
        {"POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 201, "abc",
         NULL},
    };
    struct http_server_options options = rig_options();
    struct http_server *server = rig_start(&options);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rig_answer *answer = rig_ask(http_server_port(server), rows[i].request);
        assert_int_equal(answer->status, rows[i].status);
        assert_string_equal(answer->body, rows[i].body);
        if (rows[i].field)
            assert_non_null(rig_head_field(answer, rows[i].field));
    }
    http_server_free(server);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
