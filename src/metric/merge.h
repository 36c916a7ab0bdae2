// Documents of sketches of many agents and minutes as one: what one agent that saw all of it would
// have. Handlers are the same where policy, name, type and version are; taps and agents are merged
// unless they are to be kept apart.
#pragma once

#include "metric/import.h"

enum metric_merge_by { METRIC_MERGE_BY_AGENT = 1, METRIC_MERGE_BY_TAP = 2 };

struct metric_sum {
    struct metric_origin origin; // agent, tap: empty where there were several
    struct metric_bucket *bucket;
    struct metric_rest rest;
    bool known; // the handler's table is known here; else the bucket is empty
    uint64_t hash;
    uint8_t *texts; // memory of the origin
    size_t texts_size;
};

struct metric_merge_options {
    unsigned by; // enum metric_merge_by, or-ed
    // The table of a handler; NULL: it is not known here.
    const struct metric_table *(*find)(struct span type, struct span version);
    struct pool *pool; // of all that is merged
};

struct metric_merge {
    struct metric_merge_options options;
    struct metric_import_document document; // at hand
    struct metric_sum **sums;               // after metric_merge_finish in order of their origins
    size_t n, room;
    struct metric_sum **index; // hash table of as many slots
    size_t index_room;
    int64_t written; // the newest document's time
    uint64_t documents;
};

void metric_merge_init(struct metric_merge *merge, const struct metric_merge_options *options);
void metric_merge_done(struct metric_merge *merge);

// Adds the first document in the bytes. The length that it has there; 0 and err when it is refused,
// and then nothing of it was added, or (ERROR_MEMORY) not all.
size_t metric_merge_add(struct metric_merge *merge, struct span bytes, struct error *err);

// Makes the sums readable. Nothing is added after that.
void metric_merge_finish(struct metric_merge *merge);
