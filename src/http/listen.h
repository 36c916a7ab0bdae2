// Sockets to listen at: all addresses of a host name, or a local socket.
#pragma once

#include "base/error.h"
#include "base/span.h"

#include <limits.h>
#include <sys/socket.h>

enum { LISTENERS_MAX = 8, LISTEN_BACKLOG = 1024 };

struct listeners {
    int fds[LISTENERS_MAX];
    unsigned count;
    unsigned port;
    bool remote;          // some address is not loopback
    char local[PATH_MAX]; // path of the local socket, absolute, or ""
    uint64_t inode;       // of it
};

// "unix:/path" or a name or address with a port (0: the system's choice, the same for all). A stale
// local socket is replaced, only where it is a socket and nobody answers. Ports are only bound:
// whoever connects is refused until listeners_listen. A local socket listens at once, or the next
// process would take it for a stale one. On failure the text is "unable to bind to HOST:PORT
// (reason)", and nothing is open.
bool listeners_open(struct listeners *listeners, const char *host, unsigned port,
                    struct error *err);
bool listeners_listen(struct listeners *listeners, const char *host, struct error *err);
void listeners_close(struct listeners *listeners); // removes the local socket if it is still ours

bool address_is_loopback(const struct sockaddr *address);
