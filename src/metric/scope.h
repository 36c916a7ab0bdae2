// Instances of scopes: making, emptying and finding them. The engine's own; handlers use bucket.h.
#pragma once

#include "metric/bucket.h"

// A new instance with its fixed children, without a key and not yet in use; NULL: no memory.
struct metric_scope *metric_scope_new(struct metric_bucket *bucket, struct metric_scope *parent,
                                      unsigned kind);
void metric_scope_free(struct metric_scope *scope);

// As new again; keyed instances below move to bucket->spare.
void metric_scope_reset(struct metric_scope *scope);
void metric_scope_free_spares(struct metric_bucket *bucket); // those that wait there

// The instance below parent with the key of src (which is of another bucket of the same table),
// made if need be without regard to limits; NULL: no memory.
struct metric_scope *metric_scope_like(struct metric_scope *parent, const struct metric_scope *src);

// The instance with that key below parent, of a scope with any key: NULL when there is none; made
// if need be, likewise.
struct metric_scope *metric_scope_find(const struct metric_scope *parent, unsigned kind,
                                       uint64_t hash, struct span key);
struct metric_scope *metric_scope_of_key(struct metric_scope *parent, unsigned kind, uint64_t hash,
                                         struct span key);
