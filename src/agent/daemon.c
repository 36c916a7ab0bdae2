#include "agent/daemon.h"

#include "agent/options_table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int parent = -1; // where the child writes how its start went

static bool make_absolute(struct agent_options *options, const char *folder, const char **path,
                          struct error *err)
{
    if (!*path || **path == '/')
        return true;
    size_t size = strlen(folder) + 1 + strlen(*path) + 1;
    char *whole = arena_alloc(&options->texts, size);
    if (!whole)
        return error_set(err, ERROR_MEMORY, "no memory");
    snprintf(whole, size, "%s/%s", folder, *path);
    *path = whole;
    return true;
}

bool daemon_absolute_paths(struct agent_options *options, struct error *err)
{
    // Where the process was started: a daemon that reads its options again is elsewhere.
    static char folder[PATH_MAX];
    if (!*folder && !getcwd(folder, sizeof folder))
        return error_set(err, ERROR_IO, "failed to daemonize (no working directory)");
    for (size_t i = 0; i < option_rows_count; i++) {
        const char **path = (const char **)((char *)options + option_rows[i].field);
        if (option_rows[i].kind == OPTION_FILE && !make_absolute(options, folder, path, err))
            return false;
    }
    return true;
}

// A byte is the child's word; when there is none, it has crashed.
_Noreturn static void wait_for_child(int from, pid_t child)
{
    unsigned char status;
    ssize_t got;
    while ((got = read(from, &status, 1)) < 0 && errno == EINTR)
        continue;
    if (got == 1)
        _exit(status);
    int how;
    if (waitpid(child, &how, 0) == child && WIFEXITED(how))
        _exit(WEXITSTATUS(how));
    _exit(1);
}

static bool refuse(struct error *err)
{
    char reason[128];
    return error_set(err, ERROR_IO, "failed to daemonize (%s)",
                     strerror_r(errno, reason, sizeof reason));
}

bool daemon_begin(struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return refuse(err);
    pid_t child = fork();
    if (child > 0) {
        close(ends[1]);
        wait_for_child(ends[0], child);
    }
    close(ends[0]);
    parent = ends[1];
    if (child < 0 || setsid() < 0) {
        refuse(err);
        close(parent);
        parent = -1;
        return false;
    }
    umask(022); // upstream's 0 would make the log writable by all
    return true;
}

static void tell_parent(int status)
{
    unsigned char byte = (unsigned char)status;
    ssize_t written = write(parent, &byte, 1);
    (void)written; // a parent that is gone needs no answer
    close(parent);
    parent = -1;
}

void daemon_ready(void)
{
    if (parent < 0)
        return;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    if (null > STDERR_FILENO)
        close(null);
    if (chdir("/") != 0)
        return tell_parent(1);
    tell_parent(0);
}

void daemon_failed(int status)
{
    if (parent >= 0)
        tell_parent(status);
}

bool pid_file_write(const char *path, struct error *err)
{
    char reason[128], text[32];
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
    bool fine = fd >= 0 && write(fd, text, (size_t)len) == len;
    if (!fine)
        error_set(err, ERROR_IO, "%s: %s", path, strerror_r(errno, reason, sizeof reason));
    if (fd >= 0)
        close(fd);
    return fine;
}
