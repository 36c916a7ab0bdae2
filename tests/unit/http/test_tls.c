#include "tls_rig.h"

enum { LOOK_AGAIN_MS = 1100 };

static struct folder folder;

static struct http_server *start_tls(void)
{
    static char cert[160], key[160];
    struct http_server_options options = rig_options();
    snprintf(cert, sizeof cert, "%s", folder_path(&folder, "live.crt"));
    snprintf(key, sizeof key, "%s", folder_path(&folder, "live.key"));
    options.tls = true;
    options.tls_cert = cert;
    options.tls_key = key;
    return rig_start(&options);
}

static void test_requests_over_tls(void **state)
{
    (void)state;
    folder_make(&folder);
    tls_make(&folder, "live", 1);
    struct http_server *server = start_tls();
    struct tls_client client;
    assert_int_equal(tls_connect(&client, http_server_port(server), "NORMAL"), 0);
    assert_int_equal(tls_serial(&client), 1);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(tls_ask(&client, RIG_GET("/hello", "")), 200);
    tls_close(&client);
    assert_int_equal(rig_ask(http_server_port(server), RIG_GET("/hello", ""))->status, 0);
    http_server_free(server);
    folder_remove(&folder);
}

static void test_versions_before_1_2_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *priorities;
        bool served;
    } rows[] = {
        {"NORMAL:-VERS-ALL:+VERS-TLS1.3", true},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2", true},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", false},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT", false},
    };
    folder_make(&folder);
    tls_make(&folder, "live", 1);
    struct http_server *server = start_tls();
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_client client;
        int code = tls_connect(&client, http_server_port(server), rows[i].priorities);
        assert_int_equal(code == 0, rows[i].served);
        tls_close(&client);
    }
    http_server_free(server);
    folder_remove(&folder);
}

static uint8_t serial_now(struct http_server *server)
{
    struct tls_client client;
    assert_int_equal(tls_connect(&client, http_server_port(server), "NORMAL"), 0);
    uint8_t serial = tls_serial(&client);
    assert_int_equal(tls_ask(&client, RIG_GET("/hello", "")), 200);
    tls_close(&client);
    return serial;
}

static void property_a_new_certificate_is_used_without_a_restart(void **state)
{
    (void)state;
    folder_make(&folder);
    tls_make(&folder, "live", 1);
    struct http_server *server = start_tls();
    struct tls_client before;
    assert_int_equal(serial_now(server), 1);
    assert_int_equal(tls_connect(&before, http_server_port(server), "NORMAL"), 0);
    tls_make(&folder, "live", 2);
    usleep(LOOK_AGAIN_MS * 1000);
    assert_int_equal(serial_now(server), 2);
    assert_int_equal(tls_ask(&before, RIG_GET("/hello", "")), 200);
    tls_close(&before);
    // Broken, without its key, gone: the old pair stays.
    folder_write_text(&folder, "live.crt", "-----BEGIN CERTIFICATE-----\nnonsense\n");
    usleep(LOOK_AGAIN_MS * 1000);
    assert_int_equal(serial_now(server), 2);
    tls_make(&folder, "other", 3);
    rename(folder_path(&folder, "other.crt"), folder_path(&folder, "live.crt"));
    usleep(LOOK_AGAIN_MS * 1000);
    assert_int_equal(serial_now(server), 2);
    unlink(folder_path(&folder, "live.crt"));
    usleep(LOOK_AGAIN_MS * 1000);
    assert_int_equal(serial_now(server), 2);
    tls_make(&folder, "live", 4);
    usleep(LOOK_AGAIN_MS * 1000);
    assert_int_equal(serial_now(server), 4);
    http_server_free(server);
    folder_remove(&folder);
}

static void test_a_pair_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    struct http_server_options options = rig_options();
    folder_make(&folder);
    tls_make(&folder, "a", 1);
    tls_make(&folder, "b", 2);
    options.tls = true;
    options.tls_cert = folder_path(&folder, "a.crt");
    options.tls_key = folder_path(&folder, "b.key");
    assert_null(http_server_new(&options, &err));
    assert_memory_equal(err.text, "invalid TLS configuration (", 27);
    assert_non_null(strstr(err.text, "not the key of"));
    options.tls_key = options.tls_cert;
    assert_null(http_server_new(&options, &err));
    assert_memory_equal(err.text, "invalid TLS configuration (", 27);
    folder_remove(&folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_over_tls),
        cmocka_unit_test(test_versions_before_1_2_are_refused),
        cmocka_unit_test(property_a_new_certificate_is_used_without_a_restart),
        cmocka_unit_test(test_a_pair_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
