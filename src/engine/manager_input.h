// From a policy at a tap to the input that it wants, section 4.2's keys and texts.
#pragma once

#include "engine/input_config.h"
#include "policy/input.h"

struct input_wish {
    struct check *check;
    struct input_section section;
    const struct policy_spec *spec;
    bool dry;     // nothing will be opened: the filter is tried here, for Ethernet
    bool offline; // nor are the machine's interfaces looked at
};

// Checked, but not opened. `auto` and addresses have become the name of the interface. NULL: faults
// were told; ERROR_INVALID in *code when the document is at fault, else the system is.
struct input_config *input_config_make(const struct input_wish *wish, enum error_code *code);

// Tells what opening refused.
void input_config_refused(const struct input_wish *wish, const struct error *err);
