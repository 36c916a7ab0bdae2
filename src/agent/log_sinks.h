// The sinks of the agent. Each is a struct of its own with functions for struct log_sink; the log's
// lock guards them, apart from the counters.
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"

// {"time":"2026-01-31T12:00:00.123Z","level":"info","text":"…"}\n
enum { LOG_JSON_MAX = 2 * LOG_TEXT_MAX + 128 };
size_t log_format_json(const struct log_line *line, char out[static LOG_JSON_MAX]);

// A line in the format that was asked for; out has room for both.
size_t log_format(bool json, const struct log_line *line, bool colour,
                  char out[static LOG_JSON_MAX]);

// syslog.h's severity of a level (3 error, 4 warning, 6 informational, 7 debug).
int log_severity(enum log_level level);

// Standard error. With `prefix` a line begins with "<N>", as the journal reads a stream.
struct log_stream {
    bool json, colour, prefix;
    atomic_uint_fast64_t lost;
};
void log_stream_write(void *stream, const struct log_line *line);

// A file. Lines wait in memory (64 KiB at most) until log_flush, an error, or no room.
enum { LOG_FILE_BUFFER = 1 << 16 };
struct log_file {
    char *path;
    bool json;
    int fd;
    bool torn;    // what was written last does not end with a line's end
    bool failing; // the last write failed: that was told
    size_t used;
    char *waiting;
    atomic_uint_fast64_t lost;
};
// The file is made with mode 0640.
bool log_file_open(struct log_file *file, const char *path, bool json, struct error *err);
// What waits goes to the new file; on failure the old one stays. Needs no lock.
bool log_file_reopen(struct log_file *file, struct error *err);
void log_file_close(struct log_file *file);
void log_file_write(void *file, const struct log_line *line);
void log_file_flush(void *file);

// Datagrams to a local socket, of syslog (RFC 3164 form: "<PRI>Mmm dd hh:mm:ss pktvisord[PID]: …")
// or of the journal (its native protocol: FIELD=value lines). Connects again when the daemon was
// restarted. A daemon that does not keep up gets a little time, at most once in a while.
enum { LOG_DATAGRAM_WAIT_MS = 100, LOG_DATAGRAM_REST_SECONDS = 1 };
struct log_datagram {
    const char *path;
    int fd;               // -1: not connected
    int64_t patient_from; // no waiting before; ns of the monotonic clock
    atomic_uint_fast64_t lost;
    struct log_stream *fallback; // takes what cannot be sent; NULL: lost
};
#define LOG_SYSLOG_PATH  "/dev/log"
#define LOG_JOURNAL_PATH "/run/systemd/journal/socket"
void log_datagram_init(struct log_datagram *datagram, const char *path,
                       struct log_stream *fallback);
void log_datagram_close(struct log_datagram *datagram);
void log_syslog_write(void *datagram, const struct log_line *line);
void log_journal_write(void *datagram, const struct log_line *line);

// Whether standard error is connected to the journal: JOURNAL_STREAM names its device and inode.
bool log_stderr_is_journal(void);
