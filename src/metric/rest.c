#include "metric/rest.h"

void metric_rest_init(struct metric_rest *rest, struct pool *pool)
{
    *rest = (struct metric_rest){.cover.pool = pool};
    metric_loose_init(&rest->loose, pool);
}

void metric_rest_done(struct metric_rest *rest)
{
    struct pool *pool = rest->loose.pool;
    metric_loose_done(&rest->loose);
    metric_cover_done(&rest->cover);
    pool_free(pool, rest->groups, rest->groups_room);
    metric_rest_init(rest, pool);
}

static bool has_group(const struct metric_rest *rest, struct span group)
{
    for (size_t at = 0, len; at < rest->groups_len; at += len + 1) {
        len = strlen(rest->groups + at);
        if (span_equal(span_of(rest->groups + at, len), group))
            return true;
    }
    return false;
}

bool metric_rest_has_room(const struct metric_rest *rest, struct span group)
{
    return rest->groups_len + group.len < METRIC_LOOSE_GROUPS_MAX || has_group(rest, group);
}

bool metric_rest_add_group(struct metric_rest *rest, struct span group)
{
    struct pool *pool = rest->loose.pool;
    if (has_group(rest, group))
        return true;
    if (!metric_rest_has_room(rest, group))
        return false;
    size_t wanted = rest->groups_len + group.len + 1;
    if (wanted > rest->groups_room) {
        char *grown = pool_alloc(pool, METRIC_LOOSE_GROUPS_MAX);
        if (!grown)
            return false;
        rest->groups = grown; // its greatest size at once
        rest->groups_room = METRIC_LOOSE_GROUPS_MAX;
    }
    if (group.len)
        memcpy(rest->groups + rest->groups_len, group.ptr, group.len);
    rest->groups[wanted - 1] = 0;
    rest->groups_len = wanted;
    return true;
}
