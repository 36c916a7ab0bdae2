// What the program shows: one row for each fact, with the JSON path that it has below a handler's
// schema, its label, its form and its pages. A new fact is one row; parsing and pages follow.
#pragma once

#include "tui/format.h"

enum family {
    FAMILY_DNS,
    FAMILY_NET,
    FAMILY_DHCP,
    FAMILY_BGP,
    FAMILY_PCAP,
    FAMILY_RESOURCES,
    FAMILIES,
};
extern const char *const family_names[FAMILIES];

// The family and version of a handler whose JSON holds `schema`; "dns" is the schema of two
// versions, of which only the first counts packets on the wire. -1: none that is shown.
int family_of(const char *schema, bool has_wire_packets, unsigned *version);

enum fact_kind {
    FACT_COUNT,     // a number
    FACT_RATE,      // quantiles of a rate, and its last second
    FACT_QUANTILES, // p50, p90, p95, p99
    FACT_TOP,       // names with numbers
};

enum page_bits {
    ON_OVERVIEW = 1 << 0,
    ON_DNS = 1 << 1,
    ON_NETWORK = 1 << 2,
    ON_OTHERS = 1 << 3,
    ON_POLICIES = 1 << 4,
};

// How it is shown.
enum fact_flags {
    FACT_SAMPLED =
        1 << 0,          // counted in deep samples only, as lists are: its base is scaled likewise
    FACT_ALARM = 1 << 1, // more than 0 is bad
    FACT_QUIET = 1 << 2, // not shown while it is 0 or empty
};

#include "tui/facts_rows.h"

enum fact { FACT_NONE, FACTS_ROWS(FACT_INDEX) FACTS };

struct fact_row {
    enum family family;
    enum fact_kind kind;
    // Paths of version 1 and 2 of the handler; NULL: not there. "*." at the beginning stands for
    // the directions in, out and unknown: counts and tops are added up over them.
    const char *paths[2];
    const char *label;
    enum unit unit;
    enum fact base; // what it is a part of; FACT_NONE: nothing
    unsigned pages; // enum page_bits
    unsigned flags; // enum fact_flags
};

extern const struct fact_row fact_rows[FACTS];
