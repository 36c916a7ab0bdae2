// Into the background, so that the caller learns how the start went: the process that was started
// waits for its child to be ready, or to end, and exits with its code.
#pragma once

#include "agent/options.h"

// File options become absolute, since the folder is left later. False: no memory, or the folder is
// unknown.
bool daemon_absolute_paths(struct agent_options *options, struct error *err);

// Returns in the child alone (in a session of its own). False: "failed to daemonize". No threads
// may run yet.
bool daemon_begin(struct error *err);

// The child has started: standard input, output and error go to /dev/null, the folder is "/", and
// the waiting parent exits with 0. Does nothing outside of a daemon.
void daemon_ready(void);

// The child ends with this code: the parent will do so, too.
void daemon_failed(int status);

// The process id as a line, in a file that is locked while the process runs, and never written
// through a link. False: another one has it, or it cannot be written; then it is not ours to
// remove.
bool pid_file_write(const char *path, struct error *err);
void pid_file_remove(const char *path); // does nothing unless it was written
