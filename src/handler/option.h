// Keys that a handler accepts in `config` and `filter`: one row each.
#pragma once

#include <stdint.h>

enum option_type {
    OPTION_BOOL,
    OPTION_UINT,         // min .. max
    OPTION_LIST,         // of strings (numbers are taken as their text)
    OPTION_UINT_OR_LIST, // only_rcode
    OPTION_MAP,
    OPTION_ANY, // presence is enough (recorded_stream)
};

struct option_row {
    const char *key;
    uint8_t type; // enum option_type
    uint64_t min, max;
    const char *fallback; // default, for the docs; NULL: none
    const char *help;     // one sentence
};
