// Rights of the process (capabilities(7)): all but the one to capture are given up after start.
//
// Capabilities belong to threads, and new threads get those of the thread that makes them: so they
// are given up before the first thread is started, behind everything that needs more (the log file,
// daemon mode, ports below 1024, keys that only root may read). Sockets for capture are opened
// later: they need CAP_NET_RAW alone, and that one stays.
#pragma once

#include "base/error.h"

#include <stdbool.h>

struct privileges {
    const char *user;   // becomes this user, with its group and supplementary groups; NULL: nobody
                        // else. Needs root, or it is that user already
    const char *socket; // a file that the user gets; NULL: none
};

// Keeps CAP_NET_RAW in the effective and permitted set (if it is there), empties all other sets,
// the bounding one too where that is allowed, and sets no-new-privs, so that no program that is
// started gets any of it back. Refuses when there are other threads.
//
// False: err. Something may have been given up already: the process shall end.
bool privileges_drop(const struct privileges *wanted, struct error *err);

// As root: makes a folder and those around it that are missing; they belong to that user. As
// somebody else it does nothing.
bool privileges_make_folder(const char *user, const char *path, struct error *err);

// Whether this process may capture packets, found out by trying. False: one message that says how
// to grant the right.
bool privileges_may_capture(struct error *err);
