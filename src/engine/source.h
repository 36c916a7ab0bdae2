// The inside of the engine, for its own files: captures (sources) with their workers, and inputs
// over them.
//
// Locks, in the order in which they are taken: the engine's gate (owner: the keeper thread) guards
// the lists of sources and inputs and everything that is not said to be a worker's; a pipeline's
// lock; a worker's gate, which guards what the worker runs.
#pragma once

#include "base/gate.h"
#include "base/process.h"
#include "engine/engine.h"
#include "input/decode.h"
#include "input/interface_watch.h"
#include "input/live.h"
#include "input/live_filter.h"

#include <pthread.h>
#include <stdatomic.h>

// What a worker does for one input.
struct worker_view {
    struct input *input;
    const struct filter_slot *slot; // NULL: every packet
    struct decoder *decoder;
    struct wire_counters counters;
    uint64_t matched; // packets
    struct pipeline **pipelines;
    uint32_t n_pipelines, room;
};

// One expression, matched once per packet for all inputs of a source that have it. Changed only
// while the source is not capturing.
struct filter_slot {
    struct filter_slot *next;
    char *expression;
    struct live_filter *filter;
    unsigned users;
};

struct worker {
    struct source *source;
    unsigned number;
    pthread_t thread;
    bool running; // the thread was started
    int idle;     // eventfd: wakes it while there is no capture
    atomic_bool stop;
    _Atomic(struct live *) using; // the capture that it may be inside of; NULL: none
    atomic_bool failed;
    struct error failure;     // read by the keeper once `failed` is seen
    atomic_int_fast64_t sign; // of life: ns of CLOCK_MONOTONIC

    struct gate gate;
    struct worker_view **views; // those with one filter stand together
    uint32_t n_views, room;
    int64_t period, next_shift; // number of the period it is in; ns where the next one begins

    // Its own.
    struct batch batch;
    struct packet_view *packets; // a run of records, decoded once
    uint16_t *list;              // which of them one filter lets pass
    int64_t next_beat;           // CLOCK_MONOTONIC
    struct cpu_meter cpu;
    struct live_statistics told; // what of its losses the handlers know; guarded by the gate
};

// One capture.
struct source {
    struct engine *engine;
    struct source *next;
    char *interface; // NULL: none (mock traffic, input type mock)
    enum input_kind kind;
    enum live_backend backend;
    uint32_t snaplen;
    size_t ring_bytes;
    struct mock_options mock;
    unsigned n_workers;
    struct worker *workers;
    struct gate **gates; // of the workers, in order

    _Atomic(struct live *) live; // NULL: waiting for the interface
    uint16_t link;
    bool mixed; // some filters are of this link type, some of another one that did not suit all
    char reason[256];
    int64_t retry;                // CLOCK_MONOTONIC, when to open again
    struct live_statistics *past; // per worker, of captures that are closed; written with its gate
    struct input *inputs;
    struct filter_slot *slots;
};

struct input {
    struct source *source;
    struct input *next; // of the source
    char *name;
    char *bpf;
    struct filter_slot *slot; // NULL: every packet
    struct host_spec *hosts;
    bool own_subnets;
    struct stream_limits limits;
    unsigned users;
    struct worker_view *views; // one per worker
    struct pipeline **pipelines;
    uint32_t n_pipelines, room;
    atomic_uint n_policies, n_handlers; // as resource samples tell them
};

struct engine {
    struct engine_options options;
    int64_t period_ns;
    struct gate turn;
    struct source *sources;
    struct interface_watch *watch; // NULL: none to be had; then interfaces are tried every second
    pthread_t keeper;
    bool keeper_running;
    int wake; // eventfd
    atomic_bool stop;
    atomic_uint_fast64_t resyncs; // of the watch
};

int64_t engine_monotonic(void);          // ns
int64_t engine_now(void);                // ns since the epoch
void engine_wake(struct engine *engine); // the keeper: a worker has ended a period, or has failed
void engine_warn(struct engine *engine, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// source.c. With the engine's turn, but for making one and ending it: nobody else knows it then.
bool source_fits(const struct source *source, const struct input_config *config, unsigned workers);
struct source *source_new(struct engine *engine, const struct input_config *config,
                          unsigned workers, struct error *err); // running; not in the list
void source_free(struct source *source);
bool source_set_filter(struct source *source, const struct input *more, struct error *err);
void source_keep(struct source *source, int64_t now); // closes what failed, opens what is due
bool source_follow_clock(struct source *source, int64_t now); // whether it had been set back
bool source_slot(struct source *source, const char *expression, struct filter_slot **slot,
                 struct error *err); // NULL for an empty expression
void source_slot_free(struct source *source, struct filter_slot *slot);
void source_statistics(struct source *source, struct input_status *status); // that part of it

// worker.c
bool worker_init(struct worker *worker, struct source *source, unsigned number);
void worker_done(struct worker *worker);
void *worker_run(void *worker);
void worker_wake(struct worker *worker);
// By the keeper: whether it is in a period that is still to come, and its return from there. now:
// ns since the epoch.
bool worker_is_ahead(struct worker *worker, int64_t now);
void worker_go_back(struct worker *worker, int64_t now);
// With the gate: tells the pipelines what was lost so far. live: what the worker captures from, or
// NULL; it is not closed meanwhile.
void worker_tell_losses(struct worker *worker, struct live *live);
