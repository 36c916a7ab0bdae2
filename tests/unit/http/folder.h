// A folder of a test with small files in it.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct folder {
    char path[64];
};

static inline void folder_make(struct folder *folder)
{
    *folder = (struct folder){.path = "/tmp/pktvisor-http-XXXXXX"};
    assert_non_null(mkdtemp(folder->path));
}

// Valid until eight later calls.
static inline const char *folder_path(struct folder *folder, const char *name)
{
    static char paths[8][160];
    static unsigned used;
    char *path = paths[used++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder->path, name);
    return path;
}

// As a careful program replaces a file: the new one appears whole.
static inline void folder_write(struct folder *folder, const char *name, const void *bytes,
                                size_t len, mode_t mode)
{
    const char *path = folder_path(folder, name), *fresh = folder_path(folder, ".fresh");
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    assert_int_equal(rename(fresh, path), 0);
}

static inline void folder_write_text(struct folder *folder, const char *name, const char *text)
{
    folder_write(folder, name, text, strlen(text), 0600);
}

static inline void folder_remove(struct folder *folder)
{
    DIR *open_folder = opendir(folder->path);
    struct dirent *entry;
    while (open_folder && (entry = readdir(open_folder)))
        if (entry->d_name[0] != '.' || entry->d_name[1] == 'f')
            unlinkat(dirfd(open_folder), entry->d_name, 0);
    if (open_folder)
        closedir(open_folder);
    rmdir(folder->path);
}
