// Taps and policies that the agent begins with: those of the configuration file, and what IFACE
// stands for.
#pragma once

#include "agent/agent_parts.h"

// Makes the manager and starts them. False: err, or (without a code) the faults of the file.
bool policies_start(struct agent *agent, struct error *err);

// What differs in the file. False: nothing has changed, its faults say why.
bool policies_configure(struct agent *agent, struct config_file *file);

// Applied to nothing.
bool policies_check(const struct agent_options *options, struct config_file *file);
