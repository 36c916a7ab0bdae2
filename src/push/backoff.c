#include "push/backoff.h"

int64_t backoff_next(struct backoff *backoff, int64_t asked_for)
{
    int64_t wait = BACKOFF_LEAST;
    for (unsigned i = 0; i < backoff->failures && wait < BACKOFF_MOST; i++)
        wait *= 2;
    wait = wait < BACKOFF_MOST ? wait : BACKOFF_MOST;
    backoff->failures += backoff->failures < 1000;
    wait = wait / 2 + (int64_t)random_below(&backoff->random, (uint64_t)wait / 2 + 1);
    if (asked_for > BACKOFF_ASKED_FOR)
        asked_for = BACKOFF_ASKED_FOR;
    return wait > asked_for ? wait : asked_for;
}
