#include "base/arena.h"

#include "base/memory.h"

#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stdint.h>

enum { ALIGNMENT = 16 };

// Blocks stand in the order in which they were made: after a reset, the same requests find the same
// places. Bytes that are not handed out are poisoned in an ASan build (the macros do nothing in
// others), so that what outlives a reset is found.
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
    for (struct arena_block *block = arena->blocks; block; block = block->next) {
        block->filled = 0;
        ASAN_POISON_MEMORY_REGION(block->data, block->size);
    }
    arena->current = arena->blocks;
}

static bool within_limit(const struct arena *arena, size_t size)
{
    return !arena->limit || (arena->used <= arena->limit && size <= arena->limit - arena->used);
}

// Finds room in the current block or a later one that a reset left empty.
static struct arena_block *block_with_room(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->current;
    while (block && block->size - block->filled < size)
        block = block->next;
    return block;
}

// A block of the usual size, or of just `size` when that is too small, or over the limit.
static struct arena_block *block_add(struct arena *arena, size_t size)
{
    size_t wanted = size > arena->block_size ? size : arena->block_size;
    if (!within_limit(arena, wanted))
        wanted = size;
    if (!within_limit(arena, wanted))
        return NULL;
    struct arena_block *block = mem_alloc(sizeof *block + wanted);
    if (!block)
        return NULL;
    *block = (struct arena_block){.size = wanted};
    ASAN_POISON_MEMORY_REGION(block->data, wanted);
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
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_block *block = block_with_room(arena, rounded);
    if (!block)
        block = block_add(arena, rounded);
    if (!block)
        return NULL;
    // Not to a block that one large request has made: what is left before it would be lost.
    if (!arena->current || block->size == arena->block_size)
        arena->current = block;
    void *ptr = block->data + block->filled;
    block->filled += rounded;
    ASAN_UNPOISON_MEMORY_REGION(ptr, size);
    return ptr;
}
