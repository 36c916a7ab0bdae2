// What the reader prints: the handlers' data in one of three forms.
#pragma once

#include "policy/pipeline.h"
#include "policy/replay.h"

struct reader_output {
    struct pipeline *pipeline;
    const struct replay_result *result;
    unsigned periods;
    bool by_handler; // the handlers come from a policy: told apart by name, not by schema
    const char *policy;
};

// Append the document to out. False and err when the data cannot be had.
bool reader_json(const struct reader_output *output, struct buffer *out, struct error *err);
bool reader_prometheus(const struct reader_output *output, struct buffer *out, struct error *err);
bool reader_text(const struct reader_output *output, struct buffer *out, struct error *err);

// All handlers' buckets, in the pipeline's order; an array to be freed by reader_buckets_free.
struct metric_bucket **reader_buckets(const struct reader_output *output, struct error *err);
void reader_buckets_free(struct metric_bucket **buckets, size_t count);
