// Small files that are read again when they change: tokens, certificates.
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#include <sys/stat.h>
#include <time.h>

// What tells one content from another without reading it. Zeroed: the file is not there.
struct file_mark {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed;
};

bool file_mark_equal(const struct file_mark *a, const struct file_mark *b);
struct file_mark file_mark_of(const char *path);

// The whole content, up to `max` bytes, as text (a zero byte stands behind it), and its mark. Only
// regular files. The buffer is made here; with secrets in it end it by file_forget.
bool file_read(const char *path, size_t max, struct buffer *content, struct stat *status,
               struct error *err);
void file_forget(struct buffer *content); // overwrites, then buffer_done
