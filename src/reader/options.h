// The command line of pktvisor-reader. One table gives parsing and usage text.
#pragma once

#include "base/error.h"
#include "metric/prometheus.h"
#include "wire/packet.h"

#include <stdbool.h>

enum output_format {
    OUTPUT_JSON,
    OUTPUT_PROMETHEUS,
    OUTPUT_OPENMETRICS,
    OUTPUT_TEXT,
    OUTPUT_SKETCHES
};

struct reader_options {
    const char *file;
    const char *input; // "pcap"
    const char *bpf;
    const char *hosts;
    const char *geo_city, *geo_asn;
    const char *config;
    const char *enable; // comma separated groups
    unsigned max_deep_sample;
    unsigned periods;
    unsigned workers;
    enum output_format format;
    enum metric_names names; // of Prometheus text
    const char *instance;    // of sketches; NULL: the host's name
    unsigned rows;           // of a top list, in sketches
    bool verbose;
    bool help, version, list_metrics;
};

// False and err when the line makes no sense.
bool reader_options_parse(struct reader_options *options, int argc, char **argv, struct error *err);
void reader_options_usage(void); // on stdout
