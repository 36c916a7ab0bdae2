// The log of the programs. Library floors do not log: they return errors and call back; the agent
// says here what happened. May be called by any thread at any time, not from a signal handler;
// needs no heap. Lines leave one at a time, in one order, through one sink.
//
// What stands in a line may come from the wire, a client or a file: control characters and bytes
// that are not UTF-8 become \DDD, so a line stays one line and moves no cursor. A text is cut at
// LOG_TEXT_MAX bytes and then ends with "...".
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Not the names of syslog.h, which are macros.
enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum { LOG_LEVELS = LOG_LEVEL_ERROR + 1 };

enum {
    LOG_TEXT_MAX = 4000,               // bytes of a text, escaped
    LOG_LINE_MAX = LOG_TEXT_MAX + 100, // of a line as log_format_text writes it
};

struct log_line {
    enum log_level level;
    int64_t time;     // ns since the epoch
    const char *text; // escaped, ends with a zero
    size_t len;
};

// Where lines go. One thread at a time calls it; it must not log.
struct log_sink {
    void (*write)(void *context, const struct log_line *line);
    void (*flush)(void *context); // may be NULL
    void *context;
};

// Before: lines go to standard error as text. NULL goes back to that. The old sink is flushed and
// is called no more when this returns.
void log_set_sink(const struct log_sink *sink);
void log_set_level(enum log_level lowest); // lines below it are dropped; at first info
bool log_enabled(enum log_level level);    // for lines that are costly to put together
void log_flush(void);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

// "debug", "info", "warning", "error".
const char *log_level_name(enum log_level level);

// "[YYYY-mm-dd HH:MM:SS.mmm] [visor] [level] text\n" in local time (spdlog's, as upstream's), with
// the level in colour for a terminal. Returns the length; `out` gets no closing zero.
size_t log_format_text(const struct log_line *line, bool colour, char out[static LOG_LINE_MAX]);

// A line that something may cause again and again: at most one every so many seconds. The next one
// says how many were kept back. One of them for each line in the code (or for each cause).
struct log_limit {
    int64_t seconds;                     // between two lines
    _Atomic int64_t next;                // when one may pass again, ns of the monotonic clock
    atomic_uint_fast64_t kept_back;      // since the last one passed
    atomic_uint_fast64_t kept_back_ever; // for a metric
};

#define LOG_LIMIT(every_seconds)   \
    {                              \
        .seconds = (every_seconds) \
    }

// Whether a line may pass at this time; then *kept_back is what was kept back before it.
bool log_limit_pass(struct log_limit *limit, int64_t now, uint64_t *kept_back);

void log_write_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
