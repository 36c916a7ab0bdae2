// Writing a bucket's rows as JSON, for the documents of this floor. Values come in the order of
// their paths; objects open and close as the path changes, so that an object without content never
// appears.
#pragma once

#include "base/arena.h"
#include "metric/json.h"

enum { JSON_DEPTH_MAX = METRIC_SCOPES_MAX * (METRIC_PARTS_MAX + 2) };

struct json_writer {
    struct buffer *out;
    struct arena arena; // of one object
    const struct metric_bucket *bucket;
    bool has_seconds;
    int64_t first, last;              // of rates
    bool live;                        // rates show their last second
    struct span open[JSON_DEPTH_MAX]; // path of the object that is being written
    bool begun[JSON_DEPTH_MAX + 1];   // its objects already have a member
    unsigned depth;
};

// A path of the object: the parts of a scope's place and of what stands in it.
struct json_place {
    struct span parts[JSON_DEPTH_MAX];
    unsigned n;
};

void json_writer_init(struct json_writer *w, const struct metric_bucket *bucket, int64_t now,
                      struct buffer *out);
void json_writer_done(struct json_writer *w); // closes all objects but the outermost

// Writes the key of a value at that path, opening and closing objects on the way.
void json_begin_value(struct json_writer *w, const struct json_place *place);

// The key and the value of a row, where it has one.
void json_write_row(struct json_writer *w, const struct metric_row *row,
                    const union metric_cell *cell, const struct json_place *place);

// Adds the parts of a dotted path.
void json_place_add(struct json_place *place, const char *path);
