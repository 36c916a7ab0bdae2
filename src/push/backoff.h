// How long to wait before the next try: a quarter of a second, twice as long after each failure, up
// to a minute, with jitter (between half and the whole of it, so that a fleet does not come back at
// once); as long as the receiver asks for, if it asks, up to an hour, and up to a tenth longer,
// since it has asked a whole fleet. Time is not read here.
#pragma once

#include "base/random.h"

#define BACKOFF_LEAST       INT64_C(250000000)     // ns
#define BACKOFF_MOST        INT64_C(60000000000)   // ns
#define BACKOFF_ASKED_FOR   INT64_C(3600000000000) // ns
#define BACKOFF_ASKED_SHARE 10

struct backoff {
    struct random_stream random;
    unsigned failures; // in a row
};

static inline void backoff_reset(struct backoff *backoff)
{
    backoff->failures = 0;
}

// After one more failure: ns to wait. asked_for: ns, or 0.
int64_t backoff_next(struct backoff *backoff, int64_t asked_for);
