// One entry of a policy's `modules`: a handler with its options, settings and groups.
#pragma once

#include "policy/check.h"

// What all modules of a policy have in common.
struct module_surroundings {
    const char *policy; // its name
    const char *source; // what upstream names the handler's input by: the tap, or the input's type
    bool full_names;    // handlers are called `<policy>-<source>-<module>`
    const struct policy_defaults *defaults;
    enum input_kind input;
    const json_t *global; // global_handler_config; NULL: none
    const struct yaml_at *global_at;
    const json_t *window; // window_config, or what stands for it
    const struct yaml_at *window_at;
};

// Fills an empty handler. False: faults were told, and the handler is to be freed half-built.
bool module_load(struct check *check, const struct module_surroundings *around, const char *name,
                 const json_t *module, const struct yaml_at *at, struct handler_spec *handler);
