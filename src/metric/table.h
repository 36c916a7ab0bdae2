// What a handler measures, as data. One row a metric; from the rows come the bucket's layout,
// reset, merge, groups, JSON, Prometheus text, completeness and docs/metrics.md. Adding a metric is
// one row and one update call.
//
// A table is a tree of scopes. Scope 0 is the root; the others carry a label whose instances appear
// while traffic flows (direction, device, interface, probe target). A row belongs to one scope.
#pragma once

#include "base/buffer.h"
#include "base/span.h"

// Limits of a table; metric_table_fault holds them.
enum {
    METRIC_ROWS_MAX = 1024,
    METRIC_SCOPES_MAX = 8,
    METRIC_KEYS_MAX = 8, // fixed instances of a scope
    METRIC_GROUPS_MAX = 32,
    METRIC_PARTS_MAX = 6, // parts of a JSON path
    METRIC_KEY_MAX = 255, // bytes of an instance's key; longer ones count as over the limit
};

enum metric_kind {
    METRIC_COUNTER,   // uint64; merges by addition
    METRIC_RATE,      // sketch/rate.h; merges second by second
    METRIC_QUANTILES, // sketch/exphist.h; merges bucket by bucket
    METRIC_HISTOGRAM, // sketch/histogram.h; merges bin by bin
    METRIC_TOP,       // sketch/frequent.h; merges with bounds
    METRIC_DISTINCT,  // sketch/hll.h; merges register by register
    METRIC_TOP16,     // sketch/count16.h: a top list of ports or codes; merges by addition
    METRIC_KIND_COUNT
};
const char *metric_kind_name(enum metric_kind kind); // "counter", "rate", …; NULL past the end

static inline bool metric_kind_is_top(unsigned kind)
{
    return kind == METRIC_TOP || kind == METRIC_TOP16;
}

// What the items of a top list are, hence how a row is printed. Those of METRIC_TOP16 are numbers
// or codes.
enum metric_item {
    ITEM_TEXT,    // bytes that are printable already (escaped where they came in)
    ITEM_ADDRESS, // canonical bytes, 4 or 16 (wire/address.h)
    ITEM_IPV4,    // uint64: the address as a number; where all are IPv4, because it is faster
    ITEM_NUMBER,  // uint64, decimal
    ITEM_CODE,    // uint64, named by row->code_name, decimal where that gives NULL
    ITEM_PLACE,   // text, then zero byte, latitude, zero byte, longitude (both may be missing):
                  // printed as name, lat, lon
};

// What a handler says of itself in its info: one row of each, in the root.
enum metric_role {
    METRIC_ROLE_NONE,
    METRIC_ROLE_EVENTS,     // a counter of all records offered to the handler
    METRIC_ROLE_DEEP,       // a counter of those looked at in full
    METRIC_ROLE_EVENT_RATE, // the rate of the former
};

struct metric_row {
    uint16_t id;   // stable: names the row in serialised sketches; never used again
    uint8_t kind;  // enum metric_kind
    uint8_t scope; // index into metric_table.scopes
    uint8_t item;  // METRIC_TOP, _TOP16: enum metric_item
    uint8_t role;  // enum metric_role
    uint8_t lg_k;  // METRIC_DISTINCT: size; 0: 14 in the root, 11 below
    bool real;     // METRIC_QUANTILES, _HISTOGRAM: values are doubles, not integers
    bool shallow;  // updated for every record, not only for sampled ones (daggers of the docs)
    bool aside;    // METRIC_COUNTER: says what is missing; goes beside the schema, not into it
    bool optional; // METRIC_COUNTER: left out of all output while it is 0
    bool gauge;    // METRIC_COUNTER: set, not added to (metric_set): what holds at a time. A merge
                   // keeps the newest period's, of one period the greatest
    uint32_t groups;                         // all of these must be on; 0: always
    const char *path;                        // JSON path below the scope, dots between parts
    const char *name;                        // Prometheus name in full, where it is not schema_path
    const char *label;                       // METRIC_TOP, _TOP16: label of a row ("qname")
    const char *(*code_name)(unsigned code); // ITEM_CODE
    const char *unit;                        // "packets", "bytes", "us", …; for the docs
    const char *help;                        // one sentence, no full stop
};

struct metric_scope_row {
    const char *label;       // Prometheus label; NULL for the root
    const char *path;        // JSON path of the instances' parent ("targets"); "": directly below
    const char *const *keys; // fixed instances, in order, NULL-terminated; NULL: any key
    uint32_t max_instances;  // of a scope with any key, in one parent; what is over it is counted
    uint8_t parent;          // index of the scope around it
    uint8_t label_prefix;    // label value is "<parent key>|<key>" (upstream's device_interface)
};

struct metric_group {
    const char *name;
    bool on;    // by default
    bool named; // switched on by its own name only: `all` does not mean it (ours, not upstream's)
    const char *help;
};

struct metric_table {
    const char *schema; // "dns"
    const char *title;  // for docs/metrics.md: "dns 1.0"
    const struct metric_row *rows;
    uint16_t n_rows;
    const struct metric_scope_row *scopes;
    uint8_t n_scopes;                  // at least 1
    const struct metric_group *groups; // bit i of a mask is groups[i]
    uint8_t n_groups;                  // at most 32
};

// A handler writes its rows once, as a list macro of ROW(NAME, initialisers…), and gets from it
// both the indices and the table:
//   enum { FOO_ROWS(METRIC_ROW_INDEX) FOO_ROW_COUNT };
//   static const struct metric_row foo_rows[] = {FOO_ROWS(METRIC_ROW_ENTRY)};
#define METRIC_ROW_INDEX(name, ...) name,
#define METRIC_ROW_ENTRY(name, ...) [name] = {__VA_ARGS__},

// Masks of a table's groups.
uint32_t metric_groups_default(const struct metric_table *table);
uint32_t metric_groups_all(const struct metric_table *table);              // those that `all` means
int metric_group_find(const struct metric_table *table, const char *name); // index or -1

// False when the table has groups and all of them are off: such a handler is left out of all
// output.
bool metric_groups_visible(const struct metric_table *table, uint32_t groups);
// True when the row belongs into the output while these groups are on.
bool metric_row_visible(const struct metric_row *row, uint32_t groups);

// Prometheus name of a row into out: row->name, or schema_path with dots as underscores.
void metric_prometheus_name(const struct metric_table *table, const struct metric_row *row,
                            struct buffer *out);

// Checks a table's own rules (ids unique, names legal, labels present, scopes and groups exist).
// For the unit tests, which run it over every handler's table. NULL: sound; else what is wrong, in
// a text that stands until the thread's next call.
const char *metric_table_fault(const struct metric_table *table);
