#include "sketch/murmur3.h"

enum { BLOCK = 16, WORD = 8 };

struct words {
    uint64_t low, high;
};

// 1 to 15 bytes with nothing before them: overlapping loads instead of a loop over bytes.
static struct words load_short(const uint8_t *p, size_t len)
{
    struct words w = {0, 0};
    if (len > WORD) {
        w.low = murmur3_load64(p);
        w.high = murmur3_load64(p + len - WORD) >> (8 * (BLOCK - len));
    } else if (len >= 4) {
        w.low = murmur3_load32(p) | murmur3_load32(p + len - 4) << (8 * (len - 4));
    } else {
        w.low = p[0] | (uint64_t)p[len / 2] << (8 * (len / 2)) |
                (uint64_t)p[len - 1] << (8 * (len - 1));
    }
    return w;
}

// 1 to 15 bytes behind a whole block: the last 16 bytes are loaded and the bytes before the tail
// shifted out.
static struct words load_behind_block(const uint8_t *tail, size_t len)
{
    uint64_t low = murmur3_load64(tail + len - BLOCK);
    uint64_t high = murmur3_load64(tail + len - WORD);
    unsigned __int128 both = (unsigned __int128)high << 64 | low;
    both >>= 8 * (BLOCK - len);
    return (struct words){(uint64_t)both, (uint64_t)(both >> 64)};
}

struct murmur3 murmur3_x64_128(struct span bytes, uint64_t seed)
{
    struct murmur3 h = {seed, seed};
    const uint8_t *p = bytes.ptr;
    size_t left = bytes.len;
    for (; left >= BLOCK; p += BLOCK, left -= BLOCK)
        h = murmur3_block(h, murmur3_load64(p), murmur3_load64(p + WORD));
    if (left) {
        struct words tail = bytes.len < BLOCK ? load_short(p, left) : load_behind_block(p, left);
        h = murmur3_tail(h, tail.low, tail.high);
    }
    return murmur3_finish(h, bytes.len);
}
