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

static int signals = -1, stop = -1;

static bool refuse(struct error *err)
{
    char reason[128];
    return error_set(err, ERROR_IO, "signals cannot be received: %s",
                     strerror_r(errno, reason, sizeof reason));
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
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return refuse(err);
    signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return (signals >= 0 && stop >= 0) || refuse(err);
}

void signals_done(void)
{
    if (signals >= 0)
        close(signals);
    if (stop >= 0)
        close(stop);
    signals = stop = -1;
}

void signals_stop(void)
{
    uint64_t one = 1;
    ssize_t written = write(stop, &one, sizeof one);
    (void)written; // full: it was asked for often enough
}

enum signals_event signals_wait(int milliseconds)
{
    struct pollfd watched[] = {{.fd = stop, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    if (poll(watched, 2, milliseconds) <= 0)
        return EVENT_TIME;
    if (watched[0].revents)
        return EVENT_STOP;
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != (ssize_t)sizeof info)
        return EVENT_TIME;
    return info.ssi_signo == SIGHUP ? EVENT_RELOAD : EVENT_STOP;
}
