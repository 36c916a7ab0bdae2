#include "sketch/frequent.h"

#include <assert.h>

#include "base/block.h"
#include "sketch/frequent_pack.h"
#include "sketch/frequent_text.h"
#include "sketch/select.h"

enum { SAMPLE = 1024 }; // weights that a purge takes the median of

void frequent_init(struct frequent *f, struct pool *pool, enum frequent_kind kind, unsigned lg_max)
{
    if (lg_max < FREQUENT_LG_MIN)
        lg_max = FREQUENT_LG_MIN;
    if (lg_max > FREQUENT_LG_MAX)
        lg_max = FREQUENT_LG_MAX;
    *f = (struct frequent){.pool = pool, .kind = (uint8_t)kind, .lg_max = (uint8_t)lg_max};
}

static size_t slots_size(const struct frequent *f)
{
    return f->slots ? sizeof *f->slots << f->lg_slots : 0;
}

void frequent_reset(struct frequent *f)
{
    if (frequent_is_packed(f))
        block_free(f->pool, f->text);
    else
        pool_free(f->pool, f->text, f->text_room);
    pool_free(f->pool, f->slots, slots_size(f));
    frequent_init(f, f->pool, f->kind, f->lg_max);
}

void frequent_done(struct frequent *f)
{
    frequent_reset(f);
}

size_t frequent_memory(const struct frequent *f)
{
    return slots_size(f) + (frequent_is_packed(f) ? block_memory(f->text_room) : f->text_room);
}

uint32_t frequent_capacity(const struct frequent *f)
{
    return (1u << f->lg_max) / 4 * 3;
}

static uint32_t tag_of_hash(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

// The key is the caller's to fetch, once for a whole table.
static uint32_t tag_of_slot(const struct frequent *f, const struct hash_key *key,
                            const struct frequent_slot *slot)
{
    if (f->kind == FREQUENT_BYTES)
        return slot->tag;
    return tag_of_hash(hash_u64(key, slot->number));
}

// The first empty slot from the tag's own on.
static struct frequent_slot *free_slot(const struct frequent *f, uint32_t tag)
{
    uint32_t i = tag & f->mask;
    while (f->slots[i].weight)
        i = (i + 1) & f->mask;
    return &f->slots[i];
}

static bool resize(struct frequent *f, uint8_t lg_slots)
{
    const struct hash_key *key = hash_process_key();
    struct frequent_slot *old = f->slots, *slots;
    uint32_t old_count = f->slots ? f->mask + 1 : 0;
    size_t old_size = slots_size(f);
    slots = pool_alloc(f->pool, sizeof *slots << lg_slots);
    if (!slots)
        return false;
    f->slots = slots;
    f->lg_slots = lg_slots;
    f->mask = (1u << lg_slots) - 1;
    for (uint32_t i = 0; i < old_count; i++) {
        if (old[i].weight)
            *free_slot(f, tag_of_slot(f, key, &old[i])) = old[i];
    }
    pool_free(f->pool, old, old_size);
    return true;
}

static uint64_t median_of_sample(const struct frequent *f)
{
    uint64_t sample[SAMPLE];
    size_t n = 0;
    for (uint32_t i = 0; i <= f->mask && n < SAMPLE; i++) {
        if (f->slots[i].weight)
            sample[n++] = f->slots[i].weight;
    }
    return select_rank(sample, n, n / 2);
}

// Takes `loss` from every weight and drops what it uses up, in one pass. It starts behind an empty
// slot: every item is then put back at or before its own place, among items that have found theirs.
static void lower_weights(struct frequent *f, uint64_t loss)
{
    const struct hash_key *key = hash_process_key();
    uint32_t start = (uint32_t)(free_slot(f, 0) - f->slots);
    uint32_t before = f->items;
    for (uint32_t step = 1; step <= f->mask; step++) {
        struct frequent_slot *slot = &f->slots[(start + step) & f->mask];
        struct frequent_slot kept = *slot;
        if (!kept.weight)
            continue;
        slot->weight = 0;
        if (kept.weight <= loss) {
            f->items--;
            continue;
        }
        kept.weight -= loss;
        *free_slot(f, tag_of_slot(f, key, &kept)) = kept;
    }
    f->text_dead += f->kind == FREQUENT_BYTES ? before - f->items : 0;
}

static void purge(struct frequent *f)
{
    uint64_t median = median_of_sample(f);
    lower_weights(f, median);
    f->offset += median;
}

static uint32_t capacity(const struct frequent *f)
{
    return (f->mask + 1) / 4 * 3;
}

// Back to at most 3/4 full: by a larger table, or by a purge.
static void keep_load(struct frequent *f)
{
    if (f->items <= capacity(f))
        return;
    if (f->lg_slots < f->lg_max && resize(f, (uint8_t)(f->lg_slots + 1)))
        return;
    purge(f);
}

static bool lose(struct frequent *f, uint64_t weight)
{
    f->lost += weight;
    return false;
}

static void take(struct frequent *f, struct frequent_slot *free, struct frequent_slot item)
{
    *free = item;
    f->items++;
    f->total += item.weight;
    keep_load(f);
}

static bool have_slots(struct frequent *f)
{
    return f->slots || resize(f, FREQUENT_LG_MIN);
}

// Into a table that has room for it, and does not have it.
static void put_back(struct frequent *f, const struct hash_key *key,
                     const struct frequent_packed *record)
{
    struct frequent_slot slot = {.number = record->number, .weight = record->weight};
    if (f->kind == FREQUENT_BYTES) {
        slot.tag = record->tag;
        slot.text = frequent_text_put(f, record->tag, record->item);
    }
    *free_slot(f, tag_of_slot(f, key, &slot)) = slot;
}

bool frequent_unpack(struct frequent *f)
{
    struct frequent made = *f;
    struct frequent_packed record;
    const struct hash_key *key = hash_process_key();
    made.lg_slots = 0;
    made.text = NULL;
    made.text_used = made.text_room = 0;
    if (!resize(&made, f->lg_slots))
        return false;
    for (size_t at = 0; frequent_packed_next(f, &at, &record);) {
        if (f->kind == FREQUENT_BYTES && !frequent_text_reserve(&made, record.item.len)) {
            frequent_reset(&made); // a table, so what is packed stays
            return false;
        }
        put_back(&made, key, &record);
    }
    block_free(f->pool, f->text);
    *f = made;
    return true;
}

// Before an update looks for its item.
static inline bool is_table(struct frequent *f)
{
    return f->slots || !frequent_is_packed(f) || frequent_unpack(f);
}

// free: where the search for the item ended; NULL when there is no table yet.
static bool insert_u64(struct frequent *f, struct frequent_slot *free, uint64_t hash, uint64_t item,
                       uint64_t weight)
{
    if (weight == 0)
        return true;
    if (!free) {
        assert(hash == hash_u64(hash_process_key(), item)); // else it would get lost when it moves
        if (!have_slots(f))
            return lose(f, weight);
        free = free_slot(f, tag_of_hash(hash));
    }
    take(f, free, (struct frequent_slot){.number = item, .weight = weight});
    return true;
}

// Where the pool is empty, a purge makes room among the strings.
static bool make_room(struct frequent *f, size_t length)
{
    if (length > FREQUENT_ITEM_MAX || !have_slots(f))
        return false;
    if (frequent_text_reserve(f, length))
        return true;
    if (f->items == 0)
        return false;
    purge(f);
    return frequent_text_reserve(f, length);
}

static bool insert_bytes(struct frequent *f, struct frequent_slot *free, uint32_t tag,
                         struct span item, uint64_t weight)
{
    if (weight == 0)
        return true;
    if (!free || item.len > FREQUENT_ITEM_MAX || !frequent_text_fits(f, item.len)) {
        if (!make_room(f, item.len))
            return lose(f, weight);
        free = free_slot(f, tag);
    }
    uint32_t text = frequent_text_put(f, tag, item);
    take(f, free, (struct frequent_slot){.tag = tag, .text = text, .weight = weight});
    return true;
}

// The slot of an item, or the empty one where the search for it ended.
static inline struct frequent_slot *find_u64(const struct frequent *f, uint32_t tag, uint64_t item)
{
    uint32_t i = tag & f->mask;
    while (f->slots[i].weight && f->slots[i].number != item)
        i = (i + 1) & f->mask;
    return &f->slots[i];
}

// span_equal without a call: names are short. Words at both ends overlap where the length is not a
// multiple of eight.
static inline bool same_bytes(struct span a, struct span b)
{
    size_t n = a.len;
    if (n != b.len)
        return false;
    if (n >= 8) {
        for (size_t i = 0; i + 8 < n; i += 8) {
            if (hash_load64(a.ptr + i) != hash_load64(b.ptr + i))
                return false;
        }
        return hash_load64(a.ptr + n - 8) == hash_load64(b.ptr + n - 8);
    }
    if (n >= 4)
        return hash_load32(a.ptr) == hash_load32(b.ptr) &&
               hash_load32(a.ptr + n - 4) == hash_load32(b.ptr + n - 4);
    return n == 0 ||
           (a.ptr[0] == b.ptr[0] && a.ptr[n / 2] == b.ptr[n / 2] && a.ptr[n - 1] == b.ptr[n - 1]);
}

static inline struct frequent_slot *find_bytes(const struct frequent *f, uint32_t tag,
                                               struct span item)
{
    uint32_t i = tag & f->mask;
    for (; f->slots[i].weight; i = (i + 1) & f->mask) {
        if (f->slots[i].tag == tag && same_bytes(frequent_text_at(f, f->slots[i].text), item))
            break;
    }
    return &f->slots[i];
}

static bool add_bytes(struct frequent *f, uint32_t tag, struct span item, uint64_t weight)
{
    if (__builtin_expect(!is_table(f), 0))
        return lose(f, weight);
    struct frequent_slot *slot = f->slots ? find_bytes(f, tag, item) : NULL;
    if (!slot || !slot->weight)
        return insert_bytes(f, slot, tag, item, weight);
    slot->weight += weight;
    f->total += weight;
    return true;
}

bool frequent_add_bytes(struct frequent *f, uint64_t hash, struct span item, uint64_t weight)
{
    return add_bytes(f, tag_of_hash(hash), item, weight);
}

bool frequent_add_u64(struct frequent *f, uint64_t hash, uint64_t item, uint64_t weight)
{
    if (__builtin_expect(!is_table(f), 0))
        return lose(f, weight);
    struct frequent_slot *slot = f->slots ? find_u64(f, tag_of_hash(hash), item) : NULL;
    if (!slot || !slot->weight)
        return insert_u64(f, slot, hash, item, weight);
    slot->weight += weight;
    f->total += weight;
    return true;
}

static struct frequent_packed record_of(const struct frequent *f, const struct frequent_slot *slot)
{
    if (f->kind == FREQUENT_BYTES)
        return (struct frequent_packed){
            .tag = slot->tag, .item = frequent_text_at(f, slot->text), .weight = slot->weight};
    return (struct frequent_packed){.number = slot->number, .weight = slot->weight};
}

static struct frequent_row row_of(const struct frequent *f, const struct frequent_packed *record)
{
    uint64_t upper = record->weight + f->offset;
    return (struct frequent_row){.item_u64 = record->number,
                                 .item = record->item,
                                 .estimate = record->weight ? upper : 0,
                                 .lower = record->weight,
                                 .upper = upper};
}

bool frequent_next(const struct frequent *f, size_t *at, struct frequent_row *row)
{
    struct frequent_packed record;
    if (frequent_is_packed(f)) {
        if (!frequent_packed_next(f, at, &record))
            return false;
        *row = row_of(f, &record);
        return true;
    }
    for (; f->slots && *at <= f->mask; ++*at) {
        if (f->slots[*at].weight) {
            record = record_of(f, &f->slots[(*at)++]);
            *row = row_of(f, &record);
            return true;
        }
    }
    return false;
}

// One without weight where there is none.
static struct frequent_packed find_packed(const struct frequent *f, uint64_t item_u64,
                                          struct span item)
{
    struct frequent_packed record;
    for (size_t at = 0; frequent_packed_next(f, &at, &record);)
        if (f->kind == FREQUENT_BYTES ? span_equal(record.item, item) : record.number == item_u64)
            return record;
    return (struct frequent_packed){.number = item_u64, .item = item};
}

struct frequent_row frequent_get_u64(const struct frequent *f, uint64_t hash, uint64_t item)
{
    struct frequent_packed record = {.number = item};
    if (frequent_is_packed(f))
        record = find_packed(f, item, (struct span){0});
    else if (f->slots)
        record.weight = find_u64(f, tag_of_hash(hash), item)->weight;
    return row_of(f, &record);
}

struct frequent_row frequent_get_bytes(const struct frequent *f, uint64_t hash, struct span item)
{
    struct frequent_packed record = {.item = item};
    if (frequent_is_packed(f))
        record = find_packed(f, 0, item);
    else if (f->slots)
        record.weight = find_bytes(f, tag_of_hash(hash), item)->weight;
    return row_of(f, &record);
}

// An empty sketch becomes a copy. False: no room (nothing has changed).
static bool copy(struct frequent *dst, const struct frequent *src)
{
    struct frequent made = *src;
    made.pool = dst->pool;
    made.lg_max = dst->lg_max;
    made.lost = dst->lost + src->lost;
    made.slots = pool_alloc(dst->pool, slots_size(src));
    made.text = src->text_room ? pool_alloc(dst->pool, src->text_room) : NULL;
    if (!made.slots || (src->text_room && !made.text)) {
        pool_free(dst->pool, made.slots, slots_size(src));
        pool_free(dst->pool, made.text, src->text_room);
        return false;
    }
    memcpy(made.slots, src->slots, slots_size(src));
    if (made.text)
        memcpy(made.text, src->text, src->text_used);
    pool_free(dst->pool, dst->slots, slots_size(dst));
    pool_free(dst->pool, dst->text, dst->text_room);
    *dst = made;
    return true;
}

static bool add_record(struct frequent *dst, const struct hash_key *key,
                       const struct frequent_packed *record, uint64_t *missing)
{
    *missing -= record->weight;
    if (dst->kind == FREQUENT_BYTES)
        return add_bytes(dst, record->tag, record->item, record->weight);
    uint64_t hash = hash_u64(key, record->number);
    return frequent_add_u64(dst, hash, record->number, record->weight);
}

static bool add_all(struct frequent *dst, const struct frequent *src)
{
    const struct hash_key *key = hash_process_key();
    struct frequent_packed record;
    bool complete = true;
    uint32_t stride = frequent_stride(src);
    uint64_t purged = src->total;
    for (size_t at = 0; !src->slots && frequent_packed_next(src, &at, &record);)
        complete &= add_record(dst, key, &record, &purged);
    for (uint32_t n = 0, i = 0; src->slots && n <= src->mask; n++, i = (i + stride) & src->mask) {
        if (!src->slots[i].weight)
            continue;
        record = record_of(src, &src->slots[i]);
        complete &= add_record(dst, key, &record, &purged);
    }
    dst->total += purged;
    return complete;
}

bool frequent_merge(struct frequent *dst, const struct frequent *src)
{
    if (dst->kind != src->kind)
        return false;
    if (src->items == 0) {
        dst->total += src->total;
        dst->offset += src->offset;
        dst->lost += src->lost;
        return true;
    }
    if (dst->total == 0 && dst->offset == 0 && dst->lg_max >= src->lg_max && src->slots &&
        copy(dst, src))
        return true;
    dst->offset += src->offset;
    dst->lost += src->lost;
    if (is_table(dst) && dst->lg_slots < src->lg_slots && src->lg_slots <= dst->lg_max)
        resize(dst, src->lg_slots); // at once instead of step by step; may fail
    return add_all(dst, src);
}
