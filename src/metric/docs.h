// docs/metrics.md, from the tables.
#pragma once

#include "base/buffer.h"
#include "metric/table.h"

void metric_docs_table(const struct metric_table *table, struct buffer *out); // one section
