#include "engine/manager_change.h"

#include "base/memory.h"
#include "engine/manager_resources.h"
