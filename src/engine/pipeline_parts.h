// The inside of a pipeline, for pipeline*.c alone.
#pragma once

#include "engine/pipeline.h"

#include <pthread.h>

struct instance {
    const struct handler_spec *spec;
    void *config;
    void **shards;                  // one per worker; NULL where the class has no state
    struct metric_shard **metrics;  // one per worker
    struct metric_history *history; // live: closed periods, merged over the workers
    struct metric_totals *totals;   // live: what they add up to since the start
};

enum { CACHE_LINE = 64 };

// A worker's own figures.
struct usage {
    atomic_uint_fast64_t packets;
    atomic_uint_fast64_t ns;
    int64_t period;            // live: that the worker is in; its own
    atomic_int_fast64_t began; // live: the period in which the worker has begun
    atomic_int_fast64_t ended; // live: the period that the worker has ended last
    atomic_uint_fast64_t rotations;
    uint8_t apart[CACHE_LINE]; // no line holds figures of two workers, wherever the array begins
};

struct pipeline {
    const struct policy_spec *spec;
    struct handler_env env;
    void *context;
    struct instance *instances; // chain after chain
    size_t n_instances;
    struct stream_port *ports;
    size_t n_ports;
    struct selection *selections; // two per worker: all events, and what a chain has let pass
    struct usage *usage;          // one per worker

    // Live.
    bool live;
    struct gate *const *gates; // one per worker
    pthread_mutex_t lock;      // the histories and `closed`; taken before a gate; recursive
    int64_t closed;            // newest period that is in the histories
    atomic_uint_fast64_t version;
};

// A worker's shards may be looked at between these two.
static inline void pipeline_enter(const struct pipeline *pipeline, unsigned worker)
{
    if (pipeline->gates)
        gate_enter(pipeline->gates[worker]);
}

static inline void pipeline_leave(const struct pipeline *pipeline, unsigned worker)
{
    if (pipeline->gates)
        gate_leave(pipeline->gates[worker]);
}

// Lets a handler of every worker learn from a closed bucket.
void pipeline_teach(struct pipeline *pipeline, size_t index, const struct metric_bucket *closed);
