// What rates and times were in the last refreshes, for sparklines: of the facts of the handlers
// that are shown.
#pragma once

#include "tui/facts.h"

enum { HISTORY_MAX = 256 }; // refreshes; the oldest goes

struct history {
    float values[FACTS][HISTORY_MAX]; // in time; NAN: no value
    unsigned count;                   // refreshes so far, at most HISTORY_MAX
};

// Room for the values of the next refresh: all are NAN until they are set.
void history_step(struct history *history);
void history_set(struct history *history, enum fact fact, double value);

void history_forget(struct history *history, enum fact fact); // all its values are NAN
void history_clear(struct history *history);

// Whether a fact has two values that are not NAN: fewer make no line.
bool history_shows(const struct history *history, enum fact fact);
