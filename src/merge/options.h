// The command line of pktvisor-merge. One table gives parsing and usage text.
#pragma once

#include "base/error.h"
#include "metric/merge.h"

enum merge_format { MERGE_JSON, MERGE_PROMETHEUS, MERGE_OPENMETRICS, MERGE_TEXT, MERGE_SKETCHES };

struct merge_options {
    char **files; // as in argv
    int n_files;
    enum merge_format format;
    unsigned by;         // enum metric_merge_by, or-ed
    unsigned rows;       // of a top list, in sketches; 0: all
    unsigned topn_count; // rows of a top list that are shown; 0: as the documents say
    unsigned memory_mib; // 0: no limit
    bool keep_going;
    bool verbose;
    bool help, version;
};

// False and err when the line makes no sense.
bool merge_options_parse(struct merge_options *options, int argc, char **argv, struct error *err);
void merge_options_usage(void); // on stdout
