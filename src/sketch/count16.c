#include "sketch/count16.h"

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
    count16_init(c, c->pool);
}

void count16_done(struct count16 *c)
{
    count16_reset(c);
}

size_t count16_memory(const struct count16 *c)
{
    return (c->pages ? sizeof *c->pages : 0) + c->page_bytes;
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

bool count16_add_wider(struct count16 *c, uint16_t value, uint64_t weight)
{
    unsigned width = sizeof(uint16_t);
    if (weight == 0)
        return true;
    while (!count16_fits(width, count16_count(c, value) + weight))
        width *= 2;
    if (widen(c, value / COUNT16_PAGE, width))
        return count16_add(c, value, weight);
    c->lost += weight;
    return false;
}

bool count16_next(const struct count16 *c, size_t *at, uint16_t *value, uint64_t *count)
{
    while (c->pages && *at < COUNT16_VALUES) {
        if (!c->pages->page[*at / COUNT16_PAGE]) {
            *at = (*at / COUNT16_PAGE + 1) * COUNT16_PAGE;
            continue;
        }
        *value = (uint16_t)(*at)++;
        *count = count16_count(c, *value);
        if (*count)
            return true;
    }
    return false;
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

bool count16_merge(struct count16 *dst, const struct count16 *src)
{
    bool whole = true;
    uint64_t left_out = src->total, count;
    uint16_t value;
    dst->lost += src->lost;
    for (unsigned number = 0; src->pages && number < COUNT16_PAGES; number++)
        if (src->pages->page[number])
            widen(dst, number, src->pages->width[number]); // or counter by counter
    for (size_t at = 0; count16_next(src, &at, &value, &count); left_out -= count)
        whole &= count16_add(dst, value, count);
    dst->total += left_out;
    dst->offset += src->offset;
    return whole;
}
