// YAML or JSON text as one JSON tree, and where each value stands. JSON is read as the YAML that it
// is. Serves policies, taps and the configuration file alike.
//
// How values are typed (upstream's rules; quoting is not considered except for null):
//   123, "123", 010        integer, decimal (10 for 010); 2^63 and above stay text
//   true, FALSE, "true"    boolean, any case
//   ~, null, Null, NULL, nothing at all, unquoted: null
//   everything else        text: 0x10, yes, 1.5, -1, 1e3, dates
//   in a list              text as written (null stays null), lists and maps
//   keys                   text as written: 1, true and "true" are the texts of them
// Tags are ignored.
//
// What is refused, each as "yaml-cpp: error at line L, column C: …" (upstream's form):
//   syntax errors, text that is not UTF-8 or UTF-16, an anchor defined twice or not at all
//   a key that stands twice in one map, and a key that is a list or a map
//   a zero character (\0), in keys and values
//   more than one document
// Merge keys: `<<: *name` or `<<: [*one, *two]` (unquoted) adds the keys that the map does not have
// itself; of several maps the first one that has a key wins.
// A document without content is refused as "empty data".
//
// Limits: text of 1 MiB; 64 levels; 10,000 values made by aliases and merge keys; keys of 1,024
// bytes. Reading takes time in proportion to the text and those 10,000.
#pragma once

#include "base/buffer.h"
#include "policy/report.h"

#include <jansson.h>

enum {
    YAML_TEXT_MAX = 1 << 20,
    YAML_DEPTH_MAX = 64,
    YAML_EXPANDED_MAX = 10000,
    YAML_KEY_MAX = 1024,
};

// How the fault of a key that is a list or a map ends.
#define YAML_KEY_FAULT "expecting a scalar as key"

struct yaml_source; // the parsed text, for places

struct yaml {
    json_t *root;
    struct yaml_source *source;
};

// A value in the tree, as the steps from the root to it; made on the stack, link by link. The root
// is NULL.
struct yaml_at {
    const struct yaml_at *up;
    const char *key; // NULL: an element of a list
    size_t index;
};

static inline struct yaml_at yaml_key(const struct yaml_at *up, const char *key)
{
    return (struct yaml_at){.up = up, .key = key};
}

static inline struct yaml_at yaml_index(const struct yaml_at *up, size_t index)
{
    return (struct yaml_at){.up = up, .index = index};
}

// False: `faults` has one or more new entries, and yaml is empty.
bool yaml_read(struct yaml *yaml, struct span text, struct fault_list *faults);
void yaml_done(struct yaml *yaml); // {0} is accepted

// Where it is written: a key of a map where the key begins, an element where it begins. What an
// alias or a merge key brings in stands where it was defined. 0, 0 when there is no such thing.
struct yaml_place {
    unsigned line, column; // from 1
};
struct yaml_place yaml_place(const struct yaml *yaml, const struct yaml_at *at);

// "visor.policies.p.modules[0].type"; a key that has other characters than letters, digits, "_" and
// "-" is put in quotes: device_map."10.0.0.1".name
void yaml_path(const struct yaml_at *at, struct buffer *path);
