#include "agent/log_sinks.h"

#include "agent/local_socket.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

void log_datagram_init(struct log_datagram *datagram, const char *path, struct log_stream *fallback)
{
    *datagram = (struct log_datagram){.path = path, .fd = -1, .fallback = fallback};
}

void log_datagram_close(struct log_datagram *datagram)
{
    if (datagram->fd >= 0)
        close(datagram->fd);
    datagram->fd = -1;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

// The system keeps few datagrams for a reader (10 unless told), fewer than the lines of a start.
static bool wait_for_room(struct log_datagram *datagram)
{
    struct pollfd room = {.fd = datagram->fd, .events = POLLOUT};
    if (now_ns() < datagram->patient_from)
        return false;
    if (poll(&room, 1, LOG_DATAGRAM_WAIT_MS) > 0)
        return true;
    datagram->patient_from = now_ns() + LOG_DATAGRAM_REST_SECONDS * CLOCK_SECOND;
    return false;
}

// A daemon that was restarted has a new socket behind the same path.
static bool deliver(struct log_datagram *datagram, const char *text, size_t len)
{
    for (int attempt = 0; attempt < 3; attempt++) {
        if (datagram->fd < 0)
            datagram->fd = local_socket_connect(datagram->path);
        if (datagram->fd < 0)
            return false;
        if (send(datagram->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
            return true;
        if (errno != EAGAIN)
            log_datagram_close(datagram);
        else if (!wait_for_room(datagram))
            return false;
    }
    return false;
}

static void send_line(struct log_datagram *datagram, const char *text, int len,
                      const struct log_line *line)
{
    if (len > 0 && deliver(datagram, text, (size_t)len))
        return;
    if (datagram->fallback)
        log_stream_write(datagram->fallback, line);
    else
        atomic_fetch_add(&datagram->lost, 1);
}

void log_syslog_write(void *context, const struct log_line *line)
{
    // Not strftime's %b, which depends on the locale.
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[LOG_LINE_MAX];
    struct tm local = {0};
    time_t when = (time_t)clock_second(line->time);
    localtime_r(&when, &local);
    int len =
        snprintf(text, sizeof text, "<%d>%s %2d %02d:%02d:%02d pktvisord[%d]: %s",
                 LOG_DAEMON | log_severity(line->level), months[local.tm_mon % 12], local.tm_mday,
                 local.tm_hour, local.tm_min, local.tm_sec, (int)getpid(), line->text);
    send_line(context, text, len < LOG_LINE_MAX ? len : LOG_LINE_MAX - 1, line);
}

void log_journal_write(void *context, const struct log_line *line)
{
    char text[LOG_LINE_MAX];
    int len = snprintf(text, sizeof text, "PRIORITY=%d\nSYSLOG_IDENTIFIER=pktvisord\nMESSAGE=%s\n",
                       log_severity(line->level), line->text);
    send_line(context, text, len < LOG_LINE_MAX ? len : 0, line);
}
