// The arena of a frequent-items sketch of byte strings. One record an item:
//
//   0       4       6
//   +-------+-------+----------------+
//   |  tag  | length| the item's bytes
//   +-------+-------+----------------+
//
// Records of items that are gone stay until frequent_text_reserve finds that they are the greater
// part; the tag then leads from a record to its slot.
#pragma once

#include "sketch/frequent.h"

enum { FREQUENT_TEXT_TAG = 0, FREQUENT_TEXT_LENGTH = 4, FREQUENT_TEXT_BYTES = 6 };

static inline struct span frequent_text_at(const struct frequent *f, uint32_t text)
{
    const uint8_t *record = f->text + text;
    uint16_t length;
    memcpy(&length, record + FREQUENT_TEXT_LENGTH, sizeof length);
    return span_of(record + FREQUENT_TEXT_BYTES, length);
}

static inline bool frequent_text_fits(const struct frequent *f, size_t length)
{
    return FREQUENT_TEXT_BYTES + length <= f->text_room - f->text_used;
}

// Makes room for one more record of an item of that length. False: no room.
bool frequent_text_reserve(struct frequent *f, size_t length);

// Appends a record where there is room; returns its offset.
uint32_t frequent_text_put(struct frequent *f, uint32_t tag, struct span item);

// Moves the records of living items together. In place; slots are told their new offsets.
void frequent_text_compact(struct frequent *f);
