// What a merge prints.
#pragma once

#include "base/buffer.h"
#include "merge/options.h"

// A sum with the name under which it is printed: the handler's; with its tap where these are kept
// apart; with type and version where others of that name are of another type.
struct merge_shown {
    const struct metric_sum *sum;
    const char *agent, *policy, *tap; // "" where there is none, or several
    const char *name;
    char *texts; // memory of these
    bool ambiguous;
};

struct merge_output {
    const struct merge_options *options;
    const struct metric_merge *merge;
    struct merge_shown *shown; // in the order of agent, policy and name
    size_t n;
};

// Of the sums whose tables are known. False: no memory.
bool merge_output_init(struct merge_output *output, const struct merge_options *options,
                       const struct metric_merge *merge);
void merge_output_done(struct merge_output *output);

// Append the document to out. False: no memory.
bool merge_json(const struct merge_output *output, struct buffer *out);
bool merge_prometheus(const struct merge_output *output, struct buffer *out);
bool merge_text(const struct merge_output *output, struct buffer *out);
bool merge_sketches(const struct merge_output *output, struct buffer *out, struct error *err);
