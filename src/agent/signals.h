// What the main thread waits for: a signal, another thread that asks for the end, or time.
//
// Signals are blocked in all threads and read here, so nothing ever runs in a handler.
#pragma once

#include "base/error.h"

#include <stdbool.h>

enum signals_event {
    EVENT_TIME,   // nothing came
    EVENT_STOP,   // SIGINT, SIGTERM or signals_stop
    EVENT_RELOAD, // SIGHUP
};

// Blocks SIGINT, SIGTERM and SIGHUP and ignores SIGPIPE; before any thread starts.
bool signals_init(struct error *err);
void signals_done(void);

enum signals_event signals_wait(int milliseconds);

// Any thread: the next signals_wait returns EVENT_STOP.
void signals_stop(void);
