// Exact counts as frequent items in the DataSketches form.
#include "sketch/count16.h"

#include "base/memory.h"
#include "sketch/frequent_blob.h"
#include "sketch/frequent_slots.h"

void count16_write(const struct count16 *c, size_t max_rows, struct buffer *out)
{
    struct frequent_list list = {.slots =
                                     mem_calloc((size_t)count16_values(c) + 1, sizeof *list.slots),
                                 .form = FREQUENT_NUMBERS,
                                 .total = c->total,
                                 .offset = c->offset,
                                 .lg_max = FREQUENT_LG_MAX};
    size_t at = 0;
    uint16_t value;
    if (!list.slots) {
        out->failed = true;
        return;
    }
    for (uint64_t count; count16_next(c, &at, &value, &count);)
        list.slots[list.n++] = (struct frequent_slot){.number = value, .weight = count};
    frequent_write_list(&list, max_rows, out);
    mem_free(list.slots);
}

static bool check(struct frequent_blob *b, bool *empty)
{
    if (!frequent_blob_check(b, FREQUENT_NUMBERS, empty))
        return false;
    for (size_t i = 0; !*empty && i < b->items; i++)
        if (frequent_blob_number(b, i) >= COUNT16_VALUES)
            return frequent_blob_bad(b, b->at + i * sizeof(uint64_t), "an item of over 16 bits");
    return true;
}

bool count16_check(struct span bytes, struct error *err)
{
    struct frequent_blob b = {.bytes = bytes, .err = err};
    bool empty;
    return check(&b, &empty);
}

bool count16_add_blob(struct count16 *c, struct span bytes, struct error *err)
{
    struct frequent_blob b = {.bytes = bytes, .err = err};
    bool empty, whole = true;
    if (!check(&b, &empty))
        return false;
    if (empty)
        return true;
    if (!frequent_blob_fits(&b, c->total))
        return false;
    uint64_t left_out = b.total;
    for (size_t i = 0; i < b.items; i++) {
        uint64_t weight = frequent_blob_weight(&b, i);
        whole &= count16_add(c, (uint16_t)frequent_blob_number(&b, i), weight);
        left_out -= weight;
    }
    c->total += left_out;
    c->offset += b.offset;
    return whole || frequent_blob_no_memory(&b);
}
