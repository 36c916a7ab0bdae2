#include "sketch/count16.h"

#include "base/memory.h"
#include "sketch/select.h"

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
        whole &= to != NULL;
    }
    return whole;
}

// The weight of the heaviest value that is left out when only `kept` of `values` stay.
static bool heaviest_left_out(const struct count16 *c, uint32_t values, uint32_t kept,
                              uint64_t *weight)
{
    *weight = 0;
    if (values <= kept)
        return true;
    uint64_t *weights = mem_calloc(values, sizeof *weights);
    if (!weights)
        return false;
    uint32_t n = 0;
    size_t at = 0;
    uint16_t value;
    while (n < values && count16_next(c, &at, &value, &weights[n]))
        n++;
    *weight = select_rank(weights, values, values - kept - 1);
    mem_free(weights);
    return true;
}

bool count16_to_frequent(const struct count16 *c, uint32_t max_items, struct frequent *f)
{
    const struct hash_key *key = hash_process_key();
    uint32_t room = frequent_capacity(f), values = count16_values(c);
    size_t at = 0;
    uint64_t lowered, count;
    uint16_t value;
    if (!heaviest_left_out(c, values, max_items < room ? max_items : room, &lowered))
        return false;
    bool whole = true;
    while (count16_next(c, &at, &value, &count))
        if (count > lowered)
            whole &= frequent_add_u64(f, hash_u64(key, value), value, count - lowered);
    f->offset += lowered;
    f->total = c->total - f->lost;
    f->lost += c->lost;
    return whole;
}
