// What a response of Prometheus text is made of: the rows of all sources gathered into families,
// each a chain of (source, row) in the order of the response. For prometheus.c.
#pragma once

#include "metric/prometheus.h"
#include "metric/series.h"

// An instance of a scope with its labels.
struct instance {
    const struct metric_scope *scope;
    struct label_set labels;
};

struct instance_list {
    struct instance *instances; // in the order of their keys
    size_t n;
};

// What is looked at of a bucket: its instances by scope, and the seconds of its rates.
struct view {
    const struct metric_bucket *bucket;
    size_t share; // of the budgets (metric/budget.h)
    struct instance_list by_kind[METRIC_SCOPES_MAX];
    bool has_seconds;
    int64_t first, last;
};

// A cell that will be written.
struct planned {
    struct series_cell cell;
    const struct instance *instance;
};

// One row of one view.
struct member {
    struct member *next;
    const struct view *view;
    uint16_t row;
    struct planned *planned; // one for each instance of the row's scope
    size_t n_planned;
};

struct family {
    struct family *next; // in order of first appearance
    uint64_t hash;
    struct span name;
    const struct series_names *names;
    const struct metric_row *row; // that it began with
    struct member *members, **tail;
};

struct families {
    struct arena *arena;
    struct family *first, **tail;
    struct family **index; // hash table by name
    size_t n, index_room;  // a power of two
};

void families_init(struct families *families, struct arena *arena);

// Labels (of the source) and instances of a bucket. False: no memory.
bool view_init(struct view *view, const struct metric_series_source *source,
               const struct metric_bucket *bucket, int64_t now, struct arena *arena);

// Adds the view's rows that `wanted` (NULL: any) lets through. False: no memory.
bool families_gather(struct families *families, const struct view *view,
                     const struct series_names *names,
                     bool (*wanted)(const struct metric_row *row));
