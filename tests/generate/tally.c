#include "tally.h"

#include "base/hash.h"
#include "must.h"

#include <math.h>
#include <stdlib.h>

enum { FIRST_ROOM = 64 };

static const struct hash_key key = {0x243f6a8885a308d3u, 0x13198a2e03707344u, 0xa4093822299f31d0u};

void tally_done(struct tally *tally)
{
    mem_free(tally->rows);
    mem_free(tally->slots);
    mem_free(tally->bytes);
    *tally = (struct tally){0};
}

struct span tally_item(const struct tally *tally, const struct tally_row *row)
{
    return span_of(tally->bytes + row->at, row->len);
}

// The slot of an item, or the empty one where it belongs.
static uint32_t find(const struct tally *tally, struct span item)
{
    uint32_t at = (uint32_t)hash_bytes(&key, item) & tally->mask;
    while (tally->slots[at]) {
        const struct tally_row *row = &tally->rows[tally->slots[at] - 1];
        if (span_equal(tally_item(tally, row), item))
            break;
        at = (at + 1) & tally->mask;
    }
    return at;
}

static void grow(struct tally *tally)
{
    tally->room = tally->room ? tally->room * 2 : FIRST_ROOM;
    tally->rows = must_grow(tally->rows, tally->room, sizeof *tally->rows);
    mem_free(tally->slots);
    tally->slots = must_zalloc(tally->room * 2 * sizeof *tally->slots);
    tally->mask = tally->room * 2 - 1;
    for (uint32_t i = 0; i < tally->count; i++)
        tally->slots[find(tally, tally_item(tally, &tally->rows[i]))] = i + 1;
}

static size_t keep(struct tally *tally, struct span item)
{
    size_t at = tally->bytes_used;
    if (tally->bytes_room - at < item.len) {
        tally->bytes_room = (at + item.len) * 2;
        tally->bytes = must_grow(tally->bytes, tally->bytes_room, 1);
    }
    if (item.len)
        memcpy(tally->bytes + at, item.ptr, item.len);
    tally->bytes_used += item.len;
    return at;
}

void tally_add(struct tally *tally, struct span item, uint64_t weight)
{
    if (tally->count == tally->room)
        grow(tally);
    uint32_t slot = find(tally, item);
    if (!tally->slots[slot]) {
        tally->rows[tally->count] = (struct tally_row){keep(tally, item), (uint32_t)item.len, 0};
        tally->slots[slot] = ++tally->count;
    }
    tally->rows[tally->slots[slot] - 1].weight += weight;
    tally->total += weight;
}

void tally_add_value(struct tally *tally, uint64_t value, uint64_t weight)
{
    tally_add(tally, span_of(&value, sizeof value), weight);
}

void tally_merge(struct tally *into, const struct tally *from)
{
    for (uint32_t i = 0; i < from->count; i++)
        tally_add(into, tally_item(from, &from->rows[i]), from->rows[i].weight);
}

uint64_t tally_weight(const struct tally *tally, struct span item)
{
    uint32_t row = tally->count ? tally->slots[find(tally, item)] : 0;
    return row ? tally->rows[row - 1].weight : 0;
}

uint64_t tally_value(const struct tally *tally, const struct tally_row *row)
{
    uint64_t value;
    memcpy(&value, tally->bytes + row->at, sizeof value);
    return value;
}

static int by_weight(const void *a_, const void *b_, void *tally)
{
    const struct tally_row *a = a_, *b = b_;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return span_compare(tally_item(tally, a), tally_item(tally, b));
}

struct tally_row *tally_sorted(const struct tally *tally)
{
    struct tally_row *rows = must_zalloc((tally->count + 1) * sizeof *rows);
    if (tally->count)
        memcpy(rows, tally->rows, tally->count * sizeof *rows);
    qsort_r(rows, tally->count, sizeof *rows, by_weight, (void *)(uintptr_t)tally);
    return rows;
}

static int by_value(const void *a_, const void *b_)
{
    const uint64_t *a = a_, *b = b_;
    return (*a > *b) - (*a < *b);
}

struct distribution distribution_of(const struct tally *values)
{
    struct distribution d = {.distinct = values->count};
    d.values = must_zalloc((d.distinct + 1) * sizeof *d.values);
    d.up_to = must_zalloc((d.distinct + 1) * sizeof *d.up_to);
    for (uint32_t i = 0; i < d.distinct; i++)
        d.values[i] = tally_value(values, &values->rows[i]);
    qsort(d.values, d.distinct, sizeof *d.values, by_value);
    for (uint32_t i = 0; i < d.distinct; i++) {
        d.count += tally_weight(values, span_of(&d.values[i], sizeof d.values[i]));
        d.up_to[i] = d.count;
    }
    return d;
}

void distribution_done(struct distribution *d)
{
    mem_free(d->values);
    mem_free(d->up_to);
}

uint64_t distribution_quantile(const struct distribution *d, double q)
{
    double rank = ceil(q * (double)d->count - 1e-9);
    uint64_t wanted = rank < 1 ? 1 : (uint64_t)rank;
    uint32_t i = 0;
    while (i + 1 < d->distinct && d->up_to[i] < wanted)
        i++;
    return d->values[i];
}
