// Writes buckets as documents of sketches (metric/sketches.h).
#pragma once

#include "base/error.h"
#include "metric/rest.h"
#include "metric/sketches.h"

struct metric_export_options {
    const char *writer; // "pktvisord 4.6.0"
    int64_t now;        // ns since the epoch: when; what is still open ends there
    size_t rows;        // the heaviest rows of a top list; 0: all
};

struct metric_export_part {
    struct metric_origin origin;
    const struct metric_bucket *bucket;
    const struct metric_rest *rest; // NULL: a bucket of an agent
};

struct metric_exporter {
    struct metric_export_options options;
    struct buffer *out;
    struct buffer plain; // the document at hand
    struct error *err;
    bool failed;
};

// Documents are appended to `out`, which takes up to its own maximum. Everything is borrowed until
// the end. A document without parts is written when there are none.
void metric_export_begin(struct metric_exporter *exporter,
                         const struct metric_export_options *options, struct buffer *out,
                         struct error *err);
// Parts whose groups are all off are left out.
void metric_export_add(struct metric_exporter *exporter, const struct metric_export_part *part);
// False: no memory, no room in `out`, or a part over METRIC_SKETCHES_PLAIN_MAX; `out` then holds
// what is no use.
bool metric_export_end(struct metric_exporter *exporter);
