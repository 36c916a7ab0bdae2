// Writes the DataSketches form; drawn in frequent_layout.h.
#include "sketch/frequent_slots.h"

#include "base/memory.h"
#include "sketch/frequent_layout.h"
#include "sketch/frequent_pack.h"
#include "sketch/frequent_text.h"
#include "sketch/select.h"

#include <stdlib.h>

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

static int heaviest_first(const void *a, const void *b, void *list_)
{
    const struct frequent_list *list = list_;
    const struct frequent_slot *left = a, *right = b;
    if (left->weight != right->weight)
        return left->weight < right->weight ? 1 : -1;
    if (list->text)
        return span_compare(frequent_text_at(list->text, left->text),
                            frequent_text_at(list->text, right->text));
    return (left->number > right->number) - (left->number < right->number);
}

// The weight of the heaviest row that is left out when only max_rows stay.
static bool heaviest_left_out(const struct frequent_list *list, size_t max_rows, uint64_t *weight)
{
    uint64_t *weights = mem_calloc(list->n, sizeof *weights);
    if (!weights)
        return false;
    for (size_t i = 0; i < list->n; i++)
        weights[i] = list->slots[i].weight;
    *weight = select_rank(weights, list->n, list->n - max_rows - 1);
    mem_free(weights);
    return true;
}

static bool cut(struct frequent_list *list, size_t max_rows)
{
    uint64_t loss;
    size_t kept = 0;
    if (max_rows == 0 || max_rows >= list->n)
        return true;
    if (!heaviest_left_out(list, max_rows, &loss))
        return false;
    for (size_t i = 0; i < list->n; i++) {
        struct frequent_slot slot = list->slots[i];
        if (slot.weight <= loss)
            continue;
        slot.weight -= loss;
        list->slots[kept++] = slot;
    }
    list->n = kept;
    list->offset += loss;
    return true;
}

// The smallest table that holds so many items at 3/4 load.
static uint8_t lg_for(size_t items)
{
    uint8_t lg = FREQUENT_LG_MIN;
    while (((size_t)3 << lg) / 4 < items)
        lg++;
    return lg;
}

static void fill_header(const struct frequent_list *list, uint8_t *header)
{
    uint8_t lg = lg_for(list->n);
    header[FREQUENT_AT_LONGS] = FREQUENT_LONGS;
    header[FREQUENT_AT_SERIAL] = FREQUENT_SERIAL;
    header[FREQUENT_AT_FAMILY] = FREQUENT_FAMILY;
    header[FREQUENT_AT_LG_MAX] = lg > list->lg_max ? lg : list->lg_max;
    header[FREQUENT_AT_LG_CUR] = lg;
}

static void write_empty(const struct frequent_list *list, struct buffer *out)
{
    uint8_t header[FREQUENT_EMPTY_SIZE] = {0};
    fill_header(list, header);
    header[FREQUENT_AT_LONGS] = FREQUENT_LONGS_EMPTY;
    header[FREQUENT_AT_FLAGS] = FREQUENT_FLAG_EMPTY | FREQUENT_FLAG_EMPTY_TOO;
    buffer_add(out, header, sizeof header);
}

static void write_item(const struct frequent_list *list, const struct frequent_slot *slot,
                       struct buffer *out)
{
    if (list->text) {
        struct span item = frequent_text_at(list->text, slot->text);
        add_number(out, item.len, U32);
        buffer_add(out, item.ptr, item.len);
    } else if (list->form == FREQUENT_IPV4) {
        add_number(out, FREQUENT_IPV4_SIZE, U32);
        add_number(out, __builtin_bswap32((uint32_t)slot->number), FREQUENT_IPV4_SIZE);
    } else {
        add_number(out, slot->number, U64);
    }
}

void frequent_write_list(struct frequent_list *list, size_t max_rows, struct buffer *out)
{
    uint8_t header[FREQUENT_AT_WEIGHTS] = {0};
    if (list->total == 0) {
        write_empty(list, out);
        return;
    }
    if (!cut(list, max_rows)) {
        out->failed = true;
        return;
    }
    if (list->n)
        qsort_r(list->slots, list->n, sizeof *list->slots, heaviest_first, list);
    fill_header(list, header);
    store(header + FREQUENT_AT_ITEMS, list->n, U32);
    store(header + FREQUENT_AT_TOTAL, list->total, U64);
    store(header + FREQUENT_AT_OFFSET, list->offset, U64);
    buffer_add(out, header, sizeof header);
    for (size_t i = 0; i < list->n; i++)
        add_number(out, list->slots[i].weight, U64);
    for (size_t i = 0; i < list->n; i++)
        write_item(list, &list->slots[i], out);
}

static void write_table(const struct frequent *f, enum frequent_form form, size_t max_rows,
                        struct buffer *out)
{
    struct frequent_list list = {.slots = mem_calloc(f->items + 1, sizeof *list.slots),
                                 .text = f->kind == FREQUENT_BYTES ? f : NULL,
                                 .form = form,
                                 .total = f->total,
                                 .offset = f->offset,
                                 .lg_max = f->lg_max};
    if (!list.slots) {
        out->failed = true;
        return;
    }
    for (uint32_t i = 0; f->slots && i <= f->mask; i++)
        if (f->slots[i].weight)
            list.slots[list.n++] = f->slots[i];
    frequent_write_list(&list, max_rows, out);
    mem_free(list.slots);
}

static void write_packed(const struct frequent *f, enum frequent_form form, size_t max_rows,
                         struct buffer *out)
{
    struct frequent table;
    frequent_init(&table, f->pool, f->kind, f->lg_max);
    if (frequent_merge(&table, f))
        write_table(&table, form, max_rows, out);
    else
        out->failed = true;
    frequent_done(&table);
}

void frequent_write(const struct frequent *f, enum frequent_form form, size_t max_rows,
                    struct buffer *out)
{
    if (frequent_is_packed(f))
        write_packed(f, form, max_rows, out);
    else
        write_table(f, form, max_rows, out);
}
