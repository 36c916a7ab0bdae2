// A network namespace of the test's own: this process moves into an empty one, which ends with it.
// Without the right to make one (also none for a user namespace) the test cannot run.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAMESPACE_MISSING = 77 }; // exit status that says so to the runner

static inline bool namespace_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return good;
}

static inline bool namespace_enter(void)
{
    if (unshare(CLONE_NEWNET) == 0)
        return true;
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %u 1", (unsigned)getuid());
    snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getgid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           namespace_write("/proc/self/setgroups", "deny") &&
           namespace_write("/proc/self/uid_map", users) &&
           namespace_write("/proc/self/gid_map", groups);
}

// Whether it can be done, tried by a child.
static inline bool namespace_possible(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(namespace_enter() ? 0 : 1);
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

// Commands of ip(8), one a line.
static inline bool namespace_ip(const char *commands)
{
    FILE *ip = popen("PATH=$PATH:/usr/sbin:/sbin exec ip -batch -", "w");
    if (!ip)
        return false;
    fputs(commands, ip);
    fputc('\n', ip);
    return pclose(ip) == 0;
}
