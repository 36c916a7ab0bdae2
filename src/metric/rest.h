// What documents of sketches say of a handler's metrics beyond what a bucket holds.
#pragma once

#include "metric/cover.h"
#include "metric/loose.h"

enum { METRIC_LOOSE_GROUPS_MAX = 4096 }; // bytes of names of groups that the table does not know

struct metric_rest {
    struct metric_loose loose; // unknown rows and instances
    struct metric_cover cover; // what time it has seen
    char *groups;              // unknown names, each with a closing zero byte
    size_t groups_len, groups_room;
    uint32_t on;     // groups of the table that are on
    uint64_t merged; // how many parts of agents
};

void metric_rest_init(struct metric_rest *rest, struct pool *pool);
void metric_rest_done(struct metric_rest *rest);

// Whether the name fits METRIC_LOOSE_GROUPS_MAX or is there.
bool metric_rest_has_room(const struct metric_rest *rest, struct span group);
bool metric_rest_add_group(struct metric_rest *rest,
                           struct span group); // false: no memory, no room
