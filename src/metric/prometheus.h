// Buckets as Prometheus text 0.0.4: one HELP and one TYPE a family, its series contiguous over all
// handlers and policies of the response, labels sorted (static ones first), values escaped. Sources
// whose groups are all off show nothing. A row whose name another table has given to a family of
// another type is left out. Beside the rows: a gauge pktvisor_completeness by `reason` and `schema`
// for every source.
#pragma once

#include "base/buffer.h"
#include "metric/bucket.h"

struct metric_label {
    const char *name, *value;
};

// One handler of a response. Labels must be sorted by name; row labels (scope, top item, quantile,
// le) are merged in at their place in the alphabet, static_labels come first.
struct metric_series_source {
    const struct metric_bucket *bucket;
    const struct metric_label *labels;
    size_t n_labels;
};

struct metric_prometheus_options {
    int64_t now;
    const struct metric_label *static_labels;
    size_t n_static_labels;
    bool no_help; // leave HELP lines out
};

void metric_prometheus_write(const struct metric_series_source *sources, size_t n_sources,
                             const struct metric_prometheus_options *options, struct buffer *out);
