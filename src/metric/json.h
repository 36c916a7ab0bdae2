// A bucket as upstream's JSON: compact, keys sorted bytewise, doubles as short as they round-trip.
#pragma once

#include "base/buffer.h"
#include "metric/bucket.h"

// now: for what is still open (live lengths and rates); ns.
struct metric_json_options {
    int64_t now;
};

// Appends `"schema":{…}` content, i.e. the object below the schema key, with `period`. False, and
// nothing is appended, when all groups of the table are off: such a handler is left out. Out of
// memory sticks to `out` (buffer.h).
bool metric_json_object(const struct metric_bucket *bucket,
                        const struct metric_json_options *options, struct buffer *out);

// Appends the object of what is missing: {"complete":bool,"source_lost":n,…} with the table's aside
// counters under their paths. `complete` is false when any of them is not 0.
void metric_json_completeness(const struct metric_bucket *bucket, struct buffer *out);

void metric_json_string(struct span text, struct buffer *out); // with quotes
void metric_json_double(double value, struct buffer *out);
