// Walks the instances of a part. Shared by the files of import.h.
#pragma once

#include "metric/import.h"

// Checks the root, or (with a bucket and rest that may be changed) adds it, as metric/import.h
// says.
bool import_root_check(struct span root, const struct metric_table *table,
                       const struct metric_bucket *bucket, const struct metric_rest *rest,
                       struct error *err);
bool import_root_add(struct span root, int age, struct metric_bucket *bucket,
                     struct metric_rest *rest, struct error *err);
