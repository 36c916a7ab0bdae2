// What is shown of a policy, for the manager's documents.
#pragma once

#include "engine/manager_set.h"
#include "engine/parts.h"

enum parts_naming { BY_HANDLER, BY_SCHEMA };

// What is wanted of policies.
struct parts_wish {
    const struct metric_request *request; // NULL: the newest closed period
    enum parts_naming naming;
    bool totals;               // also what was counted since the start; of live traffic alone
    struct manager_push *push; // its period of live traffic alone; NULL: not for a push
};

// All of a policy; parts_free is due also on failure.
bool manager_parts(struct parts *parts, const struct policy *policy, const struct parts_wish *wish,
                   struct error *err);
bool parts_no_memory(struct error *err); // false
