// One policy of a document.
#pragma once

#include "policy/check.h"

// What the document says for all of its policies.
struct policy_surroundings {
    const struct policy_defaults *defaults;
    const json_t *global; // global_handler_config; NULL: none
    const struct yaml_at *global_at;
};

// NULL: faults were told.
struct policy_spec *policy_load(struct check *check, const struct policy_surroundings *around,
                                const char *name, const json_t *policy, const struct yaml_at *at);

// global_handler_config itself: maps by type. Types that are not known are warned of and ignored.
bool policy_check_global(struct check *check, const json_t *global, const struct yaml_at *at);
