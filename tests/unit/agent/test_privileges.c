// Each case runs in a child of its own, which gives up its rights for good.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MISSING = 77, NO_MEMORY = 78 };

#define BIT(capability) (1ull << (capability))
#define USER            "nobody"

// What a child finds wrong ends it with the line's number on standard error.
#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __func__, __LINE__, #condition); \
            _exit(1);                                                       \
        }                                                                   \
    } while (0)

static void in_child(void (*run)(void))
{
    pid_t child = fork();
    if (child == 0) {
        run();
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_MEMORY)
        fail_msg("no memory");
    assert_int_equal(status, 0);
}

static void drop(const char *user)
{
    struct error err = {0};
    if (privileges_drop(&(struct privileges){.user = user}, &err))
        return;
    fprintf(stderr, "%s\n", err.text);
    _exit(err.code == ERROR_MEMORY ? NO_MEMORY : 1);
}

// A field of /proc/self/status as the kernel writes it.
static void field(const char *name, char *value, size_t room)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[4096];
    value[0] = '\0';
    CHECK(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
            snprintf(value, room, "%.*s", (int)strcspn(line + strlen(name) + 2, "\n"),
                     line + strlen(name) + 2);
    fclose(file);
}

static unsigned long long capabilities(const char *name)
{
    char value[64];
    field(name, value, sizeof value);
    return strtoull(value, NULL, 16);
}

static void check_sets(unsigned long long wanted)
{
    char value[64];
    CHECK(capabilities("CapEff") == wanted);
    CHECK(capabilities("CapPrm") == wanted);
    CHECK(capabilities("CapInh") == 0);
    CHECK(capabilities("CapBnd") == 0);
    CHECK(capabilities("CapAmb") == 0);
    field("NoNewPrivs", value, sizeof value);
    CHECK(strcmp(value, "1") == 0);
}

static void check_capture(void)
{
    struct error err;
    CHECK(privileges_may_capture(&err));
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    CHECK(fd >= 0);
    close(fd);
}

static void root_stays(void)
{
    drop(NULL);
    CHECK(geteuid() == 0);
    check_sets(BIT(CAP_NET_RAW));
    check_capture();
    CHECK(sethostname("x", 1) == -1 && errno == EPERM);
    // Not glibc's, which asks all threads and aborts when TSan's own one, which keeps its rights,
    // may.
    CHECK(syscall(SYS_setgroups, 0, NULL) == -1 && errno == EPERM);
}

static void root_becomes_another(void)
{
    const struct passwd *nobody = getpwnam(USER);
    CHECK(nobody);
    uid_t uid = nobody->pw_uid, real, effective, saved;
    gid_t gid = nobody->pw_gid, groups[64];
    gid_t more[] = {0, 4, 27};
    CHECK(setgroups(3, more) == 0);
    drop(USER);
    CHECK(getresuid(&real, &effective, &saved) == 0);
    CHECK(real == uid && effective == uid && saved == uid);
    CHECK(getresgid(&real, &effective, &saved) == 0);
    CHECK(real == gid && effective == gid && saved == gid);
    int n = getgroups(64, groups);
    CHECK(n >= 0);
    for (int i = 0; i < n; i++)
        CHECK(groups[i] == gid);
    check_sets(BIT(CAP_NET_RAW));
    check_capture();
    CHECK(setuid(0) == -1 && setgid(0) == -1);
}

// A file that root has made is the user's afterwards.
static void socket_is_given(void)
{
    const struct passwd *nobody = getpwnam(USER);
    struct error err = {0};
    struct stat status;
    char path[] = "/tmp/privileges-XXXXXX";
    CHECK(nobody && close(mkstemp(path)) == 0);
    bool dropped = privileges_drop(&(struct privileges){USER, path}, &err);
    CHECK(stat(path, &status) == 0 && unlink(path) == 0);
    if (err.code == ERROR_MEMORY)
        _exit(NO_MEMORY);
    CHECK(dropped && status.st_uid == nobody->pw_uid && status.st_gid == nobody->pw_gid);
}

static void no_socket_to_give(void)
{
    struct error err = {0};
    CHECK(!privileges_drop(&(struct privileges){USER, "/no/such/socket"}, &err));
    if (err.code == ERROR_MEMORY)
        _exit(NO_MEMORY);
    CHECK(strcmp(err.text, "/no/such/socket: No such file or directory") == 0);
}

// What is started afterwards, by root too, has nothing.
static void started_program(void)
{
    drop(NULL);
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/bin/grep", "grep", "CapEff", "/proc/self/status", (char *)NULL);
        _exit(1);
    }
    char line[64] = "";
    close(ends[1]);
    CHECK(read(ends[0], line, sizeof line - 1) > 0);
    CHECK(strcmp(line, "CapEff:\t0000000000000000\n") == 0);
    CHECK(waitpid(child, NULL, 0) == child);
}

static void unknown_user(void)
{
    struct error err = {0};
    unsigned long long before = capabilities("CapEff");
    CHECK(!privileges_drop(&(struct privileges){.user = "no such user"}, &err));
    if (err.code == ERROR_MEMORY)
        _exit(NO_MEMORY);
    CHECK(strcmp(err.text, "there is no user 'no such user'") == 0);
    CHECK(capabilities("CapEff") == before);
}

static void become_nobody(void)
{
    const struct passwd *nobody = getpwnam(USER);
    CHECK(nobody);
    CHECK(setgid(nobody->pw_gid) == 0 && setuid(nobody->pw_uid) == 0);
}

static void without_rights(void)
{
    become_nobody();
    struct error err = {0};
    CHECK(!privileges_may_capture(&err));
    char path[4096] = "", wanted[4200];
    CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
    snprintf(wanted, sizeof wanted, "`setcap cap_net_raw+ep %s`", path);
    CHECK(strstr(err.text, wanted) || strlen(path) > 800);
    CHECK(strstr(err.text, "AmbientCapabilities=CAP_NET_RAW"));
    CHECK(strstr(err.text, "run as root"));
    CHECK(!privileges_drop(&(struct privileges){.user = "root"}, &err));
    if (err.code == ERROR_MEMORY)
        _exit(NO_MEMORY);
    CHECK(strcmp(err.text, "only root can become the user 'root'") == 0);
    drop(USER); // it is that one
    CHECK(capabilities("CapPrm") == 0);
    char value[8];
    field("NoNewPrivs", value, sizeof value);
    CHECK(strcmp(value, "1") == 0);
}

static void *wait_for_end(void *end)
{
    pthread_mutex_lock(end);
    pthread_mutex_unlock(end);
    return NULL;
}

static void among_threads(void)
{
    pthread_mutex_t end = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;
    struct error err = {0};
    unsigned long long before = capabilities("CapEff");
    pthread_mutex_lock(&end);
    CHECK(pthread_create(&thread, NULL, wait_for_end, &end) == 0);
    CHECK(!privileges_drop(&(struct privileges){.user = USER}, &err));
    CHECK(strncmp(err.text, "rights cannot be given up by one of ", 36) == 0);
    CHECK(capabilities("CapEff") == before);
    CHECK(geteuid() == 0);
    pthread_mutex_unlock(&end);
    pthread_join(thread, NULL);
}

#define CASE(name)                        \
    static void test_##name(void **state) \
    {                                     \
        (void)state;                      \
        in_child(name);                   \
    }

CASE(root_stays)
CASE(root_becomes_another)
CASE(socket_is_given)
CASE(no_socket_to_give)
CASE(started_program)
CASE(unknown_user)
CASE(without_rights)
CASE(among_threads)

static bool has_rights(void)
{
    unsigned long long needed =
        BIT(CAP_NET_RAW) | BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP);
    return geteuid() == 0 && (capabilities("CapEff") & needed) == needed;
}

int main(void)
{
    if (!has_rights()) {
        fprintf(stderr, "no rights that could be given up\n");
        return MISSING;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root_stays),      cmocka_unit_test(test_root_becomes_another),
        cmocka_unit_test(test_socket_is_given), cmocka_unit_test(test_no_socket_to_give),
        cmocka_unit_test(test_started_program), cmocka_unit_test(test_unknown_user),
        cmocka_unit_test(test_without_rights),  cmocka_unit_test(test_among_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
