#include "agent/log_sinks.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int open_file(const char *path, struct error *err)
{
    char reason[128];
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0)
        error_set(err, ERROR_IO, "%s: %s", path, strerror_r(errno, reason, sizeof reason));
    return fd;
}

bool log_file_open(struct log_file *file, const char *path, bool json, struct error *err)
{
    *file = (struct log_file){.json = json, .fd = -1};
    file->path = mem_strdup(path);
    file->waiting = mem_alloc(LOG_FILE_BUFFER);
    if (!file->path || !file->waiting)
        error_set(err, ERROR_MEMORY, "no memory for the log");
    else
        file->fd = open_file(path, err);
    if (file->fd >= 0)
        return true;
    log_file_close(file);
    return false;
}

static uint64_t lines_in(const char *text, size_t len)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

// What is lost is told once, until a write succeeds again.
static void lose(struct log_file *file, const char *rest, size_t len, int number)
{
    char reason[128], text[512];
    atomic_fetch_add(&file->lost, lines_in(rest, len));
    if (file->failing)
        return;
    file->failing = true;
    int size = snprintf(text, sizeof text, "pktvisord: cannot write to the log %s: %s\n",
                        file->path, strerror_r(number, reason, sizeof reason));
    size_t whole = size < (int)sizeof text ? (size_t)size : sizeof text - 1;
    if (write(STDERR_FILENO, text, whole) < 0)
        return; // it is counted, at least
}

void log_file_flush(void *context)
{
    struct log_file *file = context;
    size_t done = 0;
    while (done < file->used) {
        ssize_t written = write(file->fd, file->waiting + done, file->used - done);
        if (written > 0) {
            done += (size_t)written;
            file->torn = file->waiting[done - 1] != '\n';
            file->failing = false;
        } else if (errno != EINTR) {
            lose(file, file->waiting + done, file->used - done, errno);
            break;
        }
    }
    file->used = 0;
}

void log_file_write(void *context, const struct log_line *line)
{
    struct log_file *file = context;
    char text[LOG_JSON_MAX];
    size_t len = log_format(file->json, line, false, text);
    if (file->used + 1 + len > LOG_FILE_BUFFER)
        log_file_flush(file);
    if (file->torn && file->used == 0)
        file->waiting[file->used++] = '\n';
    memcpy(file->waiting + file->used, text, len);
    file->used += len;
}

// The descriptor keeps its number, so a line that is being written needs no lock against this.
bool log_file_reopen(struct log_file *file, struct error *err)
{
    char reason[128];
    int fd = open_file(file->path, err);
    if (fd < 0)
        return false;
    bool fine = dup3(fd, file->fd, O_CLOEXEC) >= 0;
    if (!fine)
        error_set(err, ERROR_IO, "%s: %s", file->path, strerror_r(errno, reason, sizeof reason));
    close(fd);
    return fine;
}

void log_file_close(struct log_file *file)
{
    if (file->fd >= 0) {
        log_file_flush(file);
        close(file->fd);
    }
    mem_free(file->waiting);
    mem_free(file->path);
    file->fd = -1;
    file->waiting = file->path = NULL;
}
