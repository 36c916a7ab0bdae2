// Weights by item, exact: a plain open-addressing table whose keys lie in one growing run of bytes.
// Items are bytes (addresses, names) or 64-bit values; how many there are is the distinct count.
#pragma once

#include "base/span.h"

struct tally_row {
    size_t at; // of the item in `bytes`
    uint32_t len;
    uint64_t weight;
};

struct tally {
    struct tally_row *rows;
    uint32_t *slots; // row + 1; 0: empty
    uint8_t *bytes;
    size_t bytes_used, bytes_room;
    uint32_t count, room, mask;
    uint64_t total; // of all weights
};

void tally_done(struct tally *tally);
void tally_add(struct tally *tally, struct span item, uint64_t weight);
void tally_add_value(struct tally *tally, uint64_t value, uint64_t weight);
void tally_merge(struct tally *into, const struct tally *from);
uint64_t tally_weight(const struct tally *tally, struct span item); // 0: not there
struct span tally_item(const struct tally *tally, const struct tally_row *row);
uint64_t tally_value(const struct tally *tally, const struct tally_row *row);

// Rows by weight, ties by item; the caller frees the copy with mem_free.
struct tally_row *tally_sorted(const struct tally *tally);

// A tally of values as a distribution: values in order, each as often as its weight.
struct distribution {
    uint64_t *values;
    uint64_t *up_to; // how many values are not above values[i]
    uint32_t distinct;
    uint64_t count;
};

struct distribution distribution_of(const struct tally *values);
void distribution_done(struct distribution *d);
// Inclusive rank: the smallest value so that at least ceil(q * count) values are not above it.
uint64_t distribution_quantile(const struct distribution *d, double q);

// Non-negative doubles as values that sort like the doubles.
static inline uint64_t value_of_double(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static inline double double_of_value(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}
