// What the main thread waits for: a signal, another thread that asks for the end, or time.
//
// Signals are blocked everywhere and read by a thread of their own, so that nothing ever runs in a
// handler, and the end can be asked for while the main thread is still starting.
#pragma once

#include "base/error.h"

#include <stdatomic.h>
#include <stdbool.h>

enum signals_event {
    EVENT_TIME,   // nothing came
    EVENT_STOP,   // SIGINT, SIGTERM or signals_stop
    EVENT_RELOAD, // SIGHUP; several that came at once are one
};

// Blocks SIGINT, SIGTERM and SIGHUP and ignores SIGPIPE; before any thread starts.
bool signals_init(struct error *err);
// Starts the thread. What came before is not lost.
bool signals_watch(struct error *err);
void signals_done(void); // ends the thread, if it runs

enum signals_event signals_wait(int milliseconds);

// Any thread: the next signals_wait returns EVENT_STOP.
void signals_stop(void);
// True from then on.
extern atomic_bool signals_stopping;
