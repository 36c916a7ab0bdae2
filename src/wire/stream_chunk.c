#include "wire/stream_chunk.h"

#include "base/memory.h"

enum { SLAB_CHUNKS = 127 }; // 64 KiB with what the heap adds

struct chunk_slab {
    struct chunk_slab *next;
    struct chunk chunks[SLAB_CHUNKS];
};

_Static_assert(sizeof(struct chunk) == CHUNK_SIZE, "what is counted is what is used");

void chunk_pool_init(struct chunk_pool *pool, size_t limit)
{
    *pool = (struct chunk_pool){.limit = limit};
}

void chunk_pool_done(struct chunk_pool *pool)
{
    while (pool->slabs) {
        struct chunk_slab *slab = pool->slabs;
        pool->slabs = slab->next;
        mem_free(slab);
    }
    *pool = (struct chunk_pool){0};
}

static void add_slab(struct chunk_pool *pool)
{
    struct chunk_slab *slab = mem_alloc(sizeof *slab);
    if (!slab)
        return;
    slab->next = pool->slabs;
    pool->slabs = slab;
    for (int i = SLAB_CHUNKS - 1; i >= 0; i--) {
        slab->chunks[i].next = pool->free;
        pool->free = &slab->chunks[i];
    }
}

struct chunk *chunk_take(struct chunk_pool *pool)
{
    if (pool->limit < CHUNK_SIZE || pool->used > pool->limit - CHUNK_SIZE)
        return NULL;
    if (!pool->free)
        add_slab(pool);
    struct chunk *chunk = pool->free;
    if (!chunk)
        return NULL;
    pool->free = chunk->next;
    pool->used += CHUNK_SIZE;
    chunk->next = NULL;
    chunk->len = chunk->early = 0;
    return chunk;
}

void chunk_return(struct chunk_pool *pool, struct chunk *chunk)
{
    chunk->next = pool->free;
    pool->free = chunk;
    pool->used -= CHUNK_SIZE;
}
