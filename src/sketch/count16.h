// How often each of 65,536 values came: exact counts of ports and other numbers of 16 bits. Random
// ports are 64,000 items of nearly one weight, more than a table of frequent items holds; a counter
// for each of them costs no hash, no search and no bound.
//
// Counters lie in 256 pages by the value's upper byte, taken from the pool on first use. Those of a
// page are as wide as its greatest needs: 2, 4 or 8 bytes. So nothing is taken where nothing was
// counted, 2.25 KiB for the directory, and for all pages 128 KiB while every count is below 65,536,
// 256 KiB below 2^32. Packed, when it is only read any more, the pages are one block
// (base/block.h). There is no limit to reach but the pool's, which `lost` shows.
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

struct count16_pages {
    void *page[COUNT16_PAGES];    // by the upper byte; NULL: nothing counted yet
    uint8_t width[COUNT16_PAGES]; // bytes of a counter: 2, 4 or 8
};

struct count16 {
    struct pool *pool;
    struct count16_pages *pages;  // NULL: nothing counted yet, or packed
    struct count16_pages *packed; // pages lie one behind the other in `block`
    uint8_t *block;
    size_t page_bytes; // of all pages
    uint64_t total;    // of all counts, with those that a cut has left out
    uint64_t offset;   // what cuts have taken from any value at most; 0 where nothing was read
    uint64_t lost;     // weight that was not counted because the pool was empty
};

void count16_init(struct count16 *c, struct pool *pool);
void count16_done(struct count16 *c);
void count16_reset(struct count16 *c); // empty again, memory given back

// For a sketch that is only read from now on. The first update unpacks it. Does nothing where the
// pool has no room to move.
void count16_pack(struct count16 *c);

// Where the page is missing, or its counters are too narrow for the sum.
bool count16_add_wider(struct count16 *c, uint16_t value, uint64_t weight);

static inline uint64_t count16_load(const void *page, unsigned width, unsigned i)
{
    switch (width) {
    case 2:
        return ((const uint16_t *)page)[i];
    case 4:
        return ((const uint32_t *)page)[i];
    default:
        return ((const uint64_t *)page)[i];
    }
}

static inline void count16_store(void *page, unsigned width, unsigned i, uint64_t count)
{
    switch (width) {
    case 2:
        ((uint16_t *)page)[i] = (uint16_t)count;
        break;
    case 4:
        ((uint32_t *)page)[i] = (uint32_t)count;
        break;
    default:
        ((uint64_t *)page)[i] = count;
    }
}

static inline bool count16_fits(unsigned width, uint64_t count)
{
    return width == sizeof count || count >> (8 * width) == 0;
}

static inline uint64_t count16_count(const struct count16 *c, uint16_t value)
{
    const struct count16_pages *pages = c->pages ? c->pages : c->packed;
    unsigned number = value / COUNT16_PAGE, i = value % COUNT16_PAGE;
    return pages && pages->page[number] ? count16_load(pages->page[number], pages->width[number], i)
                                        : 0;
}

// False when the pool has no room for the value's page (counted in `lost`).
static inline bool count16_add(struct count16 *c, uint16_t value, uint64_t weight)
{
    void *page = c->pages ? c->pages->page[value / COUNT16_PAGE] : NULL;
    if (__builtin_expect(!page, 0))
        return count16_add_wider(c, value, weight);
    unsigned width = c->pages->width[value / COUNT16_PAGE], i = value % COUNT16_PAGE;
    uint64_t sum = count16_load(page, width, i) + weight;
    if (__builtin_expect(!count16_fits(width, sum), 0))
        return count16_add_wider(c, value, weight);
    count16_store(page, width, i, sum);
    c->total += weight;
    return true;
}

// Brings the counter of a coming update near. For loops over a batch.
static inline void count16_prefetch(const struct count16 *c, uint16_t value)
{
    const uint8_t *page = c->pages ? c->pages->page[value / COUNT16_PAGE] : NULL;
    if (page)
        __builtin_prefetch(page + value % COUNT16_PAGE * c->pages->width[value / COUNT16_PAGE], 1);
}

// Walks what has been counted, in ascending order of the values: *at starts at 0; false at the end.
bool count16_next(const struct count16 *c, size_t *at, uint16_t *value, uint64_t *count);
// The same for those that came at least so often; many light ones in between cost little.
bool count16_next_heavy(const struct count16 *c, size_t *at, uint64_t least, uint16_t *value,
                        uint64_t *count);

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
