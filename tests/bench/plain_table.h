// What the sketches are measured against: an open-addressing hash table that keeps every item with
// its exact count, at most half full, names copied to one growing block.
#pragma once

#include "base/memory.h"
#include "base/span.h"

struct plain_slot {
    uint64_t hash; // 0: empty
    size_t at;
    uint32_t length;
    uint64_t weight;
};

struct plain_table {
    struct plain_slot *slots;
    uint8_t *text;
    size_t room, used, text_room, text_used;
};

static inline void plain_init(struct plain_table *t)
{
    *t = (struct plain_table){.slots = mem_calloc(16, sizeof *t->slots), .room = 16};
}

static inline void plain_done(struct plain_table *t)
{
    mem_free(t->slots);
    mem_free(t->text);
}

static inline struct plain_slot *plain_find(const struct plain_table *t, uint64_t hash,
                                            struct span item)
{
    size_t i = hash & (t->room - 1);
    for (; t->slots[i].hash; i = (i + 1) & (t->room - 1)) {
        const struct plain_slot *slot = &t->slots[i];
        if (slot->hash == hash && span_equal(span_of(t->text + slot->at, slot->length), item))
            break;
    }
    return &t->slots[i];
}

static inline void plain_grow(struct plain_table *t)
{
    struct plain_table bigger = *t;
    bigger.room = 2 * t->room;
    bigger.slots = mem_calloc(bigger.room, sizeof *bigger.slots);
    for (size_t i = 0; i < t->room; i++) {
        if (t->slots[i].hash)
            *plain_find(&bigger, t->slots[i].hash,
                        span_of(t->text + t->slots[i].at, t->slots[i].length)) = t->slots[i];
    }
    mem_free(t->slots);
    *t = bigger;
}

static inline size_t plain_copy(struct plain_table *t, struct span item)
{
    size_t at = t->text_used;
    while (t->text_used + item.len > t->text_room) {
        t->text_room = t->text_room ? 2 * t->text_room : 1024;
        t->text = mem_realloc(t->text, t->text_room);
    }
    memcpy(t->text + at, item.ptr, item.len);
    t->text_used += item.len;
    return at;
}

static inline void plain_add(struct plain_table *t, uint64_t hash, struct span item,
                             uint64_t weight)
{
    struct plain_slot *slot = plain_find(t, hash | 1, item);
    if (!slot->hash) {
        if (2 * t->used >= t->room) {
            plain_grow(t);
            slot = plain_find(t, hash | 1, item);
        }
        slot->hash = hash | 1;
        slot->at = plain_copy(t, item);
        slot->length = (uint32_t)item.len;
        t->used++;
    }
    slot->weight += weight;
}

static inline void plain_merge(struct plain_table *dst, const struct plain_table *src)
{
    for (size_t i = 0; i < src->room; i++) {
        const struct plain_slot *slot = &src->slots[i];
        if (slot->hash)
            plain_add(dst, slot->hash, span_of(src->text + slot->at, slot->length), slot->weight);
    }
}
