// Which series fit into the budgets of a response. For prometheus.c.
#pragma once

#include "metric/families.h"

// One budget of the response, and what has to fit into it.
struct share {
    struct metric_series_budget *budget; // NULL: no limit
    uint64_t max;
    uint64_t fixed;  // series that are no rows of a top list
    uint32_t *lists; // lengths of the top lists
    size_t n_lists;
    uint64_t rank; // greatest rank of a top list that is written
    bool used_up;  // nothing more is written
};

struct shares {
    struct share *all; // all[0] is that of the response; then one for each budget of a source
    size_t n;
};

// Room for the response's budget and those of so many sources. False: no memory.
bool shares_init(struct shares *shares, struct metric_series_budget *response, size_t n_sources,
                 struct arena *arena);

// The share of a source's budget, for view.share. Quick where the sources of a policy follow one
// another.
size_t shares_of(struct shares *shares, struct metric_series_budget *budget);

// Finds out what fits. False: no memory.
bool shares_plan(struct shares *shares, const struct families *families, struct arena *arena);

// Cuts the cell's top list and counts its series as written or left out. False: it is not written.
bool shares_take(struct shares *shares, size_t share, const struct series_names *names,
                 struct planned *planned);
