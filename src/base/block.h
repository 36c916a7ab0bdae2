// Memory that does not change any more: whoever fixes the same bytes holds the same memory. A
// hundred policies that look at the same packets so keep their closed periods once.
//
// A pool shares blocks when it has a table for it; without one every block is its holder's own. A
// shared block counts once in the pool.
#pragma once

#include "base/pool.h"

#include <pthread.h>
#include <stdbool.h>

struct block {
    struct block *next;
    uint64_t hash;
    size_t size;
    uint32_t users; // guarded by the table's mutex
    bool fixed;     // it is in the table
};

enum { BLOCK_CHAINS = 4096 };

// From any thread.
struct block_table {
    pthread_mutex_t mutex;
    struct block *chains[BLOCK_CHAINS];
};

void block_table_init(struct block_table *table);
void block_table_done(struct block_table *table); // when nothing is shared any more

// Cleared memory to be filled, or NULL: the pool has no room.
uint8_t *block_new(struct pool *pool, size_t size);
// From now on nobody changes it. Returns what has these bytes: it, or another one in its place.
uint8_t *block_fix(struct pool *pool, uint8_t *bytes);
void block_free(struct pool *pool, uint8_t *bytes); // fixed or not; NULL is accepted

// What a block of that size takes from its pool.
static inline size_t block_memory(size_t size)
{
    return sizeof(struct block) + size;
}
