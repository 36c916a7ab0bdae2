#include "push/series_set.h"

#include "base/hash.h"
#include "base/memory.h"

enum { FIRST_ROOM = 1024 };

void series_set_clear(struct series_set *set)
{
    if (set->room)
        memset(set->slots, 0, set->room * sizeof *set->slots);
    set->count = 0;
}

void series_set_done(struct series_set *set)
{
    mem_free(set->slots);
    *set = (struct series_set){0};
}

static uint64_t hash_of(struct span identity)
{
    uint64_t hash = hash_bytes(hash_process_key(), identity);
    return hash ? hash : 1;
}

// The slot of a hash, or the empty one where it would be.
static uint64_t *slot_of(uint64_t *slots, size_t room, uint64_t hash)
{
    size_t at = hash & (room - 1);
    while (slots[at] && slots[at] != hash)
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static bool grow(struct series_set *set)
{
    size_t room = set->room ? 2 * set->room : FIRST_ROOM;
    uint64_t *slots = mem_calloc(room, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < set->room; i++)
        if (set->slots[i])
            *slot_of(slots, room, set->slots[i]) = set->slots[i];
    mem_free(set->slots);
    set->slots = slots;
    set->room = room;
    return true;
}

enum series_set_result series_set_add(struct series_set *set, struct span identity)
{
    uint64_t hash = hash_of(identity);
    if (2 * (set->count + 1) > set->room && !grow(set))
        return SERIES_NO_MEMORY;
    uint64_t *slot = slot_of(set->slots, set->room, hash);
    if (*slot)
        return SERIES_PRESENT;
    *slot = hash;
    set->count++;
    return SERIES_ADDED;
}

bool series_set_has(const struct series_set *set, struct span identity)
{
    return set->room && *slot_of(set->slots, set->room, hash_of(identity));
}
