// Lines of Prometheus text: label sets and how a series is written. For prometheus.c.
#pragma once

#include "base/arena.h"
#include "metric/prometheus.h"

struct label {
    struct span name, value;
};

// Labels of a series but for the static ones, sorted by name, each name once.
struct label_set {
    struct label *labels; // NULL: no memory was left
    size_t n;
};

// A copy with room for `more` labels.
struct label_set label_set_copy(const struct label_set *set, size_t more, struct arena *arena);
// The later one of two labels with one name counts.
void label_set_put(struct label_set *set, struct span name, struct span value);

struct series_writer {
    struct buffer *out;
    struct arena *arena;
    const struct metric_prometheus_options *options;
    struct label *scratch; // room for the labels of any instance and SERIES_LABELS_MAX more
    // Of the family at hand:
    struct span name;
    const char *type, *help;
    bool begun; // it has its HELP and TYPE lines
    // Of the instance at hand:
    const struct label_set *labels;
};

// Labels that a row adds to its scope's: item, lat, lon; quantile; le; reason.
enum { SERIES_LABELS_MAX = 3 };
struct series_labels {
    struct label labels[SERIES_LABELS_MAX];
    size_t n;
};

// All lines of a cell. first, last: the seconds of rates, where there are any.
struct series_cell {
    const struct metric_bucket *bucket;
    const struct metric_row *row;
    const union metric_cell *cell;
    bool has_seconds;
    int64_t first, last;
};
void series_of_cell(struct series_writer *w, const struct series_cell *c);

// All lines of what a bucket did not see.
void series_of_reasons(struct series_writer *w, const struct metric_bucket *bucket);

// "gauge", "summary", "histogram".
const char *series_type(unsigned kind);
