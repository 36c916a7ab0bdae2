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
    pthread_condattr_t by_monotonic;
    *gate = (struct gate){0};
    pthread_mutex_init(&gate->lock, NULL);
    pthread_condattr_init(&by_monotonic);
    pthread_condattr_setclock(&by_monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&gate->open, &by_monotonic);
    pthread_condattr_destroy(&by_monotonic);
    pthread_cond_init(&gate->passed, NULL);
}

void gate_done(struct gate *gate)
{
    pthread_cond_destroy(&gate->passed);
    pthread_cond_destroy(&gate->open);
    pthread_mutex_destroy(&gate->lock);
}

// With the lock held: one visitor passes, unless the gate is closed to them. Without this an owner
// whose steps follow each other at once would take the lock again before they wake up.
static void let_one_pass(struct gate *gate)
{
    if (monotonic() < gate->closed_until)
        return;
    uint64_t visits = gate->visits;
    atomic_store_explicit(&gate->wanted, true, memory_order_relaxed);
    pthread_cond_broadcast(&gate->open);
    while (gate->visits == visits && atomic_load(&gate->waiting) > 0)
        pthread_cond_wait(&gate->passed, &gate->lock);
    atomic_store_explicit(&gate->wanted, false, memory_order_relaxed);
}

void gate_begin(struct gate *gate)
{
    atomic_store_explicit(&gate->wanted, true, memory_order_relaxed);
    pthread_mutex_lock(&gate->lock);
    atomic_store_explicit(&gate->wanted, false, memory_order_relaxed);
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
    while ((gate->entered = monotonic()) < gate->closed_until) {
        struct timespec until = {.tv_sec = gate->closed_until / CLOCK_SECOND,
                                 .tv_nsec = gate->closed_until % CLOCK_SECOND};
        pthread_cond_timedwait(&gate->open, &gate->lock, &until);
    }
}

void gate_leave(struct gate *gate)
{
    if (atomic_load_explicit(&gate->wanted, memory_order_relaxed)) {
        int64_t now = monotonic();
        gate->closed_until = now + (now - gate->entered);
    }
    gate->visits++;
    atomic_fetch_sub(&gate->waiting, 1);
    pthread_cond_signal(&gate->passed);
    pthread_mutex_unlock(&gate->lock);
}
