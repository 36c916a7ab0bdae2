// The input section of a policy: its form, and the keys that each type of input knows. Nothing is
// opened here.
#pragma once

#include "policy/check.h"

// What stands around the section.
struct input_section {
    const char *policy; // the policy's name
    const json_t *input;
    const struct yaml_at *at;
    enum input_kind kind; // what the source at hand is
};

// Fills spec->input_type, tap, tap_selector, input_config and input_filter. False: faults were
// told.
bool input_load(struct check *check, const struct input_section *section, struct policy_spec *spec);
