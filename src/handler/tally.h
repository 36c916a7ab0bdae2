// What every handler counts for every record, gathered over a batch: records, sampled ones,
// filtered ones, and records per second. One flush a batch instead of updates per record.
#pragma once

#include "metric/shard.h"

struct tally {
    struct metric_scope *root;
    unsigned rate_row;
    uint64_t records, deep, filtered;
    int64_t second;
    uint64_t in_second;
};

static inline void tally_begin(struct tally *tally, struct metric_scope *root, unsigned rate_row)
{
    *tally = (struct tally){.root = root, .rate_row = rate_row};
}

static inline void tally_rate(struct tally *tally, int64_t second, uint64_t n)
{
    if (second != tally->second) {
        if (tally->in_second)
            metric_rate(tally->root, tally->rate_row, tally->second, tally->in_second);
        tally->second = second;
        tally->in_second = 0;
    }
    tally->in_second += n;
}

// The rows of what was gathered.
struct tally_rows {
    uint8_t records, deep, filtered;
};

static inline void tally_end(struct tally *tally, struct tally_rows rows)
{
    if (tally->in_second)
        metric_rate(tally->root, tally->rate_row, tally->second, tally->in_second);
    tally->in_second = 0;
    metric_count(tally->root, rows.records, tally->records);
    metric_count(tally->root, rows.deep, tally->deep);
    metric_count(tally->root, rows.filtered, tally->filtered);
}
