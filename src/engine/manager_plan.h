// What a policy would be, for a dry run.
#pragma once

#include "engine/manager_set.h"
#include "metric/prometheus.h"

// The document of struct manager_change; NULL: no memory.
// warnings: borrowed.
json_t *policy_plan(const struct manager_options *options, const struct policy *policy,
                    json_t *warnings);

enum metric_names manager_metric_names(unsigned names); // of enum manager_names, or-ed
