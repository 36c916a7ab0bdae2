// Bytes that wait: of messages that are not complete, and behind holes. They lie in chunks of one
// size, cut from slabs that are kept, so that a steady state allocates nothing. Internal to this
// floor.
#pragma once

#include "base/span.h"

enum { CHUNK_SIZE = 512, CHUNK_DATA = CHUNK_SIZE - 16 };

struct chunk {
    struct chunk *next;
    uint32_t seq; // of data[0]
    uint16_t len;
    uint16_t early; // segments that began here and came before the bytes in front of them
    uint8_t data[CHUNK_DATA];
};

struct chunk_slab;

struct chunk_pool {
    struct chunk_slab *slabs;
    struct chunk *free;
    size_t used;  // bytes of chunks that are handed out
    size_t limit; // of that
};

void chunk_pool_init(struct chunk_pool *pool, size_t limit);
void chunk_pool_done(struct chunk_pool *pool);
struct chunk *chunk_take(struct chunk_pool *pool); // NULL: over the limit, or no memory
void chunk_return(struct chunk_pool *pool, struct chunk *chunk);
