// An arena hands out memory that is freed all at once. One subject per arena: a batch, a bucket, a
// configuration. Not thread-safe. Blocks are kept across arena_reset, so a steady state allocates
// nothing. A request greater than block_size gets a block of its own; meant for few of them.
#pragma once

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;  // all blocks, oldest first
    struct arena_block *current; // the one being filled
    size_t block_size;           // size of a normal block
    size_t limit;                // greatest number of bytes in all blocks; 0: none
    size_t used;                 // bytes in all blocks
};

void arena_init(struct arena *arena, size_t block_size, size_t limit);
void arena_done(struct arena *arena);
void arena_reset(struct arena *arena);

// Memory aligned to 16 bytes, not cleared; NULL when the limit or the heap says no.
void *arena_alloc(struct arena *arena, size_t size);
