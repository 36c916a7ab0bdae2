// Buckets as Prometheus text: one HELP and one TYPE a family, its series contiguous over all
// handlers and policies of the response, labels sorted (static ones first), values escaped. Sources
// whose groups are all off show nothing. A row whose name another table has given to a family of
// another type is left out. Beside the rows: a gauge pktvisor_completeness by `reason` and `schema`
// for every source.
#pragma once

#include "metric/family.h"
#include "metric/totals.h"

// How many series may be written. What does not fit is left out by rank: the greatest rank R is
// found so that everything fits when all top lists end at R. What does not fit even without top
// lists is left out from the end of the response on, series that belong together (a histogram, a
// summary) together. pktvisor_completeness is written in any case and not counted.
struct metric_series_budget {
    uint64_t max;               // 0: no limit
    uint64_t written, left_out; // the writer's answer
};

// One handler of a response. Labels must be sorted by name; row labels (scope, top item, quantile,
// le) are merged in at their place in the alphabet, static_labels come first.
struct metric_series_source {
    const struct metric_bucket *bucket;
    const struct metric_label *labels;
    size_t n_labels;
    // Native names: what has been counted since the policy's start; NULL: what the bucket holds.
    const struct metric_totals *totals;
    struct metric_series_budget *budget; // of the policy: its sources share it; NULL: none
};

enum metric_names {
    METRIC_NAMES_UPSTREAM,
    METRIC_NAMES_NATIVE, // see metric/native.h
    METRIC_NAMES_BOTH,
};

struct metric_prometheus_options {
    int64_t now;
    const struct metric_label *static_labels;
    size_t n_static_labels;
    bool no_help; // leave HELP lines out
    enum metric_names names;
    enum metric_format format;           // the caller writes the end (metric_exposition_end)
    struct metric_series_budget *budget; // of the whole response; NULL: none
    const struct metric_sink *sink;      // takes the series in place of out; NULL: text
};

void metric_prometheus_write(const struct metric_series_source *sources, size_t n_sources,
                             const struct metric_prometheus_options *options, struct buffer *out);

// The greatest number of series that a handler with these settings can reach in a response, without
// pktvisor_completeness.
uint64_t metric_series_max(const struct metric_table *table, const struct metric_settings *settings,
                           enum metric_names names);
