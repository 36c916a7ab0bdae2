// What the reader prints, part by part: a handler's data, or those of all handlers of one table
// where the policy asks for merge_like_handlers. A handler whose groups are all off has no part.
#pragma once

#include "engine/pipeline.h"

struct reader_part {
    char *name; // of the handler, "<schema>_merged", or the schema where no policy has named it
    struct metric_bucket *bucket;
};

struct reader_parts {
    struct reader_part *all; // in the policy's order
    size_t count;
};

struct reader_naming {
    bool by_handler; // else by schema
    bool merge_like_handlers;
};

// window: periods to merge of handlers that keep so many; below 2: none. False and err when the
// data cannot be had; reader_parts_free is due either way.
bool reader_parts_init(struct reader_parts *parts, struct pipeline *pipeline, unsigned window,
                       struct reader_naming naming, struct error *err);
bool reader_parts_find(const struct reader_parts *parts, const char *name);
void reader_parts_free(struct reader_parts *parts);
