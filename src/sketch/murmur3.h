// MurmurHash3_x64_128 (Austin Appleby, public domain; constants and order of steps as in the
// published algorithm). It has no secret key: only for sketches whose layout prescribes it.
#pragma once

#include <endian.h>

#include "base/span.h"

struct murmur3 {
    uint64_t low, high; // h1 and h2 of the published description
};

#define MURMUR3_C1 UINT64_C(0x87c37b91114253d5)
#define MURMUR3_C2 UINT64_C(0x4cf5ad432745937f)

struct murmur3 murmur3_x64_128(struct span bytes, uint64_t seed);

static inline uint64_t murmur3_load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static inline uint64_t murmur3_load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

static inline uint64_t murmur3_rotate(uint64_t v, unsigned bits)
{
    return v << bits | v >> (64 - bits);
}

static inline uint64_t murmur3_mix_low(uint64_t word)
{
    return murmur3_rotate(word * MURMUR3_C1, 31) * MURMUR3_C2;
}

static inline uint64_t murmur3_mix_high(uint64_t word)
{
    return murmur3_rotate(word * MURMUR3_C2, 33) * MURMUR3_C1;
}

static inline uint64_t murmur3_avalanche(uint64_t h)
{
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 33;
}

// One whole block of 16 bytes.
static inline struct murmur3 murmur3_block(struct murmur3 h, uint64_t low, uint64_t high)
{
    h.low = murmur3_rotate(h.low ^ murmur3_mix_low(low), 27) + h.high;
    h.low = h.low * 5 + 0x52dce729;
    h.high = murmur3_rotate(h.high ^ murmur3_mix_high(high), 31) + h.low;
    h.high = h.high * 5 + 0x38495ab5;
    return h;
}

static inline struct murmur3 murmur3_finish(struct murmur3 h, uint64_t len)
{
    h.low ^= len;
    h.high ^= len;
    h.low += h.high;
    h.high += h.low;
    h.low = murmur3_avalanche(h.low);
    h.high = murmur3_avalanche(h.high);
    h.low += h.high;
    h.high += h.low;
    return h;
}

// What is left behind the whole blocks: fewer than 16 bytes as two little-endian words, padded with
// zeros (a word of zeros mixes to zero, so the absent half needs no case of its own).
static inline struct murmur3 murmur3_tail(struct murmur3 h, uint64_t low, uint64_t high)
{
    h.low ^= murmur3_mix_low(low);
    h.high ^= murmur3_mix_high(high);
    return h;
}

// An item of fewer than 16 bytes that is already in two little-endian words.
static inline struct murmur3 murmur3_x64_128_short(uint64_t low, uint64_t high, size_t len,
                                                   uint64_t seed)
{
    return murmur3_finish(murmur3_tail((struct murmur3){seed, seed}, low, high), len);
}

static inline struct murmur3 murmur3_x64_128_16(const uint8_t item[16], uint64_t seed)
{
    struct murmur3 h = {seed, seed};
    h = murmur3_block(h, murmur3_load64(item), murmur3_load64(item + 8));
    return murmur3_finish(h, 16);
}
