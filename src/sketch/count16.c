#include "sketch/count16.h"

#include "base/block.h"

#include <string.h>

void count16_init(struct count16 *c, struct pool *pool)
{
    *c = (struct count16){.pool = pool};
}

static size_t size_of(unsigned width)
{
    return (size_t)width * COUNT16_PAGE;
}

void count16_reset(struct count16 *c)
{
    for (uint32_t i = 0; c->pages && i < COUNT16_PAGES; i++)
        pool_free(c->pool, c->pages->page[i], size_of(c->pages->width[i]));
    pool_free(c->pool, c->pages, sizeof *c->pages);
    pool_free(c->pool, c->packed, sizeof *c->packed);
    block_free(c->pool, c->block);
    count16_init(c, c->pool);
}

void count16_done(struct count16 *c)
{
    count16_reset(c);
}

size_t count16_memory(const struct count16 *c)
{
    if (c->packed)
        return sizeof *c->packed + block_memory(c->page_bytes);
    return (c->pages ? sizeof *c->pages : 0) + c->page_bytes;
}

// Where each page lies when they are one behind the other from `at` on.
static void lay_out(struct count16_pages *pages, uint8_t *at)
{
    for (uint32_t i = 0; i < COUNT16_PAGES; i++) {
        if (!pages->width[i])
            continue;
        pages->page[i] = at;
        at += size_of(pages->width[i]);
    }
}

void count16_pack(struct count16 *c)
{
    uint8_t *block = c->pages ? block_new(c->pool, c->page_bytes) : NULL;
    if (!block)
        return;
    struct count16_pages *packed = c->pages;
    const struct count16_pages pages = *packed;
    lay_out(packed, block);
    for (uint32_t i = 0; i < COUNT16_PAGES; i++) {
        if (!pages.page[i])
            continue;
        memcpy(packed->page[i], pages.page[i], size_of(pages.width[i]));
        pool_free(c->pool, pages.page[i], size_of(pages.width[i]));
    }
    c->block = block_fix(c->pool, block);
    lay_out(packed, c->block);
    c->packed = packed;
    c->pages = NULL;
}

// The page with counters of at least that width; its counts stay. False: no room.
static bool widen(struct count16 *c, unsigned number, unsigned width)
{
    if (!c->pages && !(c->pages = pool_alloc(c->pool, sizeof *c->pages)))
        return false;
    void *old = c->pages->page[number];
    unsigned had = c->pages->width[number];
    if (old && had >= width)
        return true;
    void *page = pool_alloc(c->pool, size_of(width));
    if (!page)
        return false;
    for (unsigned i = 0; old && i < COUNT16_PAGE; i++)
        count16_store(page, width, i, count16_load(old, had, i));
    pool_free(c->pool, old, size_of(had));
    c->page_bytes += size_of(width) - size_of(had);
    c->pages->page[number] = page;
    c->pages->width[number] = (uint8_t)width;
    return true;
}

static bool unpack(struct count16 *c)
{
    struct count16 made = {
        .pool = c->pool, .total = c->total, .offset = c->offset, .lost = c->lost};
    for (uint32_t i = 0; i < COUNT16_PAGES; i++) {
        if (!c->packed->page[i])
            continue;
        if (!widen(&made, i, c->packed->width[i])) {
            count16_reset(&made);
            return false;
        }
        memcpy(made.pages->page[i], c->packed->page[i], size_of(c->packed->width[i]));
    }
    count16_reset(c);
    *c = made;
    return true;
}

static bool is_table(struct count16 *c)
{
    return !c->packed || unpack(c);
}

bool count16_add_wider(struct count16 *c, uint16_t value, uint64_t weight)
{
    unsigned width = sizeof(uint16_t);
    if (weight == 0)
        return true;
    while (!count16_fits(width, count16_count(c, value) + weight))
        width *= 2;
    if (is_table(c) && widen(c, value / COUNT16_PAGE, width))
        return count16_add(c, value, weight);
    c->lost += weight;
    return false;
}

// From a value on, the first one of its page that came so often.
static bool next_in_page(const void *page, unsigned width, uint64_t least, size_t *at,
                         uint64_t *count)
{
    for (unsigned i = *at % COUNT16_PAGE; i < COUNT16_PAGE; i++) {
        *count = count16_load(page, width, i);
        if (*count >= least) {
            *at = *at / COUNT16_PAGE * COUNT16_PAGE + i;
            return true;
        }
    }
    return false;
}

bool count16_next_heavy(const struct count16 *c, size_t *at, uint64_t least, uint16_t *value,
                        uint64_t *count)
{
    const struct count16_pages *pages = c->pages ? c->pages : c->packed;
    least = least ? least : 1;
    while (pages && *at < COUNT16_VALUES) {
        size_t number = *at / COUNT16_PAGE;
        if (pages->page[number] &&
            next_in_page(pages->page[number], pages->width[number], least, at, count)) {
            *value = (uint16_t)(*at)++;
            return true;
        }
        *at = (number + 1) * COUNT16_PAGE;
    }
    return false;
}

bool count16_next(const struct count16 *c, size_t *at, uint16_t *value, uint64_t *count)
{
    return count16_next_heavy(c, at, 1, value, count);
}

uint32_t count16_values(const struct count16 *c)
{
    uint32_t n = 0;
    size_t at = 0;
    uint16_t value;
    uint64_t count;
    while (count16_next(c, &at, &value, &count))
        n++;
    return n;
}

// Where both have narrow counters and no sum is too wide for them: the usual case, in a few
// instructions for all.
static bool add_narrow(uint16_t *restrict to, const uint16_t *restrict from)
{
    uint32_t all = 0;
    for (unsigned i = 0; i < COUNT16_PAGE; i++)
        all |= (uint32_t)to[i] + from[i];
    if (all > UINT16_MAX)
        return false;
    for (unsigned i = 0; i < COUNT16_PAGE; i++)
        to[i] = (uint16_t)(to[i] + from[i]);
    return true;
}

// Returns the weight that has been counted.
static uint64_t merge_page(struct count16 *dst, unsigned number, const void *from, unsigned width)
{
    uint64_t before = dst->total, sum = 0;
    for (unsigned i = 0; i < COUNT16_PAGE; i++)
        sum += count16_load(from, width, i);
    if (is_table(dst) && widen(dst, number, width) &&
        dst->pages->width[number] == sizeof(uint16_t) &&
        add_narrow(dst->pages->page[number], from)) {
        dst->total += sum;
        return sum;
    }
    for (unsigned i = 0; i < COUNT16_PAGE; i++)
        count16_add(dst, (uint16_t)(number * COUNT16_PAGE + i), count16_load(from, width, i));
    return dst->total - before;
}

bool count16_merge(struct count16 *dst, const struct count16 *src)
{
    const struct count16_pages *pages = src->pages ? src->pages : src->packed;
    uint64_t lost = dst->lost, left_out = src->total;
    for (unsigned number = 0; pages && number < COUNT16_PAGES; number++)
        if (pages->page[number])
            left_out -= merge_page(dst, number, pages->page[number], pages->width[number]);
    bool whole = dst->lost == lost;
    // What a cut has left out of src, but not what found no room here.
    dst->total += left_out - (dst->lost - lost);
    dst->offset += src->offset;
    dst->lost += src->lost;
    return whole;
}
