#include "folder.h"
#include "http_rig.h"

#define NO_PATH "{\"error\":\"no such path\"}"

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
        {RIG_GET("/hello/1x/17", ""), 404, NO_PATH, "Content-Length: 24"},
        {RIG_GET("/hello/x/17a", ""), 404, NO_PATH, NULL},
        {RIG_GET("/hello/", ""), 404, NO_PATH, NULL},
        {RIG_GET("/", ""), 404, NO_PATH, NULL},
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

static void test_without_admin_what_writes_does_not_exist(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    options.admin = false;
    struct http_server *server = rig_start(&options);
    unsigned port = http_server_port(server);
    struct rig_answer *answer =
        rig_ask(port, "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(answer->status, 404);
    assert_string_equal(answer->body, "{\"error\":\"the admin API is off\"}");
    answer = rig_ask(port, "PUT /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(answer->status, 405);
    assert_non_null(rig_head_field(answer, "Allow: GET, HEAD, OPTIONS\r\n"));
    http_server_free(server);
}

static void test_a_connection_serves_many_requests(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    struct http_server *server = rig_start(&options);
    static struct rig_answer answer;
    int fd = rig_connect(http_server_port(server));
    for (unsigned i = 0; i < 10; i++) {
        rig_send(fd, i % 2 ? RIG_GET("/hello", "") : RIG_GET("/none", ""));
        rig_read(fd, &answer, false);
        assert_int_equal(answer.status, i % 2 ? 200 : 404);
    }
    rig_send(fd, "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab");
    rig_read(fd, &answer, false);
    assert_int_equal(answer.status, 201);
    rig_send(fd, RIG_GET("/hello", "Connection: close\r\n"));
    rig_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_int_equal(rig_receive(fd, answer.bytes, 1, PATIENCE_MS), 0);
    close(fd);
    http_server_free(server);
}

static void test_requests_sent_at_once_are_answered_in_order(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    struct http_server *server = rig_start(&options);
    static struct rig_answer answer;
    int fd = rig_connect(http_server_port(server));
    rig_send(fd, RIG_GET("/hello/a/1", "") RIG_GET(
                     "/hello/b/2", "") "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                                       "1\r\n\r\nx" RIG_GET("/hello/c/3", ""));
    static const char *const expected[] = {"GET a 1 -", "GET b 2 -", "x", "GET c 3 -"};
    for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++) {
        rig_read(fd, &answer, false);
        assert_true(answer.status > 0);
        assert_string_equal(answer.body, expected[i]);
    }
    close(fd);
    http_server_free(server);
}

static void test_answers_are_packed_where_accepted(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    struct buffer content;
    buffer_init(&content, 1 << 20);
    for (unsigned i = 0; i < 1000; i++)
        buffer_printf(&content, "kept %u\n", i);
    struct http_rendering *kept = http_rendering_new(&content, "text/plain; version=0.0.4");
    assert_non_null(kept);
    options.context = kept;
    struct http_server *server = rig_start(&options);
    static const struct {
        const char *request;
        bool packed;
        size_t len; // 0: less than the plain one
    } rows[] = {
        {RIG_GET("/large", ""), false, 100000},
        {RIG_GET("/large", "Accept-Encoding: gzip\r\n"), true, 0},
        {RIG_GET("/large", "Accept-Encoding: gzip;q=0\r\n"), false, 100000},
        {RIG_GET("/hello", "Accept-Encoding: gzip\r\n"), false, 9},
        {RIG_GET("/kept", ""), false, 8890},
        {RIG_GET("/kept", "Accept-Encoding: gzip\r\n"), true, 0},
        {RIG_GET("/kept", "Accept-Encoding: gzip\r\n"), true, 0},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rig_answer *answer = rig_ask(http_server_port(server), rows[i].request);
        assert_int_equal(answer->status, 200);
        assert_int_equal(rig_head_field(answer, "Content-Encoding: gzip") != NULL, rows[i].packed);
        if (rows[i].len)
            assert_int_equal(answer->body_len, rows[i].len);
        else
            assert_memory_equal(answer->body, "\x1f\x8b", 2);
    }
    struct rig_answer *answer = rig_ask(http_server_port(server), RIG_GET("/kept", ""));
    assert_non_null(rig_head_field(answer, "Content-Type: text/plain; version=0.0.4\r\n"));
    assert_non_null(rig_head_field(answer, "Vary: Accept-Encoding"));
    http_server_free(server);
    http_rendering_release(kept);
}

static void test_bodies_have_a_largest(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    options.max_body = 100;
    struct http_server *server = rig_start(&options);
    struct http_counters counters;
    char request[1000];
    for (int size = 99; size <= 101; size++) {
        snprintf(request, sizeof request,
                 "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%0*d", size,
                 size, 7);
        assert_int_equal(rig_ask(http_server_port(server), request)->status,
                         size > 100 ? 413 : 201);
        snprintf(request, sizeof request,
                 "POST /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "20\r\n%032d\r\n%x\r\n%0*d\r\n0\r\n\r\n",
                 1, (unsigned)size - 32, size - 32, 7);
        struct rig_answer *answer = rig_ask(http_server_port(server), request);
        assert_int_equal(answer->status, size > 100 ? 413 : 201);
        if (size > 100)
            assert_string_equal(answer->body, "{\"error\":\"the body is larger than 100 bytes\"}");
    }
    http_server_counters(server, &counters);
    assert_int_equal(counters.bodies_too_large, 2);
    assert_int_equal(counters.requests[413], 2);
    assert_int_equal(counters.requests[201], 4);
    http_server_free(server);
}

// The whole of it is read before the answer, unless nobody would wait for that.
static void test_a_body_that_is_too_large_is_swallowed(void **state)
{
    (void)state;
    static struct rig_answer answer;
    struct http_server_options options = rig_options();
    options.max_body = 100;
    struct http_server *server = rig_start(&options);
    char text[2000];
    int fd = rig_connect(http_server_port(server));
    rig_send(fd, "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1600\r\n\r\n");
    assert_int_equal(rig_receive(fd, text, sizeof text, 50), -1);
    snprintf(text, sizeof text, "%01600d", 7);
    rig_send(fd, text);
    rig_read(fd, &answer, false);
    assert_int_equal(answer.status, 413);
    rig_send(fd, RIG_GET("/hello", ""));
    rig_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    close(fd);
    static const char *const at_once[] = {"Content-Length: 1601\r\n",
                                          "Content-Length: 101\r\nExpect: 100-continue\r\n"};
    for (unsigned i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "POST /hello HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
                 at_once[i]);
        assert_int_equal(rig_ask(http_server_port(server), text)->status, 413);
    }
    http_server_free(server);
}

static char logged[16][512];
static unsigned n_logged;

static void note(void *context, enum http_log_level level, const char *text)
{
    (void)context, (void)level;
    if (n_logged < 16)
        snprintf(logged[n_logged++], sizeof logged[0], "%s", text);
}

static void test_every_access_is_logged_without_its_secrets(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    options.log = note;
    n_logged = 0;
    struct http_server *server = rig_start(&options);
    unsigned port = http_server_port(server);
    rig_ask(port, RIG_GET("/hello?token=secret", "Authorization: Bearer secret\r\n"));
    rig_ask(port, RIG_GET("/a%0a%1b%5c%20b", ""));
    http_server_free(server);
    assert_int_equal(n_logged, 2);
    assert_string_equal(logged[0], "REQUEST: GET /hello 200");
    assert_string_equal(logged[1], "REQUEST: GET /a\\x0a\\x1b\\x5c\\x20b 404");
}

static void test_queries_have_a_limit(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    struct http_server *server = rig_start(&options);
    unsigned port = http_server_port(server);
    assert_int_equal(rig_ask(port, RIG_GET("/hello?1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&q=g", ""))->status,
                     200);
    assert_int_equal(
        rig_ask(port, RIG_GET("/hello?1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g&q=h", ""))->status, 400);
    http_server_free(server);
}

static void test_a_local_socket_is_served(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    struct folder folder;
    char host[200];
    static struct rig_answer answer;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    folder_make(&folder);
    snprintf(host, sizeof host, "unix:%s", folder_path(&folder, "socket"));
    options.host = host;
    struct http_server *server = rig_start(&options);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(to.sun_path, host + 5, strnlen(host + 5, sizeof to.sun_path - 1));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    rig_send(fd, "GET /hello HTTP/1.1\r\nHost: whatever\r\n\r\n");
    rig_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    close(fd);
    http_server_free(server);
    folder_remove(&folder);
}

static void test_what_cannot_be_served_is_refused(void **state)
{
    (void)state;
    struct http_server_options rows[5];
    static const char *const texts[] = {
        "you must specify --tls-key and --tls-cert to use --tls",
        "invalid TLS configuration (/no/such/cert: No such file or directory)",
        "/no/such/tokens: No such file or directory",
        "--admin-api on 0.0.0.0, which is not a loopback address, needs --api-token-file",
        "unable to bind to 192.0.2.1:1 (",
    };
    for (unsigned i = 0; i < 5; i++)
        rows[i] = rig_options();
    rows[0].tls = rows[1].tls = true;
    rows[0].tls_cert = "cert";
    rows[1].tls_cert = rows[1].tls_key = "/no/such/cert";
    rows[2].api_token_file = "/no/such/tokens";
    rows[3].host = "0.0.0.0";
    rows[4].host = "192.0.2.1";
    rows[4].port = 1;
    for (unsigned i = 0; i < 5; i++) {
        struct error err = {0};
        assert_null(http_server_new(&rows[i], &err));
        assert_memory_equal(err.text, texts[i], strlen(texts[i]));
    }
}

static void test_an_open_admin_has_to_be_asked_for_and_warns(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    options.host = "0.0.0.0";
    options.admin_insecure = true;
    options.log = note;
    n_logged = 0;
    struct http_server *server = rig_start(&options);
    assert_int_equal(rig_ask(http_server_port(server), RIG_GET("/none", ""))->status, 404);
    http_server_free(server);
    assert_int_equal(n_logged, 3);
    assert_non_null(strstr(logged[0], "--read-token-file"));
    assert_non_null(strstr(logged[1], "the admin API is open to everybody"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes_answer),
        cmocka_unit_test(test_without_admin_what_writes_does_not_exist),
        cmocka_unit_test(test_a_connection_serves_many_requests),
        cmocka_unit_test(test_requests_sent_at_once_are_answered_in_order),
        cmocka_unit_test(test_answers_are_packed_where_accepted),
        cmocka_unit_test(test_bodies_have_a_largest),
        cmocka_unit_test(test_a_body_that_is_too_large_is_swallowed),
        cmocka_unit_test(test_every_access_is_logged_without_its_secrets),
        cmocka_unit_test(test_queries_have_a_limit),
        cmocka_unit_test(test_a_local_socket_is_served),
        cmocka_unit_test(test_what_cannot_be_served_is_refused),
        cmocka_unit_test(test_an_open_admin_has_to_be_asked_for_and_warns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
