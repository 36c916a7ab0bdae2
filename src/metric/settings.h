// What a policy may set for a handler's metrics (upstream's window settings and groups).
#pragma once

#include <stdbool.h>
#include <stdint.h>

// METRIC_PERIOD_SECONDS is the length where nothing else is set; lengths are taken from a bucket's
// own times.
enum { METRIC_PERIOD_SECONDS = 60, METRIC_PERIODS_MAX = 10 };

struct metric_settings {
    unsigned periods;          // 1 to 10; 1: one bucket that never shifts
    unsigned deep_sample_rate; // percent, 1 to 100
    uint64_t topn_count;       // rows of a top list
    double topn_percentile;    // 0 to 100; rows below this percentile of the list are cut
    uint32_t groups;           // bit i: group i of the table is on
    bool recorded;             // a recording: lengths from packet time, no live rates
};

// 5 periods, every record, 10 rows, no threshold. groups is left 0: it belongs to a table.
extern const struct metric_settings metric_default_settings;

unsigned metric_periods_within_limits(unsigned periods);
