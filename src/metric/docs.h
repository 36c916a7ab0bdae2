// docs/metrics.md, from the tables.
#pragma once

#include "base/buffer.h"
#include "metric/table.h"

// The sections in order: how to read the page, one per table, what stands beside the metrics.
void metric_docs_begin(struct buffer *out);
void metric_docs_table(const struct metric_table *table, struct buffer *out);
void metric_docs_completeness(struct buffer *out);
