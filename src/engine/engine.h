// What runs: captures with their worker threads, inputs (views over a capture: a filter, host
// networks, stream limits), and the pipelines of policies attached to inputs.
//
// One capture serves all inputs of one interface, backend, snap length and ring. Each worker takes
// its share of the packets, decodes each once, matches each distinct filter once, and runs the
// pipelines of the inputs that it matches. Workers never wait for anybody but a visitor, who may
// look at or change what a worker has between two batches (base/gate.h).
//
// Periods are UTC minutes of the packets' own time. A worker that sees the first packet of a new
// one closes its buckets; where nothing arrives the clock does, after a grace of 200 ms. When all
// workers have closed a period the closer thread merges it into the pipelines' histories. When the
// clock is set back by more than a period, what is under way joins the period that it is then; by
// less, the period under way is the longer for it.
//
// Functions may be called from any thread unless they say otherwise; they take turns.
#pragma once

#include "engine/input_config.h"
#include "engine/pipeline.h"

enum { ENGINE_GRACE_MS = 200, ENGINE_RETRY_MS = 1000 };

struct engine_options {
    unsigned workers;        // of a capture that says nothing; 0: one for two processors
    unsigned period_seconds; // 60; 1 to 60 for tests
    void (*warn)(void *context, const char *text); // an interface went or came; may be NULL
    // A period of a pipeline is complete and in its history: called by the closer thread, which may
    // read the pipeline but not open or close anything. May be NULL.
    void (*closed)(void *context, struct pipeline *pipeline);
    void *context;
};

struct engine;
struct input;

struct engine *engine_new(const struct engine_options *options, struct error *err);
void engine_free(struct engine *engine); // stops all threads; every input must be closed

// A running input, shared when one of that name runs; each user closes it. The config is copied as
// far as needed. `created` says whether it is new. Errors: upstream's texts of section 4.2.
struct input *engine_open(struct engine *engine, const struct input_config *config, bool *created,
                          struct error *err);
void engine_close(struct input *input);

const char *input_name(const struct input *input);
unsigned input_workers(const struct input *input); // what handler_env.workers of its pipelines is
unsigned input_users(const struct input *input);

// From the next batch on each worker runs the pipeline (one of input_workers workers) too. False:
// no memory, nothing is attached.
bool input_attach(struct input *input, struct pipeline *pipeline, struct error *err);
// When it returns no worker is inside the pipeline, nor will be.
void input_detach(struct input *input, struct pipeline *pipeline);
// `old` out and `fresh` in between two batches of each worker: no packet is missed. False: no
// memory, nothing has changed.
bool input_exchange(struct input *input, struct pipeline *old, struct pipeline *fresh,
                    struct error *err);

enum input_state {
    INPUT_RUNNING,
    INPUT_WAITING, // for its interface
};

struct input_status {
    enum input_state state;
    char reason[256];                   // why it waits
    uint64_t seen, dropped, if_dropped; // packets of the capture, since it was opened first
    struct {
        uint64_t seen, dropped;
    } workers[LIVE_WORKERS_MAX]; // of the capture: the sums above, by the ring that they came to
    unsigned n_workers;
    uint64_t matched;               // packets that passed this input's filter
    struct wire_counters malformed; // of this input
    struct streams_usage streams;
    unsigned pipelines;
};
void input_status(struct input *input, struct input_status *status);

unsigned engine_period_seconds(const struct engine *engine);

// How often the kernel's messages about interfaces were lost, and its list was read anew.
uint64_t engine_interface_resyncs(const struct engine *engine);

// When each worker last showed a sign of life, the oldest of them; ns of CLOCK_MONOTONIC. For
// watchdogs.
int64_t engine_oldest_sign(struct engine *engine);
