// input_resources 1.0: what an input costs. Its records are not packets but the samples that the
// engine puts into batches (struct resource_sample), so it counts on a quiet input as well.
#pragma once

#include "handler/handler.h"

extern const struct handler_class resources_class;
