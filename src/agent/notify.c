#include "agent/notify.h"

#include "agent/local_socket.h"
#include "base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_MAX = 1024, STATUS_MAX = 512 };

static int manager = -1; // socket
static int64_t watchdog; // ns

// A variable's number; 0: it has none, or one that makes no sense.
static int64_t positive(const char *name)
{
    const char *text = getenv(name);
    char *end;
    errno = 0;
    long long value = text ? strtoll(text, &end, 10) : 0;
    return text && !errno && !*end && value > 0 && value < INT64_MAX / 1000 ? value : 0;
}

void notify_init(pid_t started)
{
    const char *path = getenv("NOTIFY_SOCKET");
    int64_t interval = positive("WATCHDOG_USEC"), pid = positive("WATCHDOG_PID");
    if (path && *path)
        manager = local_socket_connect(path);
    if (manager >= 0 && interval && (!getenv("WATCHDOG_PID") || pid == started))
        watchdog = interval * 1000 / 2;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_done(void)
{
    if (manager >= 0)
        close(manager);
    manager = -1;
    watchdog = 0;
}

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Never waits: a manager that does not read must not stop the agent.
static void tell(const char *format, ...)
{
    if (manager < 0)
        return;
    char text[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0 && len < MESSAGE_MAX)
        send(manager, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void notify_daemon(pid_t daemon)
{
    tell("MAINPID=%d\nREADY=1\nSTATUS=Running", (int)daemon);
}

void notify_ready(const char *status)
{
    tell("READY=1\nSTATUS=%.*s", STATUS_MAX, status);
}

void notify_reloading(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    tell("RELOADING=1\nMONOTONIC_USEC=%lld",
         (long long)now.tv_sec * 1000000 + (long long)now.tv_nsec / 1000);
}

void notify_stopping(void)
{
    tell("STOPPING=1");
}

void notify_watchdog(void)
{
    tell("WATCHDOG=1");
}

int64_t notify_watchdog_interval(void)
{
    return watchdog;
}
