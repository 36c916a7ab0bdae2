#include "base/log.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name, *colour;
} levels[LOG_LEVELS] = {
    [LOG_LEVEL_DEBUG] = {"debug", "\033[36m"},
    [LOG_LEVEL_INFO] = {"info", "\033[32m"},
    [LOG_LEVEL_WARNING] = {"warning", "\033[33m\033[1m"},
    [LOG_LEVEL_ERROR] = {"error", "\033[31m\033[1m"},
};
#define COLOUR_END "\033[m"

const char *log_level_name(enum log_level level)
{
    return levels[level].name;
}

size_t log_format_text(const struct log_line *line, bool colour, char out[static LOG_LINE_MAX])
{
    struct tm local = {0};
    time_t when = (time_t)clock_second(line->time);
    localtime_r(&when, &local);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
    int len =
        snprintf(out, LOG_LINE_MAX, "[%s.%03d] [visor] [%s%s%s] %.*s", stamp,
                 clock_milliseconds(line->time), colour ? levels[line->level].colour : "",
                 levels[line->level].name, colour ? COLOUR_END : "", (int)line->len, line->text);
    size_t used = len < 0 ? 0 : (size_t)len < LOG_LINE_MAX ? (size_t)len : LOG_LINE_MAX - 1;
    out[used++] = '\n';
    return used;
}

// What cannot be written to standard error can be told nowhere.
static void write_stderr(void *context, const struct log_line *line)
{
    (void)context;
    static int terminal = -1; // sinks are called by one thread at a time
    if (terminal < 0) {
        const char *no_colour = getenv("NO_COLOR");
        terminal = isatty(STDERR_FILENO) && !(no_colour && *no_colour);
    }
    char text[LOG_LINE_MAX];
    size_t len = log_format_text(line, terminal, text), done = 0;
    while (done < len) {
        ssize_t written = write(STDERR_FILENO, text + done, len - done);
        if (written > 0)
            done += (size_t)written;
        else if (errno != EINTR)
            return;
    }
}

static const struct log_sink standard_error = {.write = write_stderr};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of the sink
static struct log_sink sink = {.write = write_stderr};
static atomic_int lowest_level = LOG_LEVEL_INFO;

static void flush_sink(void)
{
    if (sink.flush)
        sink.flush(sink.context);
}

void log_set_sink(const struct log_sink *new_sink)
{
    pthread_mutex_lock(&lock);
    flush_sink();
    sink = new_sink ? *new_sink : standard_error;
    pthread_mutex_unlock(&lock);
}

void log_set_level(enum log_level lowest)
{
    atomic_store_explicit(&lowest_level, (int)lowest, memory_order_relaxed);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&lowest_level, memory_order_relaxed);
}

void log_flush(void)
{
    pthread_mutex_lock(&lock);
    flush_sink();
    pthread_mutex_unlock(&lock);
}

static const char cut_mark[] = "...";

// Bytes that may stay as they are from here on: one character, or 0.
static size_t plain_length(const uint8_t *p, size_t left)
{
    if (*p < 0x80)
        return *p >= ' ' && *p != 0x7f;
    return text_utf8_length(p, left);
}

// A backslash stays: the text is for the eye, and names come escaped already.
static size_t escape(const char *raw, size_t len, bool cut, char out[static LOG_TEXT_MAX + 1])
{
    size_t used = 0;
    const size_t room = LOG_TEXT_MAX - (sizeof cut_mark - 1);
    for (size_t at = 0, step; at < len; at += step) {
        const uint8_t *p = (const uint8_t *)raw + at;
        size_t plain = plain_length(p, len - at);
        size_t takes = plain ? plain : TEXT_DECIMAL;
        step = plain ? plain : 1;
        if (used + takes > room) {
            cut = true;
            break;
        }
        if (plain)
            memcpy(out + used, p, plain);
        else
            text_put_decimal(out + used, *p);
        used += takes;
    }
    if (cut) {
        memcpy(out + used, cut_mark, sizeof cut_mark);
        used += sizeof cut_mark - 1;
    }
    out[used] = 0;
    return used;
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

static void write_line(enum log_level level, uint64_t kept_back, const char *format, va_list args)
{
    char raw[LOG_TEXT_MAX + 1], text[LOG_TEXT_MAX + 1];
    int wanted = vsnprintf(raw, sizeof raw, format, args);
    size_t len = wanted < 0 ? 0 : (size_t)wanted;
    bool cut = len >= sizeof raw;
    if (cut)
        len = sizeof raw - 1;
    if (kept_back && !cut) {
        int more = snprintf(raw + len, sizeof raw - len, " (and %llu like it before)",
                            (unsigned long long)kept_back);
        len = len + (size_t)more < sizeof raw ? len + (size_t)more : sizeof raw - 1;
    }
    size_t used = escape(raw, len, cut, text);
    pthread_mutex_lock(&lock);
    struct log_line line = {level, now_ns(CLOCK_REALTIME), text, used};
    sink.write(sink.context, &line);
    if (level == LOG_LEVEL_ERROR)
        flush_sink();
    pthread_mutex_unlock(&lock);
}

void log_write(enum log_level level, const char *format, ...)
{
    if (!log_enabled(level))
        return;
    va_list args;
    va_start(args, format);
    write_line(level, 0, format, args);
    va_end(args);
}

bool log_limit_pass(struct log_limit *limit, int64_t now, uint64_t *kept_back)
{
    int64_t next = atomic_load_explicit(&limit->next, memory_order_relaxed);
    if (now >= next &&
        atomic_compare_exchange_strong(&limit->next, &next, now + limit->seconds * CLOCK_SECOND)) {
        *kept_back = atomic_exchange(&limit->kept_back, 0);
        return true;
    }
    atomic_fetch_add(&limit->kept_back, 1);
    atomic_fetch_add(&limit->kept_back_ever, 1);
    return false;
}

void log_write_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
{
    uint64_t kept_back;
    if (!log_enabled(level) || !log_limit_pass(limit, now_ns(CLOCK_MONOTONIC), &kept_back))
        return;
    va_list args;
    va_start(args, format);
    write_line(level, kept_back, format, args);
    va_end(args);
}
