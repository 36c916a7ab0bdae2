// What all checks of a document share: where things stand, where faults and warnings go.
#pragma once

#include "policy/report.h"
#include "policy/spec.h"
#include "policy/yaml.h"

enum { CHECK_WARNINGS_MAX = 100 }; // then one says that there are more

struct check {
    const struct yaml *yaml;
    struct fault_list *faults;
    policy_warning_fn *warn;             // NULL: nobody listens
    void *context;                       // of warn
    bool sound;                          // becomes false with the first fault
    uint64_t warned[CHECK_WARNINGS_MAX]; // hashes of what was said
    unsigned n_warned;
};

// Upstream's text for a fault at a place. Returns false.
bool check_fault(struct check *check, const struct yaml_at *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Like it, with what helps a person; detail and hint may be NULL (see struct fault).
bool check_fault_detail(struct check *check, const struct yaml_at *at, const char *detail,
                        const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// "PATH: TEXT" for what is accepted but not as written. What was said already is not said again.
void check_warn(struct check *check, const struct yaml_at *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool check_no_memory(struct check *check); // returns false

// The text of a scalar (numbers and booleans as text, in `room`); NULL when it is none.
enum { CHECK_SCALAR_ROOM = 24 };
const char *check_scalar(const json_t *value, char room[static CHECK_SCALAR_ROOM]);

// `[a-zA-Z_][a-zA-Z0-9_-]*`, the rule for names of policies, taps and handlers. At most so many
// bytes: with `-<hash>-resources` behind it a name shall still be part of a REST path.
enum { CHECK_NAME_MAX = 200 };
bool check_is_name(const char *text);
// What may stand in such a name behind its beginning, and is not empty.
bool check_is_name_part(const char *text);

// Warns of keys in a map that are not known and therefore ignored. `known` ends with NULL.
void check_ignored_keys(struct check *check, const json_t *map, const struct yaml_at *at,
                        const char *const *known);
