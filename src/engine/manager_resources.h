// The policy that every new input gets by itself (section 3.5): what the input costs.
#pragma once

#include "engine/manager_change.h"

// Adds `<input>-resources` with the window settings of the policy that the input was opened for.
// True as well when there is no such handler, or the name is taken. False: no memory, which has
// been told.
bool resources_add(struct change *change, const struct input_config *config,
                   const struct policy_spec *creator);

// Lets those go whose input nobody else uses.
void resources_drop_orphans(struct set *set);
