// A capture file through a policy, by any number of workers. What belongs together meets in one
// worker (packet_spread), every worker sees its records in the file's order, and periods end at the
// same record for all, so the merged result does not depend on the number of workers beyond what
// the sketches promise.
//
// There is no reader thread: the worker that is furthest ahead reads the next chunk and spreads it,
// before the others run out of work.
#pragma once

#include "engine/pipeline.h"
#include "input/capture.h"
#include "input/host_spec.h"

#include <stdatomic.h>

struct replay_options {
    const char *bpf;               // NULL: every packet
    const struct host_spec *hosts; // may be empty
    struct stream_limits stream_limits;
    unsigned periods;        // 1: one bucket
    const atomic_bool *stop; // set by a signal: end as if the file ended here; may be NULL
    // Called from another thread about once a second while it runs; may be NULL.
    void (*progress)(void *context, uint64_t packets, uint64_t bytes);
    void *context;
};

struct replay_result {
    uint64_t packets;    // that passed the filter
    uint64_t bytes;      // of the file
    uint64_t lost;       // packets that the capture says it lost
    int64_t first, last; // times of the first and the newest packet; 0 when there is none
    struct wire_counters malformed; // over all workers
    bool stopped;                   // by options->stop
    bool damaged;                   // the capture, behind what was read
};

// Runs to the end of the file, of its sound part, or until stopped. False: nothing could be run, or
// the capture is damaged (then everything before the damage is in the pipeline and in result, and
// err names the offset).
bool replay_run(struct capture *capture, const struct replay_options *options,
                struct pipeline *pipeline, unsigned workers, struct replay_result *result,
                struct error *err);
