// Keys that a handler accepts in `config` and `filter`: one row each.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
    OPTION_BOOL,
    OPTION_UINT,         // min .. max
    OPTION_LIST,         // of strings (numbers are taken as their text)
    OPTION_UINT_OR_LIST, // only_rcode
    OPTION_MAP,
    OPTION_ANY, // presence is enough (recorded_stream)
    OPTION_TEXT,
};

struct option_row {
    const char *key;
    uint8_t type; // enum option_type
    uint64_t min, max;
    const char *fallback; // default, for the docs; NULL: none
    const char *help;     // one sentence
    bool own_check;       // the handler checks the type itself (upstream has a text of its own)
};

// Reading the validated map. A missing key gives false, the fallback, or an empty list; types are
// right because the policy floor has checked them against the rows.
bool option_on(const json_t *options, const char *key);
bool option_given(const json_t *options, const char *key);
uint64_t option_uint(const json_t *options, const char *key, uint64_t fallback);
size_t option_list_length(const json_t *options, const char *key);
const char *option_list_text(const json_t *options, const char *key, size_t index);
