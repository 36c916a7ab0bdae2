#include "agent/log_sinks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, text, len);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            text += written;
            len -= (size_t)written;
        }
    }
    return true;
}

void log_stream_write(void *context, const struct log_line *line)
{
    struct log_stream *stream = context;
    char text[4 + LOG_JSON_MAX];
    size_t used = 0;
    if (stream->prefix)
        used = (size_t)snprintf(text, 4, "<%d>", log_severity(line->level));
    // The journal has time and level of its own.
    if (stream->prefix && !stream->json) {
        memcpy(text + used, line->text, line->len);
        used += line->len;
        text[used++] = '\n';
    } else {
        used += log_format(stream->json, line, stream->colour, text + used);
    }
    if (!write_all(STDERR_FILENO, text, used))
        atomic_fetch_add(&stream->lost, 1);
}

bool log_stderr_is_journal(void)
{
    const char *text = getenv("JOURNAL_STREAM");
    struct stat info;
    if (!text || fstat(STDERR_FILENO, &info) != 0)
        return false;
    char *end;
    errno = 0;
    unsigned long long device = strtoull(text, &end, 10);
    if (errno || *end != ':')
        return false;
    unsigned long long inode = strtoull(end + 1, &end, 10);
    return !errno && !*end && device == (unsigned long long)info.st_dev &&
           inode == (unsigned long long)info.st_ino;
}
