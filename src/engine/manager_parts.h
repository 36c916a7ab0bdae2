// What is shown of a policy, for the manager's documents.
#pragma once

#include "engine/manager_set.h"
#include "engine/parts.h"

// By handler, as manager_json shows them. parts_free is due also on failure.
bool manager_parts(struct parts *parts, const struct policy *policy, struct metric_request request,
                   struct error *err);
