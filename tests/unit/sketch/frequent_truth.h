// A frequent-items sketch beside the exact weights of the same stream. Items are the numbers below
// TRUTH_ITEMS, or names made of them.
#pragma once

#include <stdio.h>

#include "sketch/frequent.h"

#include "sketch_test.h"

enum { TRUTH_ITEMS = 20000, NAME_ROOM = 64 };

struct truth {
    uint64_t weight[TRUTH_ITEMS];
    uint64_t total;
};

// Lengths from 1 to 40 bytes, so that every way of comparing is used.
static inline struct span name_of(uint64_t item, char *room)
{
    int length = snprintf(room, NAME_ROOM, "%lu%.*s", (unsigned long)item, (int)(item * 7 % 36),
                          ".some-host.some-zone.example.net.ipv6");
    return span_of(room, (size_t)length);
}

static inline bool add_item(struct frequent *f, uint64_t item, uint64_t weight)
{
    const struct hash_key *key = hash_process_key();
    char room[NAME_ROOM];
    if (f->kind == FREQUENT_U64)
        return frequent_add_u64(f, hash_u64(key, item), item, weight);
    struct span name = name_of(item, room);
    return frequent_add_bytes(f, hash_bytes(key, name), name, weight);
}

static inline struct frequent_row get_item(const struct frequent *f, uint64_t item)
{
    const struct hash_key *key = hash_process_key();
    static char room[NAME_ROOM];
    if (f->kind == FREQUENT_U64)
        return frequent_get_u64(f, hash_u64(key, item), item);
    struct span name = name_of(item, room);
    return frequent_get_bytes(f, hash_bytes(key, name), name);
}

static inline uint64_t item_of(const struct frequent *f, const struct frequent_row *row)
{
    char digits[NAME_ROOM] = {0};
    if (f->kind == FREQUENT_U64)
        return row->item_u64;
    assert_true(row->item.len < sizeof digits);
    memcpy(digits, row->item.ptr, row->item.len);
    return strtoull(digits, NULL, 10);
}

// Every true weight lies between its bounds, every row is there once and found again.
static inline void check_bounds(const struct frequent *f, const struct truth *truth)
{
    struct frequent_row row;
    uint32_t rows = 0;
    uint64_t held = 0;
    for (size_t at = 0; frequent_next(f, &at, &row);) {
        uint64_t item = item_of(f, &row);
        assert_true(item < TRUTH_ITEMS && truth->weight[item]);
        assert_true(row.lower > 0 && row.upper == row.lower + f->offset);
        assert_true(row.estimate == row.upper);
        assert_true(get_item(f, item).lower == row.lower);
        held += row.lower;
        rows++;
    }
    assert_int_equal(rows, f->items);
    for (uint64_t item = 0; item < TRUTH_ITEMS; item++) {
        if (!truth->weight[item])
            continue;
        row = get_item(f, item);
        if (truth->weight[item] < row.lower || truth->weight[item] > row.upper)
            fail_msg("item %lu: %lu is not in %lu..%lu", (unsigned long)item,
                     (unsigned long)truth->weight[item], (unsigned long)row.lower,
                     (unsigned long)row.upper);
    }
    assert_true(f->total == truth->total);
    assert_true(held + f->offset <= f->total);
}

// Heavy ones first: item i is drawn with a density near 1/i.
static inline uint64_t skewed_item(struct random_stream *random, uint64_t items)
{
    return (uint64_t)pow((double)items, random_unit(random)) - 1;
}
