// Times are ns since the epoch (int64_t). Nothing below the programs asks the system for them: time
// is an input.
#pragma once

#include <stdint.h>

#define CLOCK_SECOND INT64_C(1000000000) // ns

// Whole seconds of a time, rounded down (also before the epoch).
static inline int64_t clock_second(int64_t time)
{
    return time / CLOCK_SECOND - (time % CLOCK_SECOND < 0);
}

// Milliseconds since that second began.
static inline int clock_milliseconds(int64_t time)
{
    int64_t rest = time % CLOCK_SECOND;
    return (int)((rest < 0 ? rest + CLOCK_SECOND : rest) / 1000000);
}

// Whole seconds of times that come one after the other, without a division while they stay in one
// second. Zeroed at first.
struct clock_seconds {
    int64_t start; // of the second, ns
    int64_t second;
};

static inline int64_t clock_next_second(struct clock_seconds *clock, int64_t time)
{
    if ((uint64_t)time - (uint64_t)clock->start >= (uint64_t)CLOCK_SECOND) {
        clock->second = clock_second(time);
        clock->start = clock->second * CLOCK_SECOND;
    }
    return clock->second;
}
