#include "base/arena.h"

#include "base/memory.h"

#include <stdint.h>

enum { ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t filled;
    size_t padding; // keeps data aligned to ALIGNMENT
    uint8_t data[];
};

_Static_assert(offsetof(struct arena_block, data) % ALIGNMENT == 0, "arena data is aligned");

void arena_init(struct arena *arena, size_t block_size, size_t limit)
{
    *arena = (struct arena){.block_size = block_size, .limit = limit};
}

void arena_done(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block) {
        struct arena_block *next = block->next;
        mem_free(block);
        block = next;
    }
    arena->blocks = arena->current = NULL;
    arena->used = 0;
}

void arena_reset(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks; block; block = block->next)
        block->filled = 0;
    arena->current = arena->blocks;
}

// Finds room in the current block or a later one that a reset left empty.
static struct arena_block *block_with_room(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->current;
    while (block && block->size - block->filled < size)
        block = block->next;
    return block;
}

static struct arena_block *block_add(struct arena *arena, size_t size)
{
    size_t wanted = size > arena->block_size ? size : arena->block_size;
    if (arena->limit && (arena->used > arena->limit || wanted > arena->limit - arena->used))
        wanted = size;
    if (arena->limit && (arena->used > arena->limit || wanted > arena->limit - arena->used))
        return NULL;
    struct arena_block *block = mem_alloc(sizeof *block + wanted);
    if (!block)
        return NULL;
    *block = (struct arena_block){.size = wanted};
    struct arena_block **tail = &arena->blocks;
    while (*tail)
        tail = &(*tail)->next;
    *tail = block;
    arena->used += wanted;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_block *block = block_with_room(arena, size);
    if (!block)
        block = block_add(arena, size);
    if (!block)
        return NULL;
    if (arena->current != block && block->filled == 0 && size < block->size)
        arena->current = block;
    void *ptr = block->data + block->filled;
    block->filled += size;
    return ptr;
}
