// The packed form of a frequent-items sketch. One record an item; numbers are varints (LEB128:
// seven bits a byte, the lowest first, the top bit says that more follow):
//
//   integers       byte strings
//   +--------+     +--------+-------+--------+----------------+
//   | number |     | length |  tag  | weight | the item's bytes|
//   +--------+     +--------+-------+--------+----------------+
//   | weight |       varint   4 B     varint
//   +--------+
//
// Records stand in the order in which a merge takes the slots. The size of the table is remembered.
#pragma once

#include "sketch/frequent.h"

// Slots in order of place would fill another table from one end, with long runs; so they are taken
// in strides of the golden section. Odd: every slot comes once.
static inline uint32_t frequent_stride(const struct frequent *f)
{
    return (uint32_t)((f->mask + 1) * UINT64_C(0x9e3779b9) >> 32) | 1;
}

static inline bool frequent_is_packed(const struct frequent *f)
{
    return !f->slots && f->items > 0;
}

struct frequent_packed {
    uint32_t tag;    // FREQUENT_BYTES
    uint64_t number; // FREQUENT_U64
    struct span item;
    uint64_t weight;
};

// The record at *at, which moves on; false at the end.
bool frequent_packed_next(const struct frequent *f, size_t *at, struct frequent_packed *record);

// Back to a table. False: no room (it stays packed).
bool frequent_unpack(struct frequent *f);
