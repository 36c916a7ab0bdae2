#include "base/pool.h"

#include "base/memory.h"

void pool_init(struct pool *pool, size_t limit)
{
    atomic_init(&pool->used, 0);
    atomic_init(&pool->refusals, 0);
    pool->limit = limit;
}

void *pool_alloc(struct pool *pool, size_t size)
{
    size_t before = atomic_fetch_add_explicit(&pool->used, size, memory_order_relaxed);
    void *ptr = NULL;
    if (!pool->limit || (before <= pool->limit && size <= pool->limit - before))
        ptr = mem_zalloc(size);
    if (!ptr) {
        atomic_fetch_sub_explicit(&pool->used, size, memory_order_relaxed);
        atomic_fetch_add_explicit(&pool->refusals, 1, memory_order_relaxed);
    }
    return ptr;
}

void pool_free(struct pool *pool, void *ptr, size_t size)
{
    if (!ptr)
        return;
    mem_free(ptr);
    atomic_fetch_sub_explicit(&pool->used, size, memory_order_relaxed);
}
