// Small files that are read again when they change: tokens, certificates.
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

typedef void http_warn(void *context, const char *text);

// What tells one content from another without reading it. Zeroed: the file is not there.
struct file_mark {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed;
};

// A file that was read, and how it was then.
struct watched_file {
    char *path;
    struct file_mark mark;
    bool blind; // there is no right to look at it
};

void watched_file_mark(struct watched_file *file); // before it is read
// Whether it has changed since. One that may not be looked at (a process that has given up its
// rights) counts as unchanged; that is told to `warn` once.
bool watched_file_changed(struct watched_file *file, http_warn *warn, void *context);

// The whole content, up to `max` bytes, as text (a zero byte stands behind it), and its mark. Only
// regular files. The buffer is made here; with secrets in it end it by file_forget.
bool file_read(const char *path, size_t max, struct buffer *content, struct stat *status,
               struct error *err);
void file_forget(struct buffer *content); // overwrites, then buffer_done
