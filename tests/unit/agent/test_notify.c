#include "agent/notify.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

// A service manager that listens on an abstract name.
static int manager(char name[static 32])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(name, 32, "@notify-%d", (int)getpid());
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    return fd;
}

static const char *receive(int fd)
{
    static char text[2048];
    ssize_t got = recv(fd, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    return text;
}

// With the environment that a manager gives; pid: NULL for none.
static void begin(const char *socket_name, const char *interval, const char *pid, pid_t started)
{
    setenv("NOTIFY_SOCKET", socket_name, 1);
    setenv("WATCHDOG_USEC", interval, 1);
    unsetenv("WATCHDOG_PID");
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    notify_init(started);
}

static void the_manager_is_told(void **state)
{
    char name[32];
    int fd = manager(name);
    (void)state;
    begin(name, "4000000", NULL, getpid());
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_int_equal(notify_watchdog_interval(), 2 * CLOCK_SECOND);
    notify_ready("all is well");
    assert_string_equal(receive(fd), "READY=1\nSTATUS=all is well");
    notify_reloading();
    assert_memory_equal(receive(fd), "RELOADING=1\nMONOTONIC_USEC=", 27);
    notify_watchdog();
    assert_string_equal(receive(fd), "WATCHDOG=1");
    notify_daemon(5);
    assert_string_equal(receive(fd), "MAINPID=5\nREADY=1\nSTATUS=Running");
    notify_stopping();
    assert_string_equal(receive(fd), "STOPPING=1");
    for (int i = 0; i < 10000; i++) // a manager that does not read
        notify_watchdog();
    notify_done();
    notify_watchdog();
    close(fd);
}

// WATCHDOG_PID is that of the process that was started.
static void the_watchdog_of_a_daemon(void **state)
{
    char name[32];
    int fd = manager(name);
    (void)state;
    begin(name, "4000000", "5", 5);
    assert_int_equal(notify_watchdog_interval(), 2 * CLOCK_SECOND);
    notify_done();
    close(fd);
}

static void watchdogs_of_others(void **state)
{
    static const struct {
        const char *interval, *pid;
    } rows[] = {{"0", NULL},  {"", NULL},       {"x", NULL},     {"99999999999999999999", NULL},
                {"-1", NULL}, {"2000000", "1"}, {"20000x", NULL}};
    char name[32];
    int fd = manager(name);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(name, rows[i].interval, rows[i].pid, getpid());
        assert_int_equal(notify_watchdog_interval(), 0);
        notify_done();
    }
    close(fd);
}

static void without_a_manager_nothing_happens(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    notify_init(getpid());
    notify_ready("x");
    notify_done();
    setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    notify_init(getpid());
    notify_ready("x");
    notify_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manager_is_told),
        cmocka_unit_test(the_watchdog_of_a_daemon),
        cmocka_unit_test(watchdogs_of_others),
        cmocka_unit_test(without_a_manager_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
