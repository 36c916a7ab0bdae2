#include "base/gate.h"

#include "base/clock.h"

#include <time.h>

static int64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

void gate_init(struct gate *gate)
{
    *gate = (struct gate){0};
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->passed, NULL);
}

void gate_done(struct gate *gate)
{
    pthread_cond_destroy(&gate->passed);
    pthread_mutex_destroy(&gate->lock);
}

// With the lock held: one visitor passes, unless the owner has its turn.
static void let_one_pass(struct gate *gate)
{
    int64_t before = monotonic();
    if (before < gate->closed_until)
        return;
    uint64_t visits = gate->visits;
    while (gate->visits == visits && atomic_load(&gate->waiting) > 0)
        pthread_cond_wait(&gate->passed, &gate->lock);
    int64_t after = monotonic();
    gate->closed_until = after + (after - before);
}

void gate_begin(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    if (__builtin_expect(atomic_load_explicit(&gate->waiting, memory_order_relaxed) > 0, 0))
        let_one_pass(gate);
}

void gate_end(struct gate *gate)
{
    pthread_mutex_unlock(&gate->lock);
}

void gate_enter(struct gate *gate)
{
    atomic_fetch_add(&gate->waiting, 1);
    pthread_mutex_lock(&gate->lock);
}

void gate_leave(struct gate *gate)
{
    gate->visits++;
    atomic_fetch_sub(&gate->waiting, 1);
    pthread_cond_signal(&gate->passed);
    pthread_mutex_unlock(&gate->lock);
}
