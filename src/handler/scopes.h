// The direction scope of the 2.0 handlers: objects "in", "out" and "unknown", label `direction`.
#pragma once

#include "metric/bucket.h"

enum { SCOPE_ROOT, SCOPE_DIRECTION, DIRECTION_SCOPE_COUNT };
extern const struct metric_scope_row direction_scopes[DIRECTION_SCOPE_COUNT];

// direction: enum direction of wire/packet.h. The object appears in the output from then on.
struct metric_scope *direction_scope(struct metric_scope *root, unsigned direction);
unsigned direction_of_scope(const struct metric_scope *scope);
