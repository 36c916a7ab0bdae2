// Checks the DataSketches form, from strangers.
#include "sketch/frequent_blob.h"

enum { U32 = 4, U64 = 8 };

bool frequent_blob_bad(const struct frequent_blob *b, size_t at, const char *what)
{
    return error_set(b->err, ERROR_FORMAT, "frequent items, byte %zu: %s", at, what);
}

bool frequent_blob_no_memory(const struct frequent_blob *b)
{
    return error_set(b->err, ERROR_MEMORY, "frequent items, byte %zu: no memory", b->at);
}

static bool check_table(const struct frequent_blob *b)
{
    const uint8_t *p = b->bytes.ptr;
    if (p[FREQUENT_AT_SERIAL] != FREQUENT_SERIAL)
        return frequent_blob_bad(b, FREQUENT_AT_SERIAL, "unknown serial version");
    if (p[FREQUENT_AT_FAMILY] != FREQUENT_FAMILY)
        return frequent_blob_bad(b, FREQUENT_AT_FAMILY, "another family of sketch");
    if (p[FREQUENT_AT_LG_MAX] < FREQUENT_LG_MIN || p[FREQUENT_AT_LG_MAX] > FREQUENT_BLOB_LG_MAX)
        return frequent_blob_bad(b, FREQUENT_AT_LG_MAX, "table size out of range");
    if (p[FREQUENT_AT_LG_CUR] < FREQUENT_LG_MIN || p[FREQUENT_AT_LG_CUR] > p[FREQUENT_AT_LG_MAX])
        return frequent_blob_bad(b, FREQUENT_AT_LG_CUR, "current table size out of range");
    return true;
}

static bool check_empty(const struct frequent_blob *b)
{
    if (b->bytes.ptr[FREQUENT_AT_LONGS] != FREQUENT_LONGS_EMPTY)
        return frequent_blob_bad(b, FREQUENT_AT_LONGS, "wrong preamble of an empty sketch");
    if (b->bytes.len != FREQUENT_EMPTY_SIZE)
        return frequent_blob_bad(b, FREQUENT_EMPTY_SIZE, "bytes behind an empty sketch");
    return true;
}

static bool read_counts(struct frequent_blob *b)
{
    const uint8_t *p = b->bytes.ptr;
    if (p[FREQUENT_AT_LONGS] != FREQUENT_LONGS)
        return frequent_blob_bad(b, FREQUENT_AT_LONGS, "wrong preamble");
    if (b->bytes.len < FREQUENT_AT_WEIGHTS)
        return frequent_blob_bad(b, b->bytes.len, "cut within the preamble");
    b->items = frequent_blob_load(p + FREQUENT_AT_ITEMS, U32);
    b->total = frequent_blob_load(p + FREQUENT_AT_TOTAL, U64);
    b->offset = frequent_blob_load(p + FREQUENT_AT_OFFSET, U64);
    if (b->items > ((size_t)3 << p[FREQUENT_AT_LG_CUR]) / 4)
        return frequent_blob_bad(b, FREQUENT_AT_ITEMS, "more items than the table holds");
    if (b->items > (b->bytes.len - FREQUENT_AT_WEIGHTS) / U64)
        return frequent_blob_bad(b, FREQUENT_AT_ITEMS, "more items than bytes");
    if (b->total > FREQUENT_BLOB_TOTAL_MAX)
        return frequent_blob_bad(b, FREQUENT_AT_TOTAL, "total weight out of range");
    if (b->offset > b->total)
        return frequent_blob_bad(b, FREQUENT_AT_OFFSET, "offset above the total weight");
    b->at = FREQUENT_AT_WEIGHTS + b->items * U64;
    return true;
}

// Whatever purges took, they took at least the offset from the weights of all items together.
static bool check_weights(const struct frequent_blob *b)
{
    uint64_t sum = b->offset;
    for (size_t i = 0; i < b->items; i++) {
        uint64_t weight = frequent_blob_weight(b, i);
        if (weight == 0 || weight > b->total - sum)
            return frequent_blob_bad(b, FREQUENT_AT_WEIGHTS + i * U64, "weight out of range");
        sum += weight;
    }
    return true;
}

// All but the items.
static bool check_head(struct frequent_blob *b, bool *empty)
{
    *empty = false;
    if (b->bytes.len < FREQUENT_EMPTY_SIZE)
        return frequent_blob_bad(b, b->bytes.len, "cut within the preamble");
    if (!check_table(b))
        return false;
    *empty = b->bytes.ptr[FREQUENT_AT_FLAGS] & (FREQUENT_FLAG_EMPTY | FREQUENT_FLAG_EMPTY_TOO);
    return *empty ? check_empty(b) : read_counts(b) && check_weights(b);
}

static bool skip_string(struct frequent_blob *b, enum frequent_form form)
{
    size_t left = b->bytes.len - b->at;
    if (left < U32)
        return frequent_blob_bad(b, b->at, "cut within the length of an item");
    size_t length = frequent_blob_load(b->bytes.ptr + b->at, U32);
    if (length > FREQUENT_ITEM_MAX)
        return frequent_blob_bad(b, b->at, "an item too long");
    if (form == FREQUENT_IPV4 && length != FREQUENT_IPV4_SIZE)
        return frequent_blob_bad(b, b->at, "an item that is no IPv4 address");
    if (left - U32 < length)
        return frequent_blob_bad(b, b->at, "cut within an item");
    b->at += U32 + length;
    return true;
}

static bool check_items(struct frequent_blob *b, enum frequent_form form)
{
    size_t begin = b->at, left = b->bytes.len - begin;
    if (form == FREQUENT_NUMBERS) {
        if (left / U64 < b->items)
            return frequent_blob_bad(b, begin + left / U64 * U64, "cut within an item");
        b->at += b->items * U64;
    }
    for (size_t i = 0; form != FREQUENT_NUMBERS && i < b->items; i++)
        if (!skip_string(b, form))
            return false;
    if (b->at != b->bytes.len)
        return frequent_blob_bad(b, b->at, "bytes behind the last item");
    b->at = begin;
    return true;
}

bool frequent_blob_check(struct frequent_blob *b, enum frequent_form form, bool *empty)
{
    return check_head(b, empty) && (*empty || check_items(b, form));
}

bool frequent_blob_fits(const struct frequent_blob *b, uint64_t held)
{
    return (held <= FREQUENT_TOTAL_MAX && b->total <= FREQUENT_TOTAL_MAX - held) ||
           frequent_blob_bad(b, FREQUENT_AT_TOTAL, "more than a sum holds");
}
