// The rows that parsing and documents are made of.
#pragma once

#include "tui/options.h"

#include <stddef.h>

enum cli_kind {
    CLI_FLAG,   // bool
    CLI_NUMBER, // uint64_t
    CLI_TEXT,   // const char *
    CLI_FILE,   // likewise
    CLI_CHOICE, // likewise, one of `choices`
};

struct cli_row {
    const char *name, *other; // `other`: a second name; NULL: none
    enum cli_kind kind;
    const char *argument; // what help calls the value
    size_t field;         // offset in struct cli_options
    uint64_t least, most; // of a number
    const char *const *choices;
    bool hidden;
    const char *standard; // the default; NULL: none
    const char *help;
};

extern const struct cli_row cli_rows[];
extern const size_t cli_rows_count;
