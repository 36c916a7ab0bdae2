// A tap: what a name that policies refer to stands for. It only holds its configuration; whether
// the input knows the keys shows when a policy uses it. And the choice of taps by a policy.
#pragma once

#include "policy/check.h"

struct tap_spec {
    char *name;
    char *input_type; // "pcap"
    enum input_kind kind;
    json_t *config, *tags; // maps; NULL: not given
};

// NULL: faults were told.
struct tap_spec *tap_load(struct check *check, const char *name, const json_t *tap,
                          const struct yaml_at *at);
void tap_spec_free(struct tap_spec *tap); // NULL is accepted, half-built ones too

bool tap_spec_equal(const struct tap_spec *a, const struct tap_spec *b);

// Section 7's object of a tap; NULL: no memory.
json_t *tap_spec_info(const struct tap_spec *tap);

// Taps that a policy may choose from, in order of their names.
struct tap_list {
    const struct tap_spec *const *taps;
    size_t count;
};
const struct tap_spec *tap_list_find(const struct tap_list *list, const char *name);

#define TAP_NO_MATCH "no tap match found for specified 'input.tap_selector' tags"

// The taps that a policy's checked input section means, at `at`: the named one, or all whose tags
// the selector matches. `chosen` has room for all of the list. How many; 0: faults were told.
size_t tap_choose(struct check *check, const struct policy_spec *spec, const struct yaml_at *at,
                  const struct tap_list *list, const struct tap_spec **chosen);
