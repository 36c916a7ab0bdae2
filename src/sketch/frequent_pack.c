#include "sketch/frequent_pack.h"

#include "base/block.h"
#include "sketch/frequent_text.h"

enum { VARINT_BITS = 7, VARINT_MORE = 0x80 };

static size_t varint_size(uint64_t value)
{
    size_t size = 1;
    for (; value >= VARINT_MORE; value >>= VARINT_BITS)
        size++;
    return size;
}

static uint8_t *put_varint(uint8_t *out, uint64_t value)
{
    for (; value >= VARINT_MORE; value >>= VARINT_BITS)
        *out++ = (uint8_t)(value | VARINT_MORE);
    *out++ = (uint8_t)value;
    return out;
}

static const uint8_t *get_varint(const uint8_t *in, uint64_t *value)
{
    unsigned shift = 0;
    *value = 0;
    for (; *in & VARINT_MORE; in++, shift += VARINT_BITS)
        *value |= (uint64_t)(*in & ~VARINT_MORE) << shift;
    *value |= (uint64_t)*in << shift;
    return in + 1;
}

static size_t record_size(const struct frequent *f, const struct frequent_slot *slot)
{
    size_t weight = varint_size(slot->weight);
    if (f->kind == FREQUENT_U64)
        return varint_size(slot->number) + weight;
    size_t length = frequent_text_at(f, slot->text).len;
    return varint_size(length) + sizeof slot->tag + weight + length;
}

static uint8_t *put_record(uint8_t *out, const struct frequent *f, const struct frequent_slot *slot)
{
    if (f->kind == FREQUENT_U64)
        return put_varint(put_varint(out, slot->number), slot->weight);
    struct span item = frequent_text_at(f, slot->text);
    out = put_varint(out, item.len);
    memcpy(out, &slot->tag, sizeof slot->tag);
    out = put_varint(out + sizeof slot->tag, slot->weight);
    if (item.len)
        memcpy(out, item.ptr, item.len);
    return out + item.len;
}

bool frequent_packed_next(const struct frequent *f, size_t *at, struct frequent_packed *record)
{
    const uint8_t *in = f->text + *at;
    uint64_t length;
    if (*at >= f->text_used)
        return false;
    *record = (struct frequent_packed){0};
    if (f->kind == FREQUENT_U64) {
        in = get_varint(get_varint(in, &record->number), &record->weight);
    } else {
        in = get_varint(in, &length);
        memcpy(&record->tag, in, sizeof record->tag);
        in = get_varint(in + sizeof record->tag, &record->weight);
        record->item = span_of(in, length);
        in += length;
    }
    *at = (size_t)(in - f->text);
    return true;
}

// All records, as long as they are, or what they would be.
static size_t records(const struct frequent *f, uint8_t *out)
{
    uint32_t stride = frequent_stride(f);
    size_t size = 0;
    for (uint32_t n = 0, i = 0; n <= f->mask; n++, i = (i + stride) & f->mask) {
        if (!f->slots[i].weight)
            continue;
        size += record_size(f, &f->slots[i]);
        if (out)
            out = put_record(out, f, &f->slots[i]);
    }
    return size;
}

void frequent_pack(struct frequent *f)
{
    if (!f->slots)
        return;
    size_t size = f->items ? records(f, NULL) : 0;
    if (size > UINT32_MAX)
        return;
    uint8_t *packed = size ? block_new(f->pool, size) : NULL;
    if (size && !packed)
        return;
    if (packed) {
        records(f, packed);
        packed = block_fix(f->pool, packed);
    }
    pool_free(f->pool, f->slots, sizeof *f->slots << f->lg_slots);
    pool_free(f->pool, f->text, f->text_room);
    f->slots = NULL;
    f->text = packed;
    f->text_used = f->text_room = (uint32_t)size;
    f->text_dead = 0;
    if (!packed)
        f->lg_slots = 0;
}
