#include "wire/stream_side.h"

static uint32_t chunk_end(const struct chunk *chunk)
{
    return chunk->seq + chunk->len;
}

void side_open(struct side *side, uint32_t first, bool synchronised)
{
    *side = (struct side){.first = first,
                          .start = first,
                          .next = first,
                          .state = SIDE_OPEN,
                          .synchronised = synchronised};
}

static struct chunk *insert_behind(struct side *side, struct chunk *before, struct chunk *chunk)
{
    struct chunk **link = before ? &before->next : &side->held;
    chunk->next = *link;
    *link = chunk;
    return chunk;
}

static uint32_t fill_chunk(struct chunk *chunk, struct span bytes)
{
    size_t room = CHUNK_DATA - chunk->len;
    size_t n = bytes.len < room ? bytes.len : room;
    memcpy(chunk->data + chunk->len, bytes.ptr, n);
    chunk->len = (uint16_t)(chunk->len + n);
    return (uint32_t)n;
}

// Stores bytes that fit into the hole behind `before`. Returns the chunk that holds the last of
// them; NULL: the pool is empty.
static struct chunk *store(struct side *side, struct chunk_pool *pool, struct chunk *before,
                           uint32_t seq, struct span bytes)
{
    bool early = seq != side->next;
    while (bytes.len > 0) {
        if (!before || chunk_end(before) != seq || before->len == CHUNK_DATA) {
            struct chunk *fresh = chunk_take(pool);
            if (!fresh)
                return NULL;
            fresh->seq = seq;
            before = insert_behind(side, before, fresh);
        }
        if (early) {
            before->early++;
            side->early_count++;
            early = false;
        }
        uint32_t n = fill_chunk(before, bytes);
        seq += n;
        bytes = span_of(bytes.ptr + n, bytes.len - n);
    }
    return before;
}

bool side_hold(struct side *side, struct chunk_pool *pool, uint32_t seq, struct span bytes,
               bool *overlap)
{
    struct chunk *before = side->last;
    while (bytes.len > 0) {
        struct chunk *after = before ? before->next : side->held;
        if (after && sequence_distance(chunk_end(after), seq) >= 0) {
            before = after;
            continue;
        }
        size_t n = bytes.len;
        if (after && sequence_distance(after->seq, seq) >= 0) { // begins inside what is there
            uint32_t covered = chunk_end(after) - seq;
            n = n < covered ? n : covered;
            *overlap = true;
        } else {
            uint32_t hole = after ? after->seq - seq : UINT32_MAX;
            n = n < hole ? n : hole;
            before = store(side, pool, before, seq, span_of(bytes.ptr, n));
            if (!before)
                return false;
        }
        seq += (uint32_t)n;
        bytes = span_of(bytes.ptr + n, bytes.len - n);
    }
    return true;
}

void side_join(struct side *side)
{
    if (side->last)
        side->next = chunk_end(side->last);
    struct chunk *chunk = side->last ? side->last->next : side->held;
    for (; chunk && chunk->seq == side->next; chunk = chunk->next) {
        side->next = chunk_end(chunk);
        side->early_count -= chunk->early;
        chunk->early = 0;
        side->last = chunk;
    }
}

struct span side_gather(const struct side *side, struct arena *arena)
{
    size_t size = side->next - side->start;
    uint8_t *bytes = arena_alloc(arena, size);
    if (!bytes)
        return span_of(NULL, 0);
    size_t filled = 0;
    for (const struct chunk *chunk = side->held; filled < size; chunk = chunk->next) {
        memcpy(bytes + filled, chunk->data, chunk->len);
        filled += chunk->len;
    }
    return span_of(bytes, size);
}

static void drop_first(struct side *side, struct chunk_pool *pool)
{
    struct chunk *first = side->held;
    side->held = first->next;
    if (side->last == first)
        side->last = NULL;
    chunk_return(pool, first);
}

void side_consume(struct side *side, struct chunk_pool *pool, uint32_t n)
{
    side->start += n;
    while (n > 0 && n >= side->held->len) {
        n -= side->held->len;
        drop_first(side, pool);
    }
    if (n == 0)
        return;
    struct chunk *first = side->held;
    first->len = (uint16_t)(first->len - n);
    first->seq += n;
    memmove(first->data, first->data + n, first->len);
}

bool side_end(struct side *side, struct chunk_pool *pool)
{
    bool waiting = side->held != NULL;
    while (side->held)
        drop_first(side, pool);
    side->early_count = 0;
    side->state = SIDE_ENDED;
    return waiting;
}
