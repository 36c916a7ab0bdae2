// Talking to the service manager: sd_notify(3)'s protocol over NOTIFY_SOCKET. Without one every
// call does nothing.
//
// A manager usually listens to the service's main process alone. That is the one that it has
// started, until that one names another.
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment. To be called once,
// before there are threads. started: the process that the manager has started; a daemon is another.
void notify_init(pid_t started);
void notify_done(void);

void notify_ready(const char *status); // also after a reload
void notify_reloading(void);           // with the time, as Type=notify-reload wants it
void notify_stopping(void);
void notify_watchdog(void);       // still alive
void notify_daemon(pid_t daemon); // by the process that was started: that one goes on, and is ready

// How often notify_watchdog is expected to be called, half of what the manager waits; ns, 0: never.
int64_t notify_watchdog_interval(void);
