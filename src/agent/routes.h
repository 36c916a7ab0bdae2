// The REST resources of the agent. Their handlers get the struct agent as context.
#pragma once

#include "http/route.h"

extern const struct http_route agent_routes[];
extern const size_t agent_routes_count;
