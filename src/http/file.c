#include "http/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_mark(const struct file_mark *a, const struct file_mark *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           same_time(a->modified, b->modified) && same_time(a->changed, b->changed);
}

// False and errno: there is no telling.
static bool look(const char *path, struct file_mark *mark)
{
    struct stat status;
    *mark = (struct file_mark){0};
    if (stat(path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR;
    *mark = (struct file_mark){.device = status.st_dev,
                               .inode = status.st_ino,
                               .size = status.st_size,
                               .modified = status.st_mtim,
                               .changed = status.st_ctim};
    return true;
}

void watched_file_mark(struct watched_file *file)
{
    file->blind = !look(file->path, &file->mark);
}

bool watched_file_changed(struct watched_file *file, http_warn *warn, void *context)
{
    struct file_mark mark;
    char reason[128], text[512];
    bool was_blind = file->blind;
    file->blind = !look(file->path, &mark);
    if (!file->blind)
        return !same_mark(&mark, &file->mark);
    if (warn && !was_blind) {
        snprintf(text, sizeof text, "%s: %s; changes of it are not noticed", file->path,
                 strerror_r(errno, reason, sizeof reason));
        warn(context, text);
    }
    return false;
}

static bool io_error(struct error *err, const char *path)
{
    char text[128];
    return error_set(err, ERROR_IO, "%s: %s", path, strerror_r(errno, text, sizeof text));
}

static bool read_all(int fd, const char *path, struct buffer *content, struct error *err)
{
    uint8_t chunk[4096];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) > 0)
        buffer_add(content, chunk, (size_t)got);
    explicit_bzero(chunk, sizeof chunk);
    if (got < 0)
        return io_error(err, path);
    buffer_text(content);
    if (content->failed)
        return error_set(err, ERROR_FORMAT, "%s: larger than %zu bytes", path, content->max);
    return true;
}

bool file_read(const char *path, size_t max, struct buffer *content, struct stat *status,
               struct error *err)
{
    buffer_init(content, max);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return io_error(err, path);
    bool good = fstat(fd, status) == 0 ? true : io_error(err, path);
    if (good && !S_ISREG(status->st_mode))
        good = error_set(err, ERROR_IO, "%s: not a regular file", path);
    good = good && read_all(fd, path, content, err);
    close(fd);
    if (!good)
        file_forget(content);
    return good;
}

void file_forget(struct buffer *content)
{
    if (content->data)
        explicit_bzero(content->data, content->room);
    buffer_done(content);
}
