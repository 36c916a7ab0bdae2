#include "tui/history.h"

#include <math.h>
#include <string.h>

void history_step(struct history *history)
{
    bool full = history->count == HISTORY_MAX;
    for (unsigned fact = 0; fact < FACTS; fact++) {
        float *values = history->values[fact];
        if (full)
            memmove(values, values + 1, (HISTORY_MAX - 1) * sizeof *values);
        values[full ? HISTORY_MAX - 1 : history->count] = NAN;
    }
    history->count += !full;
}

void history_set(struct history *history, enum fact fact, double value)
{
    if (history->count)
        history->values[fact][history->count - 1] = (float)value;
}

void history_forget(struct history *history, enum fact fact)
{
    for (unsigned i = 0; i < history->count; i++)
        history->values[fact][i] = NAN;
}

void history_clear(struct history *history)
{
    history->count = 0;
}

bool history_shows(const struct history *history, enum fact fact)
{
    unsigned known = 0;
    for (unsigned i = 0; i < history->count; i++)
        known += isnan(history->values[fact][i]) ? 0 : 1;
    return known >= 2;
}
