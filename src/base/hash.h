// A fast keyed 64-bit hash for tables whose keys come from strangers. The key is drawn once per
// process, so that nobody can prepare names or addresses that collide. Built from 64x64 to 128 bit
// folded multiplication (the construction of wyhash by Wang Yi, public domain; ours is written
// anew and its values are private to the process: never store or send them).
#pragma once

#include "base/span.h"

struct hash_key {
    uint64_t a, b, c;
};

// The process's key: random from the system at first use. Tests may fix it to get repeatable runs.
const struct hash_key *hash_process_key(void);
void hash_fix_process_key(uint64_t seed);

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t hash_load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t hash_u64(const struct hash_key *key, uint64_t value)
{
    return hash_fold(hash_fold(value ^ key->a, key->b), key->c ^ 8);
}

static inline uint64_t hash_u128(const struct hash_key *key, uint64_t high, uint64_t low)
{
    return hash_fold(hash_fold(high ^ key->a, low ^ key->b) ^ low, key->c ^ 16);
}

static inline uint64_t hash_bytes(const struct hash_key *key, struct span bytes)
{
    const uint8_t *p = bytes.ptr;
    size_t n = bytes.len;
    uint64_t state = key->a ^ n;
    while (n > 16) {
        state = hash_fold(hash_load64(p) ^ key->b, hash_load64(p + 8) ^ state);
        p += 16;
        n -= 16;
    }
    uint64_t low = 0, high = 0;
    if (n >= 8) {
        low = hash_load64(p);
        high = hash_load64(p + n - 8);
    } else if (n >= 4) {
        low = hash_load32(p);
        high = hash_load32(p + n - 4);
    } else if (n > 0) {
        low = (uint64_t)p[0] | (uint64_t)p[n / 2] << 8 | (uint64_t)p[n - 1] << 16;
    }
    state = hash_fold(low ^ key->b, high ^ state);
    return hash_fold(state ^ key->c, bytes.len ^ key->a);
}
