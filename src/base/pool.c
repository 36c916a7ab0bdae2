#include "base/pool.h"

#include "base/memory.h"

#include <stdbool.h>

void pool_init(struct pool *pool, size_t limit)
{
    pool_init_beside(pool, limit, NULL);
}

void pool_init_beside(struct pool *pool, size_t limit, const struct pool *closed)
{
    atomic_init(&pool->used, 0);
    atomic_init(&pool->refusals, 0);
    pool->limit = limit;
    pool->closed = closed;
    pool->blocks = NULL;
}

static size_t room_of(const struct pool *pool)
{
    if (pool->limit == 0)
        return SIZE_MAX;
    if (!pool->closed)
        return pool->limit;
    size_t closed = atomic_load_explicit(&pool->closed->used, memory_order_relaxed);
    return closed < pool->limit ? (pool->limit - closed) / 2 : 0;
}

// Takes `size` bytes off the budget, or none at all: a request that is too large must not make a
// smaller one of another thread fail.
static bool reserve(struct pool *pool, size_t size)
{
    size_t used = atomic_load_explicit(&pool->used, memory_order_relaxed);
    do {
        size_t room = room_of(pool);
        if (used > room || size > room - used)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&pool->used, &used, used + size,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

static void *refuse(struct pool *pool)
{
    atomic_fetch_add_explicit(&pool->refusals, 1, memory_order_relaxed);
    return NULL;
}

static void *fetch(struct pool *pool, size_t size)
{
    void *ptr = mem_zalloc(size);
    if (ptr)
        return ptr;
    atomic_fetch_sub_explicit(&pool->used, size, memory_order_relaxed);
    return refuse(pool);
}

void *pool_alloc(struct pool *pool, size_t size)
{
    return reserve(pool, size) ? fetch(pool, size) : refuse(pool);
}

void *pool_take(struct pool *pool, size_t size)
{
    atomic_fetch_add_explicit(&pool->used, size, memory_order_relaxed);
    return fetch(pool, size);
}

void pool_free(struct pool *pool, void *ptr, size_t size)
{
    if (!ptr)
        return;
    mem_free(ptr);
    atomic_fetch_sub_explicit(&pool->used, size, memory_order_relaxed);
}
