// A running policy on one input: its handlers with one shard per worker. A worker touches only its
// own shards.
//
// A recording is read when no worker is inside (the caller makes sure), and its shards hold all
// periods. Live, a worker's shards are guarded by its gate, closed periods are merged into
// histories, and everything from pipeline_hold on may be called from any thread.
#pragma once

#include "base/gate.h"
#include "metric/history.h"
#include "metric/totals.h"
#include "policy/spec.h"

struct pipeline;

// Takes over nothing: spec must outlive it; env is copied.
struct pipeline *pipeline_new(const struct policy_spec *spec, const struct handler_env *env,
                              struct error *err);
// The same for live traffic.
struct pipeline *pipeline_new_live(const struct policy_spec *spec, const struct handler_env *env,
                                   struct error *err);
void pipeline_free(struct pipeline *pipeline); // NULL is accepted

// What the caller wants to find again.
void pipeline_set_context(struct pipeline *pipeline, void *context);
void *pipeline_context(const struct pipeline *pipeline);
const struct policy_spec *pipeline_spec(const struct pipeline *pipeline);

// Runs a batch through all chains of a worker, then lets the handlers expire what is due. A batch
// without events brings losses and samples of resources.
void pipeline_process(struct pipeline *pipeline, unsigned worker, struct batch *batch);

// The stream's clock has come to `now` though no packet says so.
void pipeline_tick(struct pipeline *pipeline, unsigned worker, int64_t now);

// Start of the first bucket of all shards of a worker.
void pipeline_start(struct pipeline *pipeline, unsigned worker, int64_t time);

// Lets a worker's handlers expire what is due at `time`, then closes its buckets there.
void pipeline_rotate(struct pipeline *pipeline, unsigned worker, int64_t time);

// After all workers have rotated, by one of them while the others wait: handlers learn from the
// closed bucket.
void pipeline_learn(struct pipeline *pipeline);

// End of a recording: expire, then close for good.
void pipeline_finish(struct pipeline *pipeline, unsigned worker, int64_t time);

// Live: the same with the number of the period that begins.
void pipeline_start_in(struct pipeline *pipeline, unsigned worker, int64_t time, int64_t period);
void pipeline_rotate_to(struct pipeline *pipeline, unsigned worker, int64_t time, int64_t period);
// Live: all workers have begun anew from this period on, not later than the one before, since the
// clock was set back. What was under way joins it.
void pipeline_go_back(struct pipeline *pipeline, int64_t period);

// Live: the gates of the workers, before the first of them runs it; NULL when none does any more.
void pipeline_set_gates(struct pipeline *pipeline, struct gate *const *gates);

// Live: when every worker has closed a period that is not in the histories yet, it is merged into
// them and handlers learn from it. True when there was one. Called by one thread at a time.
bool pipeline_close_period(struct pipeline *pipeline);

// TCP ports that any handler wants reassembled; borrowed.
size_t pipeline_ports(const struct pipeline *pipeline, const struct stream_port **ports);

// Handlers in order, across chains.
size_t pipeline_handlers(const struct pipeline *pipeline);
const struct handler_spec *pipeline_handler(const struct pipeline *pipeline, size_t index);

// Live: between the two no period moves into the histories, so that all handlers answer for the
// same ones. Not for long: the period that ends meanwhile waits. What follows may be called inside.
void pipeline_hold(struct pipeline *pipeline);
void pipeline_let_go(struct pipeline *pipeline);

// A handler's data over all workers, as a new bucket (metric_bucket_free); NULL and upstream's
// text.
struct metric_bucket *pipeline_collect(struct pipeline *pipeline, size_t index,
                                       struct metric_request request, struct error *err);

// Live: the newest closed period, or the live one while there is none (and with one period).
struct metric_bucket *pipeline_collect_newest(struct pipeline *pipeline, size_t index,
                                              struct error *err);

// Live: whether a period is behind the pipeline: closed and in the histories, or over before it
// began.
bool pipeline_is_past(struct pipeline *pipeline, int64_t period);

// Live: that period while it is the newest closed one, and (totals not NULL) what has been counted
// from the start to its end. A handler with one period has none that closes: it gives the live one.
// NULL: ERROR_NOT_FOUND when another period is the newest, ERROR_MEMORY.
struct metric_bucket *pipeline_collect_closed(struct pipeline *pipeline, size_t index,
                                              int64_t period, struct metric_totals **totals,
                                              struct error *err);

// Live: what has been counted since the start, the live period included, as a new object
// (metric_totals_free); NULL: no memory.
struct metric_totals *pipeline_totals(struct pipeline *pipeline, size_t index);

// Appends what a handler's info says of its metrics (metric/json_info.h). False: no memory. Of a
// recording it says the newest period.
bool pipeline_info(struct pipeline *pipeline, size_t index, int64_t now, struct buffer *out);

// Grows with each period that is closed, and with each change of settings.
uint64_t pipeline_version(const struct pipeline *pipeline);

// Live: other top list sizes, thresholds and groups for handlers that stay what they are, as in
// `spec` (same chains, same classes), which takes the place of the old one. What is counted stays.
bool pipeline_reconfigure(struct pipeline *pipeline, const struct policy_spec *spec,
                          struct error *err);

// What it has cost so far, over all workers.
struct pipeline_usage {
    uint64_t packets; // that its input passed to it
    uint64_t ns;      // spent in its handlers
};
void pipeline_used(struct pipeline *pipeline, unsigned worker, uint64_t packets, uint64_t ns);
struct pipeline_usage pipeline_usage(const struct pipeline *pipeline);
size_t pipeline_memory(struct pipeline *pipeline); // bytes of shards and histories
