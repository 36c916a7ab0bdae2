// Maps of options (a handler's or an input's config and filter) against the rows that say which
// keys there are. A handler's options come from several maps; a stronger map replaces a key of a
// weaker one whole. What counts is the effective value: only that is checked, and a fault is told
// where that value stands.
#pragma once

#include "handler/handler.h"
#include "policy/check.h"

enum option_source {     // weakest first
    OPTIONS_FROM_TAP,    // an input's: the tap's config
    OPTIONS_FROM_GLOBAL, // a handler's: global_handler_config[type]
    OPTIONS_FROM_CONFIG, // the module's or the input's config
    OPTIONS_FROM_WINDOW, // the policy's window_config, hence stronger than the module's config
    OPTIONS_FROM_FILTER, // its filter
    OPTIONS_FROM_GROUPS, // metric_groups: enable, disable
    OPTIONS_SOURCE_COUNT,
};

struct option_maps {
    struct {
        const json_t *map; // NULL: nothing
        const struct yaml_at *at;
    } from[OPTIONS_SOURCE_COUNT];
};

// Values are scalars, lists of scalars or such maps: "PREFIXinvalid value for key: K" and
// "PREFIXinvalid value for sequence in key: K".
bool options_form(struct check *check, const json_t *map, const struct yaml_at *at,
                  const char *prefix);

// The effective map, a new reference; NULL without memory (which has been told).
json_t *options_merge(struct check *check, const struct option_maps *maps);

// The place of the effective value of a key.
struct yaml_at options_at(const struct option_maps *maps, const char *key);

struct option_keys {
    const struct option_row *rows;
    size_t n_rows;
    bool handler;       // the window keys, enable and disable are accepted, too
    bool any_key;       // a key that is not known is told in a warning
    const char *prefix; // of the texts: "policy [P] failed to start: "
};

// Every key known and of its type, in its range. False: faults were told.
bool options_check(struct check *check, const struct option_keys *keys,
                   const struct option_maps *maps, const json_t *merged);

// The window settings and metric groups of checked options.
bool options_settings(struct check *check, const struct option_keys *keys,
                      const struct option_maps *maps, const json_t *merged,
                      const struct metric_table *table, struct metric_settings *settings);

// The window settings, for the docs.
const struct option_row *options_window_rows(size_t *n);
