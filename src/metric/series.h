// How a cell of a bucket becomes series: two sets of names (upstream's and native ones), each with
// its families' names and types, the number of series of a cell, and their lines. For prometheus.c.
#pragma once

#include "base/arena.h"
#include "metric/bucket.h"
#include "metric/line.h"
#include "metric/top.h"

struct series_writer {
    struct line_writer line;
    struct arena *arena;
    struct label *scratch; // room for the labels of any instance and SERIES_LABELS_MAX more
    struct label_set set;  // what stands there
    const struct label_set *labels; // of the instance at hand
};

// Labels that a row adds to its scope's: item, lat, lon; quantile; le; reason.
enum { SERIES_LABELS_MAX = 3 };
struct series_labels {
    struct label labels[SERIES_LABELS_MAX];
    size_t n;
};

// The instance's labels and these (NULL: none), in scratch memory that the next call takes.
const struct label_set *series_set(struct series_writer *w, const struct series_labels *added);
struct series_labels series_label(const char *name, struct span value);

struct series_cell {
    const struct metric_bucket *bucket;
    const struct metric_row *row;
    const union metric_cell *cell;
    bool has_seconds;
    int64_t first, last;        // the seconds of rates, where there are any
    struct metric_top_row *top; // METRIC_TOP: what is shown, by rank
    size_t n_top;
};

struct series_names {
    // Appends the family's name (without _total); false: the row has no family under these names.
    bool (*name)(const struct metric_table *table, const struct metric_row *row,
                 struct buffer *out);
    enum metric_family_type (*type)(const struct metric_row *row);
    const char *(*unit)(const struct metric_row *row);
    const char *(*help_rest)(const struct metric_row *row); // behind the row's help, or NULL
    // Of a cell whose top list is listed: its series, and their lines.
    size_t (*count)(const struct series_cell *c);
    void (*write)(struct series_writer *w, const struct series_cell *c);
    size_t (*most)(const struct metric_row *row); // series of one cell; not of a top list
};
extern const struct series_names series_upstream, series_native;

// Fills in the rows of a top list; does nothing for other kinds. False: no memory.
bool series_list_top(struct series_cell *c, struct arena *arena);

// Lines that both sets of names have.
void series_of_top(struct series_writer *w, const struct series_cell *c);
void series_of_distinct(struct series_writer *w, const struct series_cell *c);

// All lines of what a bucket did not see.
void series_of_reasons(struct series_writer *w, const struct metric_bucket *bucket);
