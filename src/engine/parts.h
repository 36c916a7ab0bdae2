// What is shown of policies, part by part: a handler's data, or those of all handlers of one table
// where the policy asks for merge_like_handlers.
#pragma once

#include "base/buffer.h"
#include "metric/export.h"
#include "metric/totals.h"
#include "policy/spec.h"

struct part {
    char *name; // of the handler, "<schema>_merged", or the schema where no policy has named it
    const char *tap;                // borrowed; NULL: of several taps, or none
    const struct policy_spec *spec; // of the policy at that tap; borrowed, may be NULL
    struct metric_bucket *bucket;
    struct metric_totals *totals; // since the policy's start; NULL: not asked for
    const void *source;           // parts of one source have seen the same losses
    uint64_t lost_before;         // merged: what other sources have lost
};

struct parts {
    struct part *all;
    size_t count, room;
};

void parts_free(struct parts *parts); // {0} is accepted

// The name is copied, bucket and totals are taken over, also on failure (no memory). A bucket whose
// groups are all off is left out.
bool parts_add(struct parts *parts, const struct part *part);

// Like it, into the part of the same table, or a new one with the name "<schema>_merged" (and
// "<schema>_merged_2" for another table of that schema).
bool parts_add_merged(struct parts *parts, const struct part *part);

bool parts_find(const struct parts *parts, const char *name);
// Places of parts in bytewise order of their names; mem_free. NULL: no memory.
size_t *parts_order(const struct parts *parts);

// The part as one of a document of sketches (metric/export.h), of that policy and agent. Everything
// is borrowed.
struct metric_export_part part_sketches(const struct part *part, const char *policy,
                                        const char *agent);

// {"completeness": {…}, "<schema>": {…}}, in bytewise order.
void part_json(const struct metric_bucket *bucket, int64_t now, struct buffer *out);
// `"key":`, with a comma before it unless it is the first member.
void parts_json_key(const char *key, bool first, struct buffer *out);
