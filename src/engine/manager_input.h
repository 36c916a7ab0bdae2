// From a policy at a tap to the input that it wants, section 4.2's keys and texts.
#pragma once

#include "engine/input_config.h"
#include "policy/input.h"

struct input_wish {
    struct check *check;
    struct input_section section;
    const struct policy_spec *spec;
    const char *kept;      // the interface that the same words mean to this policy already, or NULL
    const char *interface; // what the same iface means to a policy that runs; NULL: nothing
    bool dry;              // nothing will be opened: the filter is tried here, for Ethernet
    bool offline;          // nor are the machine's interfaces looked at
};

// Checked, but not opened. `auto` and addresses have become the name of the interface; one that is
// gone is what it was to those who wait for it. NULL: faults were told; *code says whose fault it
// is (change_blames_system).
struct input_config *input_config_make(const struct input_wish *wish, enum error_code *code);

// Tells what opening refused.
void input_config_refused(const struct input_wish *wish, const struct error *err);

// A capture file that a policy names; stop may be NULL. Only regular files: whoever writes a pipe
// could hold up all changes. NULL: err, which must be there, says why; but for a lack of memory it
// is ERROR_INVALID.
struct capture *input_open_file(const char *path, const atomic_bool *stop, struct error *err);
