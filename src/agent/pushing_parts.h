// The inside of pushing.h.
#pragma once

#include "agent/pushing.h"
#include "push/push.h"

struct pushing {
    struct push_targets targets;
    struct push *push; // NULL: no receivers
};
