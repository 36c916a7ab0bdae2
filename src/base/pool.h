// A byte budget. Sketches grow from a pool, so that one number bounds what all of them together may
// take, however hostile the traffic. A pool may be shared by threads.
//
// What has been closed must not starve what is counted now, nor the other way round. So it has a
// pool of its own, which refuses nothing; the one that traffic fills gets at most half of what that
// one leaves of the limit. With n closed periods of equal size each period comes to have
// 1 / (n + 2) of the limit.
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct pool {
    atomic_size_t used;            // bytes handed out and not returned
    size_t limit;                  // 0: no limit
    const struct pool *closed;     // see above; NULL: the whole limit is this one's
    struct block_table *blocks;    // of base/block.h; NULL: equal blocks are not shared
    atomic_uint_fast64_t refusals; // requests that the limit (or the heap) turned down
};

void pool_init(struct pool *pool, size_t limit);
void pool_init_beside(struct pool *pool, size_t limit, const struct pool *closed);

// Cleared memory, or NULL when the budget is used up. The caller remembers the size.
void *pool_alloc(struct pool *pool, size_t size);
// The same beyond the limit, too: for what traffic has no part in. NULL: the heap has none.
void *pool_take(struct pool *pool, size_t size);
void pool_free(struct pool *pool, void *ptr, size_t size); // NULL is accepted
