// Where series go when it is not text: metric_prometheus_write and metric_family_writer hand them
// over one by one, in the order and with the labels that the text would have (static labels are
// left to the receiver). All pointers stand until the call returns.
#pragma once

#include "metric/line.h"

struct series_cell;
struct series_names;

struct metric_sink_family {
    struct span name;             // without the suffix of its type (line_type_suffix)
    enum metric_family_type type; // as in text
    const char *unit;             // NULL: none
    const char *help;
    const char *help_rest; // goes behind help; may be NULL
};

struct metric_sample {
    const char *suffix; // behind that of the type: "_sum", "_bucket", "", …
    const struct label_set *labels;
    bool real;
    union {
        uint64_t integer;
        double number; // where `real`
    };
};

struct metric_sink {
    // Before the first sample or cell of a family.
    void (*family)(void *context, const struct metric_sink_family *family);
    void (*sample)(void *context, const struct metric_sample *sample);
    // Before the samples of a row's cell, which holds at least one. True: they are not wanted,
    // because it was told in another form. May be NULL.
    bool (*cell)(void *context, const struct series_names *names, const struct series_cell *cell,
                 const struct label_set *labels);
    void *context;
};
