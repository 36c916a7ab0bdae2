// A blob of frequent items while it is read (drawn in frequent_layout.h): what the readers of this
// floor share.
#pragma once

#include "sketch/frequent.h"
#include "sketch/frequent_layout.h"

struct frequent_blob {
    struct span bytes;
    size_t items;
    size_t at; // where the next item starts
    uint64_t total, offset;
    struct error *err;
};

// Head and items, every byte of them. *empty: an empty sketch, without items and counts. Else `at`
// is that of the first item, and what stands there can be trusted.
bool frequent_blob_check(struct frequent_blob *b, enum frequent_form form, bool *empty);

// Whether a sketch that holds so much takes the blob's total as well.
bool frequent_blob_fits(const struct frequent_blob *b, uint64_t held);

// Both set the error and return false.
bool frequent_blob_bad(const struct frequent_blob *b, size_t at, const char *what);
bool frequent_blob_no_memory(const struct frequent_blob *b);

static inline uint64_t frequent_blob_load(const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static inline uint64_t frequent_blob_weight(const struct frequent_blob *b, size_t i)
{
    return frequent_blob_load(b->bytes.ptr + FREQUENT_AT_WEIGHTS + i * sizeof(uint64_t),
                              sizeof(uint64_t));
}

// FREQUENT_NUMBERS, while `at` is that of the first item.
static inline uint64_t frequent_blob_number(const struct frequent_blob *b, size_t i)
{
    return frequent_blob_load(b->bytes.ptr + b->at + i * sizeof(uint64_t), sizeof(uint64_t));
}
