#include "agent/privileges.h"

#include "base/memory.h"

#include <cap-ng.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
#ifdef __SANITIZE_THREAD__
    OWN_THREADS = 2, // one is TSan's
#else
    OWN_THREADS = 1,
#endif
    PASSWD_ROOM = 1024, // doubled while the system asks for more
    PASSWD_ROOM_MAX = 1024 * 1024,
};

static bool refused(struct error *err, const char *what)
{
    char text[128];
    return error_set(err, ERROR_IO, "%s: %s", what, strerror_r(errno, text, sizeof text));
}

// 0: not to be found out.
static unsigned count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    unsigned count = 0;
    if (!tasks)
        return 0;
    for (const struct dirent *entry; (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

struct identity {
    uid_t uid;
    gid_t gid;
};

static bool find_user(const char *name, struct identity *identity, struct error *err)
{
    struct passwd entry, *found = NULL;
    int result = ERANGE;
    for (size_t room = PASSWD_ROOM; result == ERANGE && room <= PASSWD_ROOM_MAX; room *= 2) {
        char *text = mem_alloc(room);
        if (!text)
            return error_set(err, ERROR_MEMORY, "no memory to look up the user %s", name);
        result = getpwnam_r(name, &entry, text, room, &found);
        mem_free(text);
    }
    if (!found)
        return error_set(err, ERROR_NOT_FOUND, "there is no user '%s'", name);
    *identity = (struct identity){entry.pw_uid, entry.pw_gid};
    return true;
}

// What is to be kept, in the state of libcap-ng. Asking for what is not there would be refused.
static bool choose(void)
{
    if (capng_get_caps_process() != 0)
        return false;
    bool raw = capng_have_capability(CAPNG_PERMITTED, CAP_NET_RAW);
    capng_clear(CAPNG_SELECT_ALL);
    return !raw || capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_RAW) == 0;
}

static bool become(const struct privileges *wanted, struct error *err)
{
    struct identity identity = {(uid_t)-1, (gid_t)-1};
    if (!find_user(wanted->user, &identity, err))
        return false;
    if (identity.uid == geteuid() && identity.uid == getuid())
        return true;
    if (geteuid() != 0)
        return error_set(err, ERROR_INVALID, "only root can become the user '%s'", wanted->user);
    if (wanted->socket && lchown(wanted->socket, identity.uid, identity.gid) != 0)
        return refused(err, wanted->socket);
    const capng_flags_t flags = CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING;
    return (choose() && capng_change_id((int)identity.uid, (int)identity.gid, flags) == 0) ||
           refused(err, "cannot change the user");
}

// The bounding set can only be emptied by who may change capabilities at all.
static bool give_up(void)
{
    if (capng_get_caps_process() != 0)
        return false;
    bool may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
    return choose() && capng_apply(may_bound ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) == 0 &&
           prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0;
}

bool privileges_drop(const struct privileges *wanted, struct error *err)
{
    unsigned threads = count_threads();
    if (threads > OWN_THREADS)
        return error_set(err, ERROR_INVALID, "rights cannot be given up by one of %u threads",
                         threads);
    if (wanted->user && !become(wanted, err))
        return false;
    if (!give_up())
        return refused(err, "cannot give up capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return refused(err, "cannot set no-new-privs");
    return true;
}

static bool make_for(const struct identity *identity, const char *path, struct error *err)
{
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST || refused(err, path);
    // Not what a link names that somebody has put there since.
    return lchown(path, identity->uid, identity->gid) == 0 || refused(err, path);
}

bool privileges_make_folder(const char *user, const char *path, struct error *err)
{
    struct identity identity;
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (geteuid() != 0)
        return true;
    if (!find_user(user, &identity, err))
        return false;
    for (size_t i = 1; i <= len && len < sizeof part; i++) {
        if (path[i] != '/' && path[i])
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (!make_for(&identity, part, err))
            return false;
    }
    return true;
}

bool privileges_may_capture(struct error *err)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); // 0: receives nothing
    if (fd >= 0) {
        close(fd);
        return true;
    }
    if (errno != EPERM && errno != EACCES)
        return refused(err, "cannot capture packets");
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    path[len > 0 ? len : 0] = '\0';
    return error_set(err, ERROR_IO,
                     "no right to capture packets; grant it by `setcap cap_net_raw+ep %s`, by "
                     "AmbientCapabilities=CAP_NET_RAW in the systemd unit, or run as root",
                     len > 0 ? path : "pktvisord");
}
