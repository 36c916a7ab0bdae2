#include "agent/daemon.h"

#include "agent/notify.h"
#include "agent/options_table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int parent = -1;   // where the child writes how its start went
static int pid_file = -1; // -1: there is none

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
    if (got == 1 && status == 0) {
        notify_init(getpid());
        notify_daemon(child);
    }
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

static bool refuse_file(const char *path, const char *reason, struct error *err)
{
    return error_set(err, ERROR_IO, "%s: %s", path, reason);
}

static bool refuse_errno(const char *path, struct error *err)
{
    char reason[128];
    return refuse_file(path, strerror_r(errno, reason, sizeof reason), err);
}

// Locked while this process runs. A name of it elsewhere would be somebody's who wants us to write
// there.
static bool take_file(int fd, const char *path, struct error *err)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return refuse_errno(path, err);
    if (!S_ISREG(about.st_mode) || about.st_nlink != 1)
        return refuse_file(path, "not a file of its own", err);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    return errno == EWOULDBLOCK ? refuse_file(path, "of another pktvisord that runs", err)
                                : refuse_errno(path, err);
}

static bool write_pid(int fd, const char *path, struct error *err)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
    return (ftruncate(fd, 0) == 0 && write(fd, text, (size_t)len) == len) ||
           refuse_errno(path, err);
}

bool pid_file_write(const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
    if (fd < 0)
        return refuse_errno(path, err);
    if (take_file(fd, path, err) && write_pid(fd, path, err)) {
        pid_file = fd;
        return true;
    }
    close(fd);
    return false;
}

void pid_file_remove(const char *path)
{
    if (pid_file < 0)
        return;
    unlink(path);
    close(pid_file);
    pid_file = -1;
}
