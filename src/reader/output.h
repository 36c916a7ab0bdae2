// What the reader prints: the handlers' data in one of its forms.
#pragma once

#include "engine/replay.h"
#include "metric/prometheus.h"
#include "reader/parts.h"

struct reader_output {
    struct pipeline *pipeline;
    const struct replay_result *result;
    unsigned periods;
    bool no_hosts; // no host networks were given: there are no directions
    struct reader_naming naming;
    const char *policy;
    enum metric_names names; // of Prometheus text, and its format
    enum metric_format format;
    const char *instance; // of sketches: name of the agent, and rows of a top list (0: all)
    size_t rows;
};

// Append the document to out. False and err when the data cannot be had.
bool reader_json(const struct reader_output *output, struct buffer *out, struct error *err);
bool reader_prometheus(const struct reader_output *output, struct buffer *out, struct error *err);
bool reader_sketches(const struct reader_output *output, struct buffer *out, struct error *err);
bool reader_text(const struct reader_output *output, struct buffer *out, struct error *err);
