// Who may do what: every access x token sent x token files x peer x transport.
#include "cells.h"
#include "tls_rig.h"

static struct folder folder;

static unsigned ask(const struct http_server *server, bool tls, const char *request)
{
    if (!tls)
        return rig_ask(http_server_port(server), request)->status;
    struct tls_client client;
    unsigned status = 0;
    if (tls_connect(&client, http_server_port(server), "NORMAL") == 0)
        status = tls_ask(&client, request);
    tls_close(&client);
    return status;
}

static void check_cell(const struct cell *cell, const struct http_server *server, bool tls)
{
    char request[512];
    snprintf(request, sizeof request, "GET /hello HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
             cell->sent);
    assert_int_equal(ask(server, tls, request), cell->read ? cell->read : 200);
    snprintf(request, sizeof request,
             "POST /hello HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: 1\r\n\r\nx", cell->sent);
    assert_int_equal(ask(server, tls, request), cell->write ? cell->write : 201);
}

static void check_column(bool api_file, bool read_file, bool remote, bool tls)
{
    struct http_server_options options = rig_options();
    struct http_counters counters;
    char paths[4][160];
    static const char *const names[] = {"api", "read", "live.crt", "live.key"};
    for (unsigned i = 0; i < 4; i++)
        snprintf(paths[i], sizeof paths[i], "%s", folder_path(&folder, names[i]));
    options.api_token_file = api_file ? paths[0] : NULL;
    options.read_token_file = read_file ? paths[1] : NULL;
    options.treat_as_remote = remote;
    options.tls = tls;
    options.tls_cert = paths[2];
    options.tls_key = paths[3];
    struct http_server *server = rig_start(&options);
    unsigned refused = 0;
    for (unsigned i = 0; i < CELLS_COUNT; i++) {
        if (CELLS[i].api_file != api_file || CELLS[i].read_file != read_file)
            continue;
        check_cell(&CELLS[i], server, tls);
        refused += CELLS[i].read != PASS;
        refused += CELLS[i].write != PASS;
    }
    http_server_counters(server, &counters);
    assert_int_equal(counters.failed_authentications, refused);
    http_server_free(server);
}

static void test_every_cell(void **state)
{
    (void)state;
    folder_make(&folder);
    cells_write_files(&folder);
    tls_make(&folder, "live", 1);
    for (unsigned bits = 0; bits < 16; bits++)
        check_column(bits & 1, bits & 2, bits & 4, bits & 8);
    folder_remove(&folder);
}

static void test_names_are_refused_on_loopback_only(void **state)
{
    (void)state;
    static const char request[] = "GET /hello HTTP/1.1\r\nHost: agent.example\r\n\r\n";
    for (unsigned remote = 0; remote < 2; remote++) {
        struct http_server_options options = rig_options();
        struct http_counters counters;
        options.treat_as_remote = remote;
        struct http_server *server = rig_start(&options);
        struct rig_answer *answer = rig_ask(http_server_port(server), request);
        assert_int_equal(answer->status, remote ? 200 : 403);
        if (!remote)
            assert_non_null(strstr(answer->body, "Host"));
        http_server_counters(server, &counters);
        assert_int_equal(counters.foreign_hosts, remote ? 0 : 1);
        assert_int_equal(counters.failed_authentications, 0);
        http_server_free(server);
    }
}

static void test_a_401_says_how(void **state)
{
    (void)state;
    struct http_server_options options = rig_options();
    folder_make(&folder);
    folder_write_text(&folder, "read", READER "\n");
    options.read_token_file = folder_path(&folder, "read");
    struct http_server *server = rig_start(&options);
    struct rig_answer *answer = rig_ask(http_server_port(server), RIG_GET("/hello", NONE));
    assert_non_null(rig_head_field(answer, "WWW-Authenticate: Bearer realm=\"pktvisor\"\r\n"));
    assert_non_null(rig_head_field(answer, "Content-Type: text/json"));
    answer = rig_ask(http_server_port(server), RIG_GET("/hello", WRONG));
    assert_non_null(rig_head_field(answer, "error=\"invalid_token\""));
    http_server_free(server);
    folder_remove(&folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_names_are_refused_on_loopback_only),
        cmocka_unit_test(test_a_401_says_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
