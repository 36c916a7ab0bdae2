#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char unix_prefix[] = "unix:";
enum { LOCAL_MODE = 0660 };

static bool refuse(struct error *err, const char *host, unsigned port, const char *reason)
{
    if (strncmp(host, unix_prefix, sizeof unix_prefix - 1) == 0)
        return error_set(err, ERROR_IO, "unable to bind to %s (%s)", host, reason);
    return error_set(err, ERROR_IO, "unable to bind to %s:%u (%s)", host, port, reason);
}

static bool refuse_errno(struct error *err, const char *host, unsigned port, int number)
{
    char text[128];
    return refuse(err, host, port, strerror_r(number, text, sizeof text));
}

bool address_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_UNIX)
        return true;
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        return ntohl(in->sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family != AF_INET6)
        return false;
    const struct in6_addr *in6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(in6) || (IN6_IS_ADDR_V4MAPPED(in6) && in6->s6_addr[12] == 127);
}

static unsigned port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

static void set_port(struct sockaddr *address, unsigned port)
{
    if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)(void *)address)->sin_port = htons((uint16_t)port);
}

// The bound socket, or a negative errno.
static int open_address(const struct addrinfo *info, bool only)
{
    int on = 1, v6_only = !only;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0)
        return fd;
    int number = errno;
    close(fd);
    return -number;
}

// An address of a name that this machine does not have (::1 without IPv6) is passed over while
// another one works.
static bool open_all(struct listeners *listeners, const char *host, unsigned port,
                     struct addrinfo *list, struct error *err)
{
    int missing = 0;
    for (struct addrinfo *info = list; info && listeners->count < LISTENERS_MAX;
         info = info->ai_next) {
        set_port(info->ai_addr, listeners->port);
        int fd = open_address(info, !list->ai_next);
        if (fd == -EADDRNOTAVAIL || fd == -EAFNOSUPPORT) {
            missing = -fd;
            continue;
        }
        if (fd < 0)
            return refuse_errno(err, host, port, -fd);
        listeners->fds[listeners->count++] = fd;
        listeners->remote |= !address_is_loopback(info->ai_addr);
        if (!listeners->port)
            listeners->port = port_of(fd);
    }
    return listeners->count > 0 ? true : refuse_errno(err, host, port, missing);
}

// localhost is loopback (RFC 6761, section 6.3), also where no /etc/hosts says so: in small roots.
static int resolve(const char *host, struct addrinfo **list)
{
    bool local = strcasecmp(host, "localhost") == 0;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = local ? 0 : AI_PASSIVE};
    return getaddrinfo(*host && !local ? host : NULL, "0", &hints, list);
}

static bool open_host(struct listeners *listeners, const char *host, unsigned port,
                      struct error *err)
{
    struct addrinfo *list = NULL;
    if (port > 65535)
        return refuse(err, host, port, "no such port");
    int failure = resolve(host, &list);
    if (failure != 0)
        return refuse(err, host, port, gai_strerror(failure));
    listeners->port = port;
    bool good = open_all(listeners, host, port, list, err);
    freeaddrinfo(list);
    return good;
}

// Removes what an ended process left; false and a reason when something else is there.
static const char *clear_stale(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0)
        return NULL;
    if (!S_ISSOCK(status.st_mode))
        return "a file that is not a socket is there";
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return "no socket";
    int failed = connect(fd, (const struct sockaddr *)address, sizeof *address);
    int number = errno;
    close(fd);
    if (failed == 0 || number != ECONNREFUSED)
        return "another process listens there";
    unlink(address->sun_path);
    return NULL;
}

static bool open_local(struct listeners *listeners, const char *host, struct error *err)
{
    const char *path = host + sizeof unix_prefix - 1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (*path == 0 || strlen(path) >= sizeof address.sun_path)
        return refuse(err, host, 0, "a path of 1 to 107 bytes expected");
    memcpy(address.sun_path, path, strlen(path) + 1);
    const char *reason = clear_stale(&address);
    if (reason)
        return refuse(err, host, 0, reason);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return refuse_errno(err, host, 0, errno);
    listeners->fds[listeners->count++] = fd;
    // Nobody can connect between bind and listen, so the mode holds from the first connection on.
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return refuse_errno(err, host, 0, errno);
    // Absolute, since the process may leave its folder.
    struct stat status;
    if (!realpath(path, listeners->local))
        memcpy(listeners->local, path, strlen(path) + 1);
    if (chmod(path, LOCAL_MODE) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        lstat(path, &status) != 0)
        return refuse_errno(err, host, 0, errno);
    listeners->inode = status.st_ino;
    return true;
}

bool listeners_open(struct listeners *listeners, const char *host, unsigned port, struct error *err)
{
    *listeners = (struct listeners){0};
    bool local = strncmp(host, unix_prefix, sizeof unix_prefix - 1) == 0;
    if (local ? open_local(listeners, host, err) : open_host(listeners, host, port, err))
        return true;
    listeners_close(listeners);
    return false;
}

bool listeners_listen(struct listeners *listeners, const char *host, struct error *err)
{
    for (unsigned i = 0; i < listeners->count; i++)
        if (listen(listeners->fds[i], LISTEN_BACKLOG) != 0)
            return refuse_errno(err, host, listeners->port, errno);
    return true;
}

void listeners_close(struct listeners *listeners)
{
    for (unsigned i = 0; i < listeners->count; i++)
        close(listeners->fds[i]);
    struct stat status;
    if (listeners->local[0] && lstat(listeners->local, &status) == 0 && S_ISSOCK(status.st_mode) &&
        (!listeners->inode || status.st_ino == listeners->inode))
        unlink(listeners->local);
    *listeners = (struct listeners){0};
}
