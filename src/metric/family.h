// Prometheus text: the formats, and families that are no rows of a metric table (build, process,
// cost of policies). One HELP and one TYPE a family, written before its first sample: a family
// without samples leaves nothing. The caller sees to it that all samples of a family follow one
// another and that no family comes twice in a response.
//
// Text 0.0.4 (Prometheus' "Exposition formats") and OpenMetrics 1.0 (openmetrics.io). They differ
// in the family's name of counters and infos (OpenMetrics leaves out `_total` and `_info`), in UNIT
// lines, in quotes of HELP texts, and in the last line; samples and label values are the same.
#pragma once

#include "base/buffer.h"

enum metric_format { METRIC_FORMAT_TEXT, METRIC_FORMAT_OPENMETRICS };
const char *metric_content_type(enum metric_format format);

struct metric_label {
    const char *name, *value;
};

enum metric_family_type {
    METRIC_FAMILY_GAUGE,
    METRIC_FAMILY_COUNTER, // samples get the suffix _total
    METRIC_FAMILY_INFO,    // samples get the suffix _info; their value is 1. Text: a gauge
    METRIC_FAMILY_SUMMARY,
    METRIC_FAMILY_HISTOGRAM,
};

struct metric_family {
    const char *name; // without _total and _info
    enum metric_family_type type;
    const char *unit; // NULL: none. Named where the family's name ends in it, as OpenMetrics wants
    const char *help; // one sentence, no full stop
};

enum { METRIC_FAMILY_LABELS_MAX = 16 };

struct metric_sink;

struct metric_family_writer {
    struct buffer *out;
    const struct metric_sink
        *sink; // takes the samples in place of out (metric/sink.h); may be NULL
    enum metric_format format;
    const struct metric_label *static_labels; // come first; a sample's label of that name replaces
    size_t n_static_labels;
    bool no_help;
    const struct metric_family *family; // at hand; borrowed
    bool begun;                         // it has its header
};

void metric_family_begin(struct metric_family_writer *writer, const struct metric_family *family);
// Labels in any order, at most METRIC_FAMILY_LABELS_MAX (what is more is left out).
void metric_family_integer(struct metric_family_writer *writer, const struct metric_label *labels,
                           size_t n_labels, uint64_t value);
void metric_family_real(struct metric_family_writer *writer, const struct metric_label *labels,
                        size_t n_labels, double value);

// The last line of a whole response: `# EOF` in OpenMetrics, nothing in text.
void metric_exposition_end(enum metric_format format, struct buffer *out);
