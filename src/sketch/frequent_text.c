#include "sketch/frequent_text.h"

enum { FIRST_ROOM = 256 };

static size_t record_size(size_t length)
{
    return FREQUENT_TEXT_BYTES + length;
}

static bool grow(struct frequent *f, size_t size)
{
    size_t room = f->text_room ? 2 * (size_t)f->text_room : FIRST_ROOM;
    while (room < f->text_used + size)
        room *= 2;
    if (room > UINT32_MAX)
        return false;
    uint8_t *text = pool_alloc(f->pool, room);
    if (!text)
        return false;
    if (f->text_used)
        memcpy(text, f->text, f->text_used);
    pool_free(f->pool, f->text, f->text_room);
    f->text = text;
    f->text_room = (uint32_t)room;
    return true;
}

bool frequent_text_reserve(struct frequent *f, size_t length)
{
    if (frequent_text_fits(f, length))
        return true;
    if (f->text_dead > f->items) {
        frequent_text_compact(f);
        if (frequent_text_fits(f, length))
            return true;
    }
    if (grow(f, record_size(length)))
        return true;
    if (f->text_dead)
        frequent_text_compact(f);
    return frequent_text_fits(f, length);
}

uint32_t frequent_text_put(struct frequent *f, uint32_t tag, struct span item)
{
    uint32_t at = f->text_used;
    uint8_t *record = f->text + at;
    uint16_t length = (uint16_t)item.len;
    memcpy(record + FREQUENT_TEXT_TAG, &tag, sizeof tag);
    memcpy(record + FREQUENT_TEXT_LENGTH, &length, sizeof length);
    if (item.len)
        memcpy(record + FREQUENT_TEXT_BYTES, item.ptr, item.len);
    f->text_used += (uint32_t)record_size(item.len);
    return at;
}

// The slot that refers to a record; NULL when its item is gone. Records are taken in ascending
// order and only move down, so that an offset still ahead is not a new one.
static struct frequent_slot *slot_of_record(struct frequent *f, uint32_t tag, uint32_t text)
{
    for (uint32_t i = tag & f->mask; f->slots[i].weight; i = (i + 1) & f->mask) {
        if (f->slots[i].text == text && f->slots[i].tag == tag)
            return &f->slots[i];
    }
    return NULL;
}

void frequent_text_compact(struct frequent *f)
{
    uint32_t end = f->text_used, size;
    f->text_used = 0;
    f->text_dead = 0;
    for (uint32_t at = 0; at < end; at += size) {
        uint32_t tag;
        size = (uint32_t)record_size(frequent_text_at(f, at).len);
        memcpy(&tag, f->text + at + FREQUENT_TEXT_TAG, sizeof tag);
        struct frequent_slot *slot = slot_of_record(f, tag, at);
        if (!slot)
            continue;
        memmove(f->text + f->text_used, f->text + at, size);
        slot->text = f->text_used;
        f->text_used += size;
    }
}
