// The rows of a top list as they are shown: heaviest first, ties by name, topn_count and
// topn_percentile applied.
#pragma once

#include "metric/bucket.h"

struct metric_top_row {
    struct span name;      // printable; borrowed from the arena, the sketch or the table
    const char *lat, *lon; // ITEM_PLACE with coordinates; else NULL
    uint64_t estimate, lower, upper;
};

struct arena;
// Number of rows written to a new array in `arena`; 0 when empty, and when memory is short (*rows
// is then NULL, otherwise never). cell: of that row, which is a top list whose groups are on.
size_t metric_top_rows(const struct metric_row *row, const union metric_cell *cell,
                       const struct metric_settings *settings, struct arena *arena,
                       struct metric_top_row **rows);
