// What time a merge has seen: intervals, ascending, with gaps between them. The minute of many
// agents is one minute, minutes in a row are one interval, and a gap stays a gap.
#pragma once

#include "base/pool.h"

#include <stdbool.h>

enum { METRIC_INTERVALS_MAX = 1 << 12 };

struct metric_interval {
    int64_t start, end; // ns since the epoch; end does not belong to it
};

struct metric_cover { // begins as {.pool = …}
    struct pool *pool;
    struct metric_interval *intervals;
    size_t n, room;
};

void metric_cover_done(struct metric_cover *cover);

// Room for so many more intervals, so that adding them cannot fail. False: no memory, or more than
// METRIC_INTERVALS_MAX.
bool metric_cover_reserve(struct metric_cover *cover, size_t more);
void metric_cover_add(struct metric_cover *cover, struct metric_interval interval);

// Whole seconds in all intervals: an interval's is the difference of the seconds of its ends, as of
// a bucket.
int64_t metric_cover_seconds(const struct metric_cover *cover);
