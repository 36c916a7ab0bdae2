// A folder of a test, with folders in it.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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
    *folder = (struct folder){.path = "/tmp/pktvisor-push-XXXXXX"};
    assert_non_null(mkdtemp(folder->path));
}

// Valid until eight later calls.
static inline const char *folder_path(struct folder *folder, const char *name)
{
    static char paths[8][192];
    static unsigned used;
    char *path = paths[used++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder->path, name);
    return path;
}

static inline void folder_empty(int fd)
{
    DIR *names = fdopendir(fd);
    if (!names) {
        close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(names));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int below = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0)
            folder_empty(below);
        unlinkat(fd, entry->d_name, below >= 0 ? AT_REMOVEDIR : 0);
    }
    closedir(names);
}

static inline void folder_remove(struct folder *folder)
{
    int fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        folder_empty(fd);
    rmdir(folder->path);
}

static inline bool folder_has(struct folder *folder, const char *name)
{
    return access(folder_path(folder, name), F_OK) == 0;
}

// The file; its length.
static inline size_t folder_read(struct folder *folder, const char *name, uint8_t *room,
                                 size_t size)
{
    int fd = open(folder_path(folder, name), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t got = read(fd, room, size);
    close(fd);
    assert_true(got >= 0);
    return (size_t)got;
}

static inline void folder_write(struct folder *folder, const char *name, const void *bytes,
                                size_t len)
{
    int fd = open(folder_path(folder, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    ssize_t done = len ? write(fd, bytes, len) : 0;
    close(fd);
    assert_int_equal(done, (ssize_t)len);
}
