// The input section of a policy: its form, and the keys that each type of input knows. Nothing is
// opened here.
#pragma once

#include "policy/check.h"
#include "policy/tap.h"

struct suggestion; // base/suggest.h

// What stands around the section.
struct input_section {
    const char *policy; // the policy's name
    const json_t *input;
    const struct yaml_at *at;
    enum input_kind kind;       // what the source at hand is
    const struct tap_spec *tap; // that source; NULL: not from a tap (a file that is read)
};

// The form: fills spec->input_type, tap, tap_selector, input_config and input_filter. False: faults
// were told.
bool input_load(struct check *check, const struct input_section *section, struct policy_spec *spec);

// Whether the source is of the type that was loaded; fills spec->input_kind.
bool input_fits(struct check *check, const struct input_section *section, struct policy_spec *spec);

// Every key known and of its type, whichever of the tap's config, the policy's and its filter it
// comes from: fills spec->input_options.
bool input_check_keys(struct check *check, const struct input_section *section,
                      struct policy_spec *spec);

// "policy [P] failed to start: TEXT" where the effective value of the key stands; key NULL, or not
// given: the section. Returns false.
bool input_fault(struct check *check, const struct input_section *section,
                 const struct policy_spec *spec, const char *key, const char *text);

// The kind of an input type. False: there is none of that name; `near` has met all names.
bool input_kind_find(const char *name, enum input_kind *kind, struct suggestion *near);

// Whether taps may have this type, which is one, and no policy can use them: it is upstream's, and
// not in this version.
bool input_is_absent(const char *input_type);

// Whether an input of this type, which is one, has the key; `near` has met all of them.
bool input_knows(const char *input_type, const char *key, struct suggestion *near);

// The keys of input pcap, for the docs.
const struct option_row *input_pcap_rows(size_t *n);
