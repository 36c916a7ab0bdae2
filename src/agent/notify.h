// Talking to the service manager: sd_notify(3)'s protocol over NOTIFY_SOCKET. Without one every
// call does nothing.
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment. To be called once,
// before there are threads, and before the process changes (daemon).
void notify_init(void);
void notify_done(void);

void notify_ready(const char *status); // also after a reload
void notify_reloading(void);           // with the time, as Type=notify-reload wants it
void notify_stopping(void);
void notify_watchdog(void); // still alive
void notify_main_pid(void); // of a daemon, which is not the process that was started

// How often notify_watchdog is expected to be called, half of what the manager waits; ns, 0: never.
int64_t notify_watchdog_interval(void);
