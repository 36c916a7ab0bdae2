#include "http/listen.h"

#include "folder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

static bool opens(const char *host, unsigned port, struct error *err)
{
    struct listeners listeners;
    bool good = listeners_open(&listeners, host, port, err);
    if (good)
        listeners_close(&listeners);
    return good;
}

static void test_a_name_is_all_its_addresses(void **state)
{
    (void)state;
    struct listeners listeners;
    struct error err = {0};
    assert_true(listeners_open(&listeners, "localhost", 0, &err));
    assert_true(listeners.count >= 1 && listeners.port > 0);
    assert_false(listeners.remote);
    listeners_close(&listeners);
    assert_true(listeners_open(&listeners, "LocalHost", 0, &err));
    assert_false(listeners.remote);
    listeners_close(&listeners);
    assert_true(listeners_open(&listeners, "0.0.0.0", 0, &err));
    assert_true(listeners.remote);
    listeners_close(&listeners);
}

static void test_refusals_have_upstreams_text(void **state)
{
    (void)state;
    struct listeners listeners;
    struct error err = {0};
    char expected[64];
    assert_true(listeners_open(&listeners, "127.0.0.1", 0, &err));
    assert_true(listeners_listen(&listeners, "127.0.0.1", &err));
    assert_false(opens("127.0.0.1", listeners.port, &err));
    snprintf(expected, sizeof expected, "unable to bind to 127.0.0.1:%u (", listeners.port);
    assert_memory_equal(err.text, expected, strlen(expected));
    listeners_close(&listeners);
    assert_false(opens("192.0.2.1", 10853, &err));
    assert_non_null(strstr(err.text, "unable to bind to 192.0.2.1:10853 ("));
    assert_false(opens("no.such.host.invalid", 1, &err));
    assert_non_null(strstr(err.text, "unable to bind to no.such.host.invalid:1 ("));
    assert_false(opens("127.0.0.1", 65536, &err));
    assert_false(opens("unix:", 0, &err));
    assert_false(opens("unix:/no/such/folder/socket", 0, &err));
    assert_non_null(strstr(err.text, "unable to bind to unix:/no/such/folder/socket ("));
}

// Two that have bound one port: the first that listens has it.
static void test_only_one_listens(void **state)
{
    (void)state;
    struct listeners first, second;
    struct error err = {0};
    char expected[64];
    assert_true(listeners_open(&first, "127.0.0.1", 0, &err));
    assert_true(listeners_open(&second, "127.0.0.1", first.port, &err));
    assert_true(listeners_listen(&first, "127.0.0.1", &err));
    assert_false(listeners_listen(&second, "127.0.0.1", &err));
    snprintf(expected, sizeof expected, "unable to bind to 127.0.0.1:%u (", first.port);
    assert_memory_equal(err.text, expected, strlen(expected));
    listeners_close(&first);
    listeners_close(&second);
}

static void host_of(struct folder *folder, char *host, size_t size)
{
    snprintf(host, size, "unix:%s", folder_path(folder, "socket"));
}

static void test_a_local_socket(void **state)
{
    (void)state;
    struct folder folder;
    struct listeners listeners;
    struct error err = {0};
    struct stat status;
    char host[160];
    folder_make(&folder);
    host_of(&folder, host, sizeof host);
    assert_true(listeners_open(&listeners, host, 0, &err));
    assert_int_equal(stat(host + 5, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 07777, 0660);
    assert_false(opens(host, 0, &err));
    assert_non_null(strstr(err.text, "another process listens there"));
    listeners_close(&listeners);
    assert_int_not_equal(stat(host + 5, &status), 0);
    folder_remove(&folder);
}

// A daemon leaves its folder; its socket goes with it nevertheless.
static void test_a_relative_path_stays_what_it_was(void **state)
{
    (void)state;
    struct folder folder;
    struct listeners listeners;
    struct error err = {0};
    char before[PATH_MAX];
    folder_make(&folder);
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder.path), 0);
    assert_true(listeners_open(&listeners, "unix:socket", 0, &err));
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(access(folder_path(&folder, "socket"), F_OK), 0);
    listeners_close(&listeners);
    assert_int_not_equal(access(folder_path(&folder, "socket"), F_OK), 0);
    assert_int_equal(chdir(before), 0);
    folder_remove(&folder);
}

static void test_only_a_stale_socket_is_replaced(void **state)
{
    (void)state;
    struct folder folder;
    struct error err = {0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char host[160];
    folder_make(&folder);
    host_of(&folder, host, sizeof host);
    memcpy(address.sun_path, host + 5, strnlen(host + 5, sizeof address.sun_path - 1));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    assert_true(opens(host, 0, &err));
    folder_write_text(&folder, "socket", "precious");
    assert_false(opens(host, 0, &err));
    assert_non_null(strstr(err.text, "not a socket"));
    assert_int_equal(access(host + 5, F_OK), 0);
    folder_remove(&folder);
}

static void test_addresses_of_this_machine_alone(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool loopback;
    } rows[] = {
        {"127.0.0.1", true},
        {"127.255.255.254", true},
        {"128.0.0.1", false},
        {"10.0.0.1", false},
        {"::1", true},
        {"::ffff:127.0.0.1", true},
        {"::ffff:10.0.0.1", false},
        {"fe80::1", false},
        {"::", false},
        {"0.0.0.0", false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        struct sockaddr *address = (struct sockaddr *)&in;
        if (inet_pton(AF_INET, rows[i].address, &in.sin_addr) != 1) {
            assert_int_equal(inet_pton(AF_INET6, rows[i].address, &in6.sin6_addr), 1);
            address = (struct sockaddr *)&in6;
        }
        assert_int_equal(address_is_loopback(address), rows[i].loopback);
    }
    assert_true(address_is_loopback(&(struct sockaddr){.sa_family = AF_UNIX}));
    assert_false(address_is_loopback(&(struct sockaddr){.sa_family = AF_UNSPEC}));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_is_all_its_addresses),
        cmocka_unit_test(test_refusals_have_upstreams_text),
        cmocka_unit_test(test_only_one_listens),
        cmocka_unit_test(test_a_local_socket),
        cmocka_unit_test(test_a_relative_path_stays_what_it_was),
        cmocka_unit_test(test_only_a_stale_socket_is_replaced),
        cmocka_unit_test(test_addresses_of_this_machine_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
