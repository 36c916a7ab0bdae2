// A running policy: its handlers with one shard per worker. Workers touch only their own shards;
// reading is done between batches, when the caller has made sure that no worker is inside.
#pragma once

#include "policy/spec.h"

struct pipeline;

// Takes over nothing: spec and env must outlive it.
struct pipeline *pipeline_new(const struct policy_spec *spec, const struct handler_env *env,
                              struct error *err);
void pipeline_free(struct pipeline *pipeline);

// Runs a batch through all chains of a worker, then lets the handlers expire what is due.
void pipeline_process(struct pipeline *pipeline, unsigned worker, struct batch *batch);

// Start of the first bucket of all shards of a worker.
void pipeline_start(struct pipeline *pipeline, unsigned worker, int64_t time);

// Lets a worker's handlers expire what is due at `time`, then closes its buckets there.
void pipeline_rotate(struct pipeline *pipeline, unsigned worker, int64_t time);

// After all workers have rotated, by one of them while the others wait: handlers learn from the
// closed bucket.
void pipeline_learn(struct pipeline *pipeline);

// End of a recording: expire, then close for good.
void pipeline_finish(struct pipeline *pipeline, unsigned worker, int64_t time);

// TCP ports that any handler wants reassembled; borrowed.
size_t pipeline_ports(const struct pipeline *pipeline, const struct stream_port **ports);

// Handlers in order, across chains.
size_t pipeline_handlers(const struct pipeline *pipeline);
const struct handler_spec *pipeline_handler(const struct pipeline *pipeline, size_t index);

// A handler's data over all workers, as a new bucket (metric_bucket_free); NULL and upstream's
// text.
struct metric_bucket *pipeline_collect(struct pipeline *pipeline, size_t index,
                                       struct metric_request request, struct error *err);
