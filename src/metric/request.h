// Which periods are read: a bucket (window 0, bucket n; 0 is the live one) or the merge of the
// newest n buckets (window n; fewer where fewer have accumulated). The result is a new bucket in
// the pool that the reader names. It keeps a copy of the settings. What found no memory in that
// pool is in the result's memory_lost. A period that does not exist: NULL and upstream's text
// (section 6.2 of the specification).
#pragma once

#include "base/error.h"
#include "metric/settings.h"

struct metric_request {
    unsigned window; // 0: a single bucket
    unsigned bucket;
};

// existing: periods that have accumulated, the live one included.
bool metric_request_valid(struct metric_request request, unsigned periods, unsigned existing,
                          struct error *err);
