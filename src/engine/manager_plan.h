// What a policy would be, for a dry run.
#pragma once

#include "engine/manager_set.h"

// The document of struct manager_change; NULL: no memory.
json_t *policy_plan(const struct manager_options *options, const struct policy *policy);
