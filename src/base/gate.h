// A lock between one who works in small steps (the owner) and visitors who now and then look at, or
// change, what the owner has between two steps. The owner pays an uncontended lock a step; a
// visitor waits for one step at most, or for other visitors.
//
// Visitors get at most half of the time of an owner who has work: when it waits at the end of a
// visit the gate stays closed to the next one for as long as the visit took. So a crowd of them
// slows the owner down, but never stops it.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t open;   // visitors wait for it outside
    pthread_cond_t passed; // the owner waits for it while one of them is inside
    atomic_uint waiting;   // visitors outside or inside
    atomic_bool wanted;    // by the owner, who is outside
    uint64_t visits;       // that are over
    // ns of CLOCK_MONOTONIC
    int64_t entered;      // when the visitor inside came in
    int64_t closed_until; // no visitor is let in before
};

void gate_init(struct gate *gate);
void gate_done(struct gate *gate);

// The owner, around each step.
void gate_begin(struct gate *gate);
void gate_end(struct gate *gate);

// A visitor. Visits do not nest.
void gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);
