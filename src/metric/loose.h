// What documents hold that our tables do not know: rows and instances of newer versions, and whole
// handlers. They merge by the kind that the document tells, and are written again.
//
// A row keeps the bytes that it came with until a second one of its id comes; then both become a
// sketch. Rows of a kind that is not known either cannot merge: they stand one beside the other,
// for whoever knows it.
#pragma once

#include "metric/bucket.h"

struct metric_loose_row {
    uint32_t id;
    uint32_t field; // of its value (enum row_field, or a number beyond): the kind
    uint8_t *bytes; // the whole row as it came, without tag and length; NULL: merged into `cell`
    uint32_t size;
    struct metric_row row; // merged: what the engine has to know of it
    union metric_cell cell;
};

// A hash table of places in a list: 0 is empty, else a place and 1.
struct metric_loose_index {
    uint32_t *slots;
    size_t room;
};

// An instance of a scope (the root first): also a known one, when there is something unknown in it
// or below. Rows and instances stand in the order in which they came.
struct metric_loose {
    struct pool *pool;
    uint8_t *name; // label, then key
    uint16_t label_len, key_len;
    struct metric_loose_row *rows;
    size_t n_rows, room_rows;
    struct metric_loose_index rows_by_id; // of several with one id the first
    struct metric_loose *scopes;
    size_t n_scopes, room_scopes;
    struct metric_loose_index scopes_by_name;
};

void metric_loose_init(struct metric_loose *loose, struct pool *pool); // the root
void metric_loose_done(struct metric_loose *loose);

static inline struct span metric_loose_label(const struct metric_loose *loose)
{
    return span_of(loose->name, loose->label_len);
}

static inline struct span metric_loose_key(const struct metric_loose *loose)
{
    return span_of(loose->name + loose->label_len, loose->key_len);
}

// The instance with label and key (each of at most METRIC_KEY_MAX bytes) below another. Pointers
// to instances beside it do not outlive its making. NULL: there is none; no memory.
struct metric_loose *metric_loose_find(const struct metric_loose *loose, struct span label,
                                       struct span key);
struct metric_loose *metric_loose_scope(struct metric_loose *loose, struct span label,
                                        struct span key);

// The row of that id, of several the first. NULL: there is none.
struct metric_loose_row *metric_loose_row(const struct metric_loose *loose, uint32_t id);

size_t metric_loose_count(const struct metric_loose *loose); // rows, of all instances below too

// Another row with those bytes (copied), also where there is one of its id. False: no memory.
bool metric_loose_add(struct metric_loose *loose, uint32_t id, uint32_t field, struct span bytes);

// Gives a row that still has its bytes an empty cell, as the kind that `as` says. They are given
// back by metric_loose_forget, once they are in the cell. False: no memory, nothing has changed.
bool metric_loose_open(struct metric_loose *loose, struct metric_loose_row *row,
                       const struct metric_row *as);
void metric_loose_forget(struct metric_loose *loose, struct metric_loose_row *row);
