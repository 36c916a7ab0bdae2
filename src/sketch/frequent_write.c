// Writes the DataSketches form; drawn in frequent_layout.h.
#include <stdlib.h>

#include "base/memory.h"
#include "sketch/frequent.h"
#include "sketch/frequent_layout.h"
#include "sketch/frequent_text.h"

enum { U32 = 4, U64 = 8 };

static void store(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void add_number(struct buffer *out, uint64_t value, size_t size)
{
    uint8_t bytes[U64];
    store(bytes, value, size);
    buffer_add(out, bytes, size);
}

static int order_of_items(const struct frequent *f, const struct frequent_slot *a,
                          const struct frequent_slot *b)
{
    if (f->kind == FREQUENT_BYTES)
        return span_compare(frequent_text_at(f, a->text), frequent_text_at(f, b->text));
    return (a->number > b->number) - (a->number < b->number);
}

static int heaviest_first(const void *a, const void *b, void *sketch)
{
    const struct frequent *f = sketch;
    const struct frequent_slot *left = *(const struct frequent_slot *const *)a;
    const struct frequent_slot *right = *(const struct frequent_slot *const *)b;
    if (left->weight != right->weight)
        return left->weight < right->weight ? 1 : -1;
    return order_of_items(f, left, right);
}

static void collect(const struct frequent *f, const struct frequent_slot **rows)
{
    size_t n = 0;
    for (uint32_t i = 0; f->slots && i <= f->mask; i++) {
        if (f->slots[i].weight)
            rows[n++] = &f->slots[i];
    }
    qsort_r(rows, n, sizeof *rows, heaviest_first, (void *)(uintptr_t)f);
}

// The smallest table that holds so many items at 3/4 load.
static uint8_t lg_for(size_t items)
{
    uint8_t lg = FREQUENT_LG_MIN;
    while (((size_t)3 << lg) / 4 < items)
        lg++;
    return lg;
}

static void fill_header(const struct frequent *f, size_t items, uint8_t *header)
{
    header[FREQUENT_AT_LONGS] = FREQUENT_LONGS;
    header[FREQUENT_AT_SERIAL] = FREQUENT_SERIAL;
    header[FREQUENT_AT_FAMILY] = FREQUENT_FAMILY;
    header[FREQUENT_AT_LG_MAX] = f->lg_max;
    header[FREQUENT_AT_LG_CUR] = lg_for(items);
}

static void write_empty(const struct frequent *f, struct buffer *out)
{
    uint8_t header[FREQUENT_EMPTY_SIZE] = {0};
    fill_header(f, 0, header);
    header[FREQUENT_AT_LONGS] = FREQUENT_LONGS_EMPTY;
    header[FREQUENT_AT_FLAGS] = FREQUENT_FLAG_EMPTY | FREQUENT_FLAG_EMPTY_TOO;
    buffer_add(out, header, sizeof header);
}

static void write_item(const struct frequent *f, const struct frequent_slot *slot,
                       struct buffer *out)
{
    if (f->kind == FREQUENT_U64) {
        add_number(out, slot->number, U64);
        return;
    }
    struct span item = frequent_text_at(f, slot->text);
    add_number(out, item.len, U32);
    buffer_add(out, item.ptr, item.len);
}

static void write_rows(const struct frequent *f, const struct frequent_slot *const *rows,
                       size_t items, struct buffer *out)
{
    uint8_t header[FREQUENT_AT_WEIGHTS] = {0};
    uint64_t left_out = items < f->items ? rows[items]->weight : 0;
    fill_header(f, items, header);
    store(header + FREQUENT_AT_ITEMS, items, U32);
    store(header + FREQUENT_AT_TOTAL, f->total, U64);
    store(header + FREQUENT_AT_OFFSET, f->offset + left_out, U64);
    buffer_add(out, header, sizeof header);
    for (size_t i = 0; i < items; i++)
        add_number(out, rows[i]->weight, U64);
    for (size_t i = 0; i < items; i++)
        write_item(f, rows[i], out);
}

void frequent_write(const struct frequent *f, size_t max_rows, struct buffer *out)
{
    if (f->total == 0) {
        write_empty(f, out);
        return;
    }
    const struct frequent_slot **rows = mem_calloc(f->items + 1, sizeof *rows);
    if (!rows) {
        out->failed = true;
        return;
    }
    collect(f, rows);
    write_rows(f, rows, max_rows && max_rows < f->items ? max_rows : f->items, out);
    mem_free(rows);
}
