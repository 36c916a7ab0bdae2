#include "handler/scopes.h"

#include "wire/packet.h"

static const char *const direction_keys[] = {"in", "out", "unknown", NULL};

const struct metric_scope_row direction_scopes[DIRECTION_SCOPE_COUNT] = {
    [SCOPE_ROOT] = {.label = NULL},
    [SCOPE_DIRECTION] = {.label = "direction", .path = "", .keys = direction_keys},
};

struct metric_scope *direction_scope(struct metric_scope *root, unsigned direction)
{
    static const uint8_t position[] = {
        [DIRECTION_IN] = 0, [DIRECTION_OUT] = 1, [DIRECTION_UNKNOWN] = 2};
    return metric_scope_fixed(root, SCOPE_DIRECTION, position[direction]);
}

unsigned direction_of_scope(const struct metric_scope *scope)
{
    switch (scope->key[0]) {
    case 'i':
        return DIRECTION_IN;
    case 'o':
        return DIRECTION_OUT;
    default:
        return DIRECTION_UNKNOWN;
    }
}
