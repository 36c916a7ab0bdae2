// How often each of 65,536 values came: exact counts of ports and other numbers of 16 bits. Random
// ports are 64,000 items of nearly one weight, more than a table of frequent items holds; a counter
// for each of them costs no hash, no search and no bound.
//
// Counters lie in 256 pages by the value's upper byte, taken from the pool on first use: nothing
// where nothing was counted, 2 KiB for the directory and 2 KiB for each page that has a value, 514
// KiB when every page has one. There is no limit to reach but the pool's, which `lost` shows.
//
// A list that was cut when it was written (count16_write) brings an offset: the true count of any
// value then lies between its counter and the sum of counter and offset, as with frequent items.
#pragma once

#include "sketch/frequent.h"

enum {
    COUNT16_VALUES = 1 << 16,
    COUNT16_PAGE = 256, // values of a page
    COUNT16_PAGES = 256,
};

struct count16 {
    struct pool *pool;
    uint64_t **pages; // by the upper byte; NULL: nothing counted yet
    uint32_t used;    // pages there are
    uint64_t total;   // of all counts, with those that a cut has left out
    uint64_t offset;  // what cuts have taken from any value at most; 0 where nothing was read
    uint64_t lost;    // weight that was not counted because the pool was empty
};

void count16_init(struct count16 *c, struct pool *pool);
void count16_done(struct count16 *c);
void count16_reset(struct count16 *c); // empty again, memory given back

// A value on a page that may not be there yet.
bool count16_add_elsewhere(struct count16 *c, uint16_t value, uint64_t weight);

// NULL: nothing of its page has been counted.
static inline uint64_t *count16_counter(const struct count16 *c, uint16_t value)
{
    uint64_t *page = c->pages ? c->pages[value / COUNT16_PAGE] : NULL;
    return page ? &page[value % COUNT16_PAGE] : NULL;
}

// False when the pool has no room for the value's page (counted in `lost`).
static inline bool count16_add(struct count16 *c, uint16_t value, uint64_t weight)
{
    uint64_t *counter = count16_counter(c, value);
    if (__builtin_expect(!counter, 0))
        return count16_add_elsewhere(c, value, weight);
    *counter += weight;
    c->total += weight;
    return true;
}

// Brings the counter of a coming update near. For loops over a batch.
static inline void count16_prefetch(const struct count16 *c, uint16_t value)
{
    __builtin_prefetch(count16_counter(c, value), 1);
}

// Walks what has been counted, in ascending order of the values: *at starts at 0; false at the end.
bool count16_next(const struct count16 *c, size_t *at, uint16_t *value, uint64_t *count);

uint32_t count16_values(const struct count16 *c); // how many different ones

// dst also counts what src has counted; they must not be the same. The result is the same bit for
// bit however a stream was split. False: no room (what is missing is in dst->lost).
bool count16_merge(struct count16 *dst, const struct count16 *src);
size_t count16_memory(const struct count16 *c);

// Appends the counts as frequent items of integers in the DataSketches form: frequent_write, with
// the same max_rows.
void count16_write(const struct count16 *c, size_t max_rows, struct buffer *out);

// Whether count16_add_blob would accept a blob.
bool count16_check(struct span blob, struct error *err);

// c also counts what such a blob has counted; as frequent_add_blob.
bool count16_add_blob(struct count16 *c, struct span blob, struct error *err);
