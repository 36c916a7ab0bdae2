// Reads the DataSketches form from strangers; drawn in frequent_layout.h.
#include "sketch/frequent.h"
#include "sketch/frequent_layout.h"

enum { U32 = 4, U64 = 8 };

// What is being read, and where the next item starts.
struct blob {
    struct span bytes;
    size_t items, at;
    uint64_t total, offset;
    struct error *err;
};

static uint64_t load(const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static bool bad(const struct blob *b, size_t at, const char *what)
{
    return error_set(b->err, ERROR_FORMAT, "frequent items, byte %zu: %s", at, what);
}

static bool check_table(const struct blob *b)
{
    const uint8_t *p = b->bytes.ptr;
    if (p[FREQUENT_AT_SERIAL] != FREQUENT_SERIAL)
        return bad(b, FREQUENT_AT_SERIAL, "unknown serial version");
    if (p[FREQUENT_AT_FAMILY] != FREQUENT_FAMILY)
        return bad(b, FREQUENT_AT_FAMILY, "another family of sketch");
    if (p[FREQUENT_AT_LG_MAX] < FREQUENT_LG_MIN || p[FREQUENT_AT_LG_MAX] > FREQUENT_BLOB_LG_MAX)
        return bad(b, FREQUENT_AT_LG_MAX, "table size out of range");
    if (p[FREQUENT_AT_LG_CUR] < FREQUENT_LG_MIN || p[FREQUENT_AT_LG_CUR] > p[FREQUENT_AT_LG_MAX])
        return bad(b, FREQUENT_AT_LG_CUR, "current table size out of range");
    return true;
}

static bool check_empty(const struct blob *b)
{
    if (b->bytes.ptr[FREQUENT_AT_LONGS] != FREQUENT_LONGS_EMPTY)
        return bad(b, FREQUENT_AT_LONGS, "wrong preamble of an empty sketch");
    if (b->bytes.len != FREQUENT_EMPTY_SIZE)
        return bad(b, FREQUENT_EMPTY_SIZE, "bytes behind an empty sketch");
    return true;
}

static bool read_counts(struct blob *b)
{
    const uint8_t *p = b->bytes.ptr;
    if (p[FREQUENT_AT_LONGS] != FREQUENT_LONGS)
        return bad(b, FREQUENT_AT_LONGS, "wrong preamble");
    if (b->bytes.len < FREQUENT_AT_WEIGHTS)
        return bad(b, b->bytes.len, "cut within the preamble");
    b->items = load(p + FREQUENT_AT_ITEMS, U32);
    b->total = load(p + FREQUENT_AT_TOTAL, U64);
    b->offset = load(p + FREQUENT_AT_OFFSET, U64);
    if (b->items > ((size_t)3 << p[FREQUENT_AT_LG_CUR]) / 4)
        return bad(b, FREQUENT_AT_ITEMS, "more items than the table holds");
    if (b->items > (b->bytes.len - FREQUENT_AT_WEIGHTS) / U64)
        return bad(b, FREQUENT_AT_ITEMS, "more items than bytes");
    if (b->total > FREQUENT_BLOB_TOTAL_MAX)
        return bad(b, FREQUENT_AT_TOTAL, "total weight out of range");
    if (b->offset > b->total)
        return bad(b, FREQUENT_AT_OFFSET, "offset above the total weight");
    b->at = FREQUENT_AT_WEIGHTS + b->items * U64;
    return true;
}

// Whatever purges took, they took at least the offset from the weights of all items together.
static bool check_weights(const struct blob *b)
{
    uint64_t sum = b->offset;
    for (size_t i = 0; i < b->items; i++) {
        size_t at = FREQUENT_AT_WEIGHTS + i * U64;
        uint64_t weight = load(b->bytes.ptr + at, U64);
        if (weight == 0 || weight > b->total - sum)
            return bad(b, at, "weight out of range");
        sum += weight;
    }
    return true;
}

static bool read_number(struct blob *b, struct frequent *f, uint64_t weight)
{
    if (b->bytes.len - b->at < U64)
        return bad(b, b->at, "cut within an item");
    uint64_t item = load(b->bytes.ptr + b->at, U64);
    uint64_t hash = hash_u64(hash_process_key(), item);
    if (frequent_get_u64(f, hash, item).lower)
        return bad(b, b->at, "an item twice");
    if (!frequent_add_u64(f, hash, item, weight))
        return error_set(b->err, ERROR_MEMORY, "frequent items, byte %zu: no memory", b->at);
    b->at += U64;
    return true;
}

static bool read_string(struct blob *b, struct frequent *f, uint64_t weight)
{
    if (b->bytes.len - b->at < U32)
        return bad(b, b->at, "cut within the length of an item");
    size_t length = load(b->bytes.ptr + b->at, U32);
    if (length > FREQUENT_ITEM_MAX)
        return bad(b, b->at, "an item too long");
    if (b->bytes.len - b->at - U32 < length)
        return bad(b, b->at, "cut within an item");
    struct span item = span_of(b->bytes.ptr + b->at + U32, length);
    uint64_t hash = hash_bytes(hash_process_key(), item);
    if (frequent_get_bytes(f, hash, item).lower)
        return bad(b, b->at, "an item twice");
    if (!frequent_add_bytes(f, hash, item, weight))
        return error_set(b->err, ERROR_MEMORY, "frequent items, byte %zu: no memory", b->at);
    b->at += U32 + length;
    return true;
}

static bool read_items(struct blob *b, struct frequent *f)
{
    for (size_t i = 0; i < b->items; i++) {
        uint64_t weight = load(b->bytes.ptr + FREQUENT_AT_WEIGHTS + i * U64, U64);
        if (!(f->kind == FREQUENT_BYTES ? read_string : read_number)(b, f, weight))
            return false;
    }
    if (b->at != b->bytes.len)
        return bad(b, b->at, "bytes behind the last item");
    f->offset += b->offset;
    f->total = b->total;
    return true;
}

bool frequent_read(struct frequent *f, struct span bytes, struct error *err)
{
    struct blob b = {.bytes = bytes, .err = err};
    frequent_reset(f);
    if (bytes.len < FREQUENT_EMPTY_SIZE)
        return bad(&b, bytes.len, "cut within the preamble");
    if (!check_table(&b))
        return false;
    if (bytes.ptr[FREQUENT_AT_FLAGS] & (FREQUENT_FLAG_EMPTY | FREQUENT_FLAG_EMPTY_TOO))
        return check_empty(&b);
    if (!read_counts(&b) || !check_weights(&b))
        return false;
    if (read_items(&b, f))
        return true;
    frequent_reset(f);
    return false;
}
