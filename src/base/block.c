#include "base/block.h"

#include "base/hash.h"

#include <string.h>

void block_table_init(struct block_table *table)
{
    *table = (struct block_table){0};
    pthread_mutex_init(&table->mutex, NULL);
}

void block_table_done(struct block_table *table)
{
    pthread_mutex_destroy(&table->mutex);
}

static uint8_t *bytes_of(struct block *block)
{
    return (uint8_t *)(block + 1);
}

static struct block *block_of(uint8_t *bytes)
{
    return (struct block *)(void *)bytes - 1;
}

static struct block **chain_of(struct block_table *table, const struct block *block)
{
    return &table->chains[block->hash % BLOCK_CHAINS];
}

uint8_t *block_new(struct pool *pool, size_t size)
{
    struct block *block = pool_alloc(pool, block_memory(size));
    if (!block)
        return NULL;
    block->size = size;
    return bytes_of(block);
}

static bool equal(struct block *a, struct block *b)
{
    return a->hash == b->hash && a->size == b->size &&
           memcmp(bytes_of(a), bytes_of(b), a->size) == 0;
}

// The one with these bytes, which is the given one where there was none. With the mutex.
static struct block *find_or_add(struct block_table *table, struct block *block)
{
    struct block **chain = chain_of(table, block);
    struct block *found = *chain;
    while (found && !equal(found, block))
        found = found->next;
    if (!found) {
        block->next = *chain;
        *chain = found = block;
    }
    found->users++;
    return found;
}

uint8_t *block_fix(struct pool *pool, uint8_t *bytes)
{
    struct block_table *table = pool->blocks;
    struct block *block = block_of(bytes);
    if (!table)
        return bytes;
    block->fixed = true;
    block->hash = hash_bytes(hash_process_key(), span_of(bytes, block->size));
    pthread_mutex_lock(&table->mutex);
    struct block *found = find_or_add(table, block);
    pthread_mutex_unlock(&table->mutex);
    if (found != block)
        pool_free(pool, block, block_memory(block->size));
    return bytes_of(found);
}

// Whether it was the last user.
static bool leave(struct block_table *table, struct block *block)
{
    pthread_mutex_lock(&table->mutex);
    bool last = --block->users == 0;
    if (last) {
        struct block **at = chain_of(table, block);
        while (*at != block)
            at = &(*at)->next;
        *at = block->next;
    }
    pthread_mutex_unlock(&table->mutex);
    return last;
}

void block_free(struct pool *pool, uint8_t *bytes)
{
    struct block *block = bytes ? block_of(bytes) : NULL;
    if (!block)
        return;
    if (!block->fixed || leave(pool->blocks, block))
        pool_free(pool, block, block_memory(block->size));
}
