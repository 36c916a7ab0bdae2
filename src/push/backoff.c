#include "push/backoff.h"

static int64_t up_to(struct backoff *backoff, int64_t most)
{
    return (int64_t)random_below(&backoff->random, (uint64_t)most + 1);
}

int64_t backoff_next(struct backoff *backoff, int64_t asked_for)
{
    int64_t wait = BACKOFF_LEAST;
    for (unsigned i = 0; i < backoff->failures && wait < BACKOFF_MOST; i++)
        wait *= 2;
    wait = wait < BACKOFF_MOST ? wait : BACKOFF_MOST;
    backoff->failures += backoff->failures < 1000;
    wait = wait / 2 + up_to(backoff, wait / 2);
    if (asked_for > BACKOFF_ASKED_FOR)
        asked_for = BACKOFF_ASKED_FOR;
    if (wait > asked_for)
        return wait;
    return asked_for + up_to(backoff, asked_for / BACKOFF_ASKED_SHARE);
}
