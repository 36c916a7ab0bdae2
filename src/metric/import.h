// Reads documents of sketches (metric/sketches.h) from strangers into buckets. Every byte is
// checked before anything is changed: a document that is refused leaves what is merged as it was.
#pragma once

#include "base/error.h"
#include "base/protobuf.h"
#include "metric/rest.h"
#include "metric/sketches.h"

// A document that was opened. Begins as {0}; memory is kept for the next one.
struct metric_import_document {
    void *zstd;     // its context
    uint8_t *plain; // the content, and room for so many bytes
    size_t room;
    struct span content;
    int64_t written; // ns since the epoch
    struct proto_reader parts;
};

// What a part says of itself; spans are borrowed from the document.
struct metric_import_part {
    struct metric_origin origin;
    struct span period, settings, root; // messages
    struct metric_bucket times;         // start, end and so on alone
    int64_t written;                    // of the document
    uint64_t topn_count, merged;
    size_t n_intervals;
    double topn_percentile;
    struct metric_completeness missed;
};

void metric_import_done(struct metric_import_document *document);

// Unpacks the first document in the bytes and checks its head. The length that it has there; 0 and
// err when it is none, or not whole.
size_t metric_import_open(struct metric_import_document *document, struct span bytes,
                          struct error *err);

// The length of the frame that the bytes begin with, when all of it is there; 0: it is not, or they
// are none.
size_t metric_import_length(struct span bytes);

// The next part, and what it says of itself, checked. False: there is none, or err says why.
bool metric_import_next(struct metric_import_document *document, struct metric_import_part *part,
                        struct error *err);
void metric_import_rewind(struct metric_import_document *document); // to the first one

// Whether metric_import would take the part. bucket, rest: what it would go into; where they are
// not made yet (NULL), those of that table. Errors name the row.
bool metric_import_check(const struct metric_import_part *part, const struct metric_table *table,
                         const struct metric_bucket *bucket, const struct metric_rest *rest,
                         struct error *err);

// An empty bucket to read into, which has room for the rows of all groups. NULL: no memory.
struct metric_bucket *metric_import_bucket(const struct metric_table *table, struct pool *pool);

// Adds a part that was checked: to a bucket of metric_import_bucket, and to its rest. False: no
// memory, and the bucket says in memory_lost what it does not hold.
//
// Of top lists the longest is shown, with the least percentile; groups are on that were in any
// part.
bool metric_import(const struct metric_import_part *part, struct metric_bucket *bucket,
                   struct metric_rest *rest, struct error *err);

// Makes the bucket readable, once all parts are in it: its groups and its length (of all that the
// cover has seen).
void metric_import_finish(struct metric_bucket *bucket, const struct metric_rest *rest);
