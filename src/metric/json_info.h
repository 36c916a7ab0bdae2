// What a handler's info says of its metrics (section 6.8 of the specification).
#pragma once

#include "base/buffer.h"
#include "metric/history.h"

// Appends {"deep_sample_rate":…,"periods":[…],"periods_configured":…}. periods: newest first, each
// with its times (UTC), its length in seconds and, where the table has them, the handler's counts
// of events under their own paths. live: the live bucket merged over the workers; history may be
// NULL. Out of memory sticks to `out`.
void metric_json_info(const struct metric_history *history, const struct metric_bucket *live,
                      int64_t now, struct buffer *out);
