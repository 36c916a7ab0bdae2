// The table of options. A new option is one row and one field of struct agent_options; parsing, the
// configuration file, the environment, --help, the manual page, completion and docs/options.md
// follow.
#pragma once

#include "agent/options.h"

#include <stddef.h>

enum option_kind {
    OPTION_FLAG,   // bool
    OPTION_NUMBER, // uint64_t
    OPTION_TEXT,   // const char *
    OPTION_FILE,   // likewise; a daemon makes it absolute before it leaves its folder
    OPTION_CHOICE, // unsigned, the position in choices
};

enum option_group {
    GROUP_GENERAL,
    GROUP_CAPTURE,
    GROUP_HTTP,
    GROUP_PROMETHEUS,
    GROUP_ENRICHMENT,
    GROUP_LIMITS,
    GROUP_LOG,
    GROUP_PUSH,
    GROUP_ACCEPTED,
    OPTION_GROUPS
};
extern const char *const option_group_titles[OPTION_GROUPS];

#define OPTION_VARIABLE_PREFIX "PKTVISORD_"

struct option_row {
    const char *name;     // long form; without it and a letter the row is the argument IFACE
    char letter;          // short form; 0: none
    const char *argument; // what help calls the value; NULL: a flag
    const char *key;      // in visor.config; NULL: not there
    const char *variable; // in the environment, behind the prefix; NULL: not there
    enum option_kind kind;
    uint64_t least, most;       // of a number
    bool clamped;               // a number outside is moved inside, with a warning (upstream's way)
    bool hidden;                // for tests and the build: not in --help
    const char *standard;       // the default as one would write it; NULL: none
    const char *const *choices; // ends with NULL
    const char *fallback;       // long name of the option that speaks when this one is silent
    enum option_group group;
    const char *help; // a line without a full stop; its options are marked by their dashes
    size_t field;     // offset in struct agent_options
};

extern const struct option_row option_rows[];
extern const size_t option_rows_count; // at most OPTIONS_MAX

// Bytes of a label with its closing zero: "--geo-city", "-p", "PKTVISORD_PORT", "IFACE".
enum { OPTION_LABEL = 64 };
const char *option_label(const struct option_row *row, enum option_source source,
                         char room[static OPTION_LABEL]);

static inline bool option_is_argument(const struct option_row *row)
{
    return !row->name && !row->letter;
}
