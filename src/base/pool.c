#include "base/pool.h"

#include "base/memory.h"

#include <stdbool.h>

void pool_init(struct pool *pool, size_t limit)
{
    atomic_init(&pool->used, 0);
    atomic_init(&pool->refusals, 0);
    pool->limit = limit;
}

// Takes `size` bytes off the budget, or none at all: a request that is too large must not make a
// smaller one of another thread fail.
static bool reserve(struct pool *pool, size_t size)
{
    size_t used = atomic_load_explicit(&pool->used, memory_order_relaxed);
    do {
        size_t limit = pool->limit ? pool->limit : SIZE_MAX;
        if (used > limit || size > limit - used)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&pool->used, &used, used + size,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

void *pool_alloc(struct pool *pool, size_t size)
{
    void *ptr = NULL;
    if (reserve(pool, size)) {
        ptr = mem_zalloc(size);
        if (!ptr)
            atomic_fetch_sub_explicit(&pool->used, size, memory_order_relaxed);
    }
    if (!ptr)
        atomic_fetch_add_explicit(&pool->refusals, 1, memory_order_relaxed);
    return ptr;
}

void pool_free(struct pool *pool, void *ptr, size_t size)
{
    if (!ptr)
        return;
    mem_free(ptr);
    atomic_fetch_sub_explicit(&pool->used, size, memory_order_relaxed);
}
