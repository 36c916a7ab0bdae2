// Public suffixes by libpsl: the ICANN section only, without the default rule (an unknown top-level
// domain has no suffix).
#pragma once

#include "base/span.h"

// Length of the suffix of a lower-case name, its leading dot included (".co.uk" of
// www.google.co.uk: 6); 0: none. Remembers recent names: one per worker.
struct suffix_cache;
struct suffix_cache *suffix_cache_new(void);
void suffix_cache_free(struct suffix_cache *cache);
size_t suffix_length(struct suffix_cache *cache, struct span name, uint64_t name_hash);
