// A byte budget. Sketches grow from a pool, so that one number bounds what all of them together may
// take, however hostile the traffic. A pool may be shared by threads.
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct pool {
    atomic_size_t used;            // bytes handed out and not returned
    size_t limit;                  // 0: no limit
    atomic_uint_fast64_t refusals; // requests that the limit (or the heap) turned down
};

void pool_init(struct pool *pool, size_t limit);

// Cleared memory, or NULL when the budget is used up. The caller remembers the size.
void *pool_alloc(struct pool *pool, size_t size);
void pool_free(struct pool *pool, void *ptr, size_t size); // NULL is accepted
