#include "sketch/count16.h"

static const size_t directory_size = COUNT16_PAGES * sizeof(uint64_t *);
static const size_t page_size = COUNT16_PAGE * sizeof(uint64_t);

void count16_init(struct count16 *c, struct pool *pool)
{
    *c = (struct count16){.pool = pool};
}

void count16_reset(struct count16 *c)
{
    for (uint32_t i = 0; c->pages && i < COUNT16_PAGES; i++)
        pool_free(c->pool, c->pages[i], page_size);
    pool_free(c->pool, c->pages, directory_size);
    count16_init(c, c->pool);
}

void count16_done(struct count16 *c)
{
    count16_reset(c);
}

size_t count16_memory(const struct count16 *c)
{
    return (c->pages ? directory_size : 0) + c->used * page_size;
}

// NULL: no room.
static uint64_t *page_of(struct count16 *c, uint32_t number)
{
    if (!c->pages && !(c->pages = pool_alloc(c->pool, directory_size)))
        return NULL;
    if (!c->pages[number] && (c->pages[number] = pool_alloc(c->pool, page_size)))
        c->used++;
    return c->pages[number];
}

bool count16_add_elsewhere(struct count16 *c, uint16_t value, uint64_t weight)
{
    if (weight == 0)
        return true;
    if (!page_of(c, value / COUNT16_PAGE)) {
        c->lost += weight;
        return false;
    }
    return count16_add(c, value, weight);
}

bool count16_next(const struct count16 *c, size_t *at, uint16_t *value, uint64_t *count)
{
    while (c->pages && *at < COUNT16_VALUES) {
        const uint64_t *counter = count16_counter(c, (uint16_t)*at);
        if (!counter) {
            *at = (*at / COUNT16_PAGE + 1) * COUNT16_PAGE;
            continue;
        }
        *value = (uint16_t)(*at)++;
        *count = *counter;
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
    uint64_t left_out = src->total;
    dst->lost += src->lost;
    for (uint32_t number = 0; src->pages && number < COUNT16_PAGES; number++) {
        const uint64_t *from = src->pages[number];
        if (!from)
            continue;
        uint64_t *to = page_of(dst, number), sum = 0;
        for (uint32_t i = 0; i < COUNT16_PAGE; i++) {
            sum += from[i];
            if (to)
                to[i] += from[i];
        }
        *(to ? &dst->total : &dst->lost) += sum;
        left_out -= sum;
        whole &= to != NULL;
    }
    dst->total += left_out;
    dst->offset += src->offset;
    return whole;
}
