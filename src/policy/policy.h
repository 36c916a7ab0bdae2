// One policy of a document.
#pragma once

#include "policy/tap.h"

// Means all policies where metrics are asked for, so none has this name.
#define POLICY_ALL "__all"

// What the document says for all of its policies.
struct policy_surroundings {
    const struct policy_defaults *defaults;
    const json_t *global; // global_handler_config; NULL: none
    const struct yaml_at *global_at;
};

// NULL: faults were told.
struct policy_spec *policy_load(struct check *check, const struct policy_surroundings *around,
                                const char *name, const json_t *policy, const struct yaml_at *at);

// The same for a running agent: at each of the taps that its input section chooses. One spec a tap,
// which names it and has its input's options; handlers are called `<policy>-<tap>-<module>`.
// around->defaults->input is not looked at.
struct policy_set {
    struct policy_spec **specs; // in order of the taps' names
    size_t count;
};
void policy_set_done(struct policy_set *set); // {0} is accepted

// False: faults were told, and the set is empty.
bool policy_set_load(struct check *check, const struct policy_surroundings *around,
                     const struct tap_list *taps, const char *name, const json_t *policy,
                     const struct yaml_at *at, struct policy_set *set);

// global_handler_config itself: maps by type. Types that are not known are warned of and ignored.
bool policy_check_global(struct check *check, const json_t *global, const struct yaml_at *at);
