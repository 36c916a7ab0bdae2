// Reads the DataSketches form into a table. What comes here has been checked by frequent_blob.c.
#include "sketch/frequent_blob.h"

#include <assert.h>

enum { U32 = 4, U64 = 8 };
enum { AHEAD = 32 }; // items whose slots are on their way

struct next_item {
    uint64_t hash, number;
    struct span text;
};

static void take_number(struct frequent_blob *b, enum frequent_form form,
                        const struct hash_key *key, struct next_item *next)
{
    const uint8_t *at = b->bytes.ptr + b->at;
    if (form == FREQUENT_IPV4) {
        next->number =
            __builtin_bswap32((uint32_t)frequent_blob_load(at + U32, FREQUENT_IPV4_SIZE));
        b->at += U32 + FREQUENT_IPV4_SIZE;
    } else {
        next->number = frequent_blob_load(at, U64);
        b->at += U64;
    }
    next->hash = hash_u64(key, next->number);
}

static void take_text(struct frequent_blob *b, const struct hash_key *key, struct next_item *next)
{
    const uint8_t *at = b->bytes.ptr + b->at;
    next->text = span_of(at + U32, (size_t)frequent_blob_load(at, U32));
    next->hash = hash_bytes(key, next->text);
    b->at += U32 + next->text.len;
}

static bool add_some(struct frequent_blob *b, enum frequent_form form, struct frequent *f,
                     size_t first, size_t n)
{
    const struct hash_key *key = hash_process_key();
    struct next_item next[AHEAD];
    bool whole = true;
    for (size_t i = 0; i < n; i++) {
        if (form == FREQUENT_STRINGS)
            take_text(b, key, &next[i]);
        else
            take_number(b, form, key, &next[i]);
        frequent_prefetch(f, next[i].hash);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t weight = frequent_blob_weight(b, first + i);
        whole &= form == FREQUENT_STRINGS
                     ? frequent_add_bytes(f, next[i].hash, next[i].text, weight)
                     : frequent_add_u64(f, next[i].hash, next[i].number, weight);
    }
    return whole;
}

static bool add_items(struct frequent_blob *b, enum frequent_form form, struct frequent *f)
{
    bool whole = true;
    uint64_t purged = b->total;
    for (size_t i = 0; i < b->items; i++)
        purged -= frequent_blob_weight(b, i);
    f->total += purged;
    f->offset += b->offset;
    for (size_t i = 0; i < b->items; i += AHEAD)
        whole &= add_some(b, form, f, i, b->items - i < AHEAD ? b->items - i : AHEAD);
    return whole || frequent_blob_no_memory(b);
}

bool frequent_check(enum frequent_form form, struct span bytes, struct error *err)
{
    struct frequent_blob b = {.bytes = bytes, .err = err};
    bool empty;
    return frequent_blob_check(&b, form, &empty);
}

bool frequent_add_blob(struct frequent *f, enum frequent_form form, struct span bytes,
                       struct error *err)
{
    struct frequent_blob b = {.bytes = bytes, .err = err};
    bool empty;
    assert((f->kind == FREQUENT_BYTES) == (form == FREQUENT_STRINGS));
    if (!frequent_blob_check(&b, form, &empty))
        return false;
    return empty || (frequent_blob_fits(&b, f->total) && add_items(&b, form, f));
}

bool frequent_read(struct frequent *f, struct span bytes, struct error *err)
{
    enum frequent_form form = f->kind == FREQUENT_BYTES ? FREQUENT_STRINGS : FREQUENT_NUMBERS;
    struct frequent_blob b = {.bytes = bytes, .err = err};
    bool empty;
    frequent_reset(f);
    if (!frequent_blob_check(&b, form, &empty))
        return false;
    if (empty)
        return true;
    bool read = add_items(&b, form, f);
    // As long as nothing was purged, an item that stands twice makes one row less.
    if (read && f->offset == b.offset && f->items != b.items)
        read = frequent_blob_bad(&b, FREQUENT_AT_WEIGHTS + b.items * U64, "an item twice");
    if (!read)
        frequent_reset(f);
    return read;
}
