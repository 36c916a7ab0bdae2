#include "agent/signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

atomic_bool signals_stopping;

static atomic_bool reload;
static int signals = -1; // signalfd
static int wake = -1;    // of the main thread
static int end = -1;     // of the thread here
static pthread_t thread;
static bool watching;

static bool refuse(int number, struct error *err)
{
    char reason[128];
    return error_set(err, ERROR_IO, "signals cannot be received: %s",
                     strerror_r(number, reason, sizeof reason));
}

static void raise_event(int fd)
{
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written; // full: it was raised often enough
}

bool signals_init(struct error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    int number = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (number != 0)
        return refuse(number, err);
    signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return (signals >= 0 && wake >= 0 && end >= 0) || refuse(errno, err);
}

void signals_stop(void)
{
    atomic_store(&signals_stopping, true);
    raise_event(wake);
}

static void take(const struct signalfd_siginfo *info)
{
    if (info->ssi_signo != SIGHUP) {
        signals_stop();
        return;
    }
    atomic_store(&reload, true);
    raise_event(wake);
}

static void *watch(void *context)
{
    struct pollfd watched[] = {{.fd = end, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    while (poll(watched, 2, -1) >= 0 || errno == EINTR) {
        struct signalfd_siginfo info;
        if (watched[0].revents)
            break;
        while (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
            take(&info);
    }
    return context;
}

bool signals_watch(struct error *err)
{
    int number = pthread_create(&thread, NULL, watch, NULL);
    watching = number == 0;
    return watching || refuse(number, err);
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void signals_done(void)
{
    if (watching) {
        raise_event(end);
        pthread_join(thread, NULL);
        watching = false;
    }
    close_one(&signals);
    close_one(&wake);
    close_one(&end);
}

enum signals_event signals_wait(int milliseconds)
{
    struct pollfd watched = {.fd = wake, .events = POLLIN};
    uint64_t raised;
    if (poll(&watched, 1, milliseconds) > 0 && read(wake, &raised, sizeof raised) < 0)
        return EVENT_TIME;
    if (atomic_load(&signals_stopping))
        return EVENT_STOP;
    return atomic_exchange(&reload, false) ? EVENT_RELOAD : EVENT_TIME;
}
