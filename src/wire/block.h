// Sixteen bytes at a time, for names: SSE2, which every x86-64 has, or plain C. Masks have bit i
// set for byte i. Internal to this floor.
#pragma once

#include "base/span.h"

enum { BLOCK_SIZE = 16 };

#if defined(__SSE2__) && !defined(BLOCK_PORTABLE)
#include <emmintrin.h>

struct block {
    __m128i v;
};

static inline struct block block_load(const void *p)
{
    return (struct block){_mm_loadu_si128((const __m128i *)p)};
}

static inline struct block block_of_words(uint64_t low, uint64_t high)
{
    return (struct block){_mm_set_epi64x((long long)high, (long long)low)};
}

static inline void block_store(void *out, struct block b)
{
    _mm_storeu_si128((__m128i *)out, b.v);
}

static inline uint32_t block_equal(struct block b, char c)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(b.v, _mm_set1_epi8(c)));
}

// Lanes from `least` to `most`, by one signed comparison: they are moved to the lower end.
static inline __m128i block_in_range(struct block b, uint8_t least, uint8_t most)
{
    __m128i moved = _mm_add_epi8(b.v, _mm_set1_epi8((char)(0x80 - least)));
    return _mm_cmplt_epi8(moved, _mm_set1_epi8((char)(0x80 + most - least + 1)));
}

// A to Z become a to z.
static inline struct block block_lower(struct block b)
{
    __m128i bit = _mm_and_si128(block_in_range(b, 'A', 'Z'), _mm_set1_epi8('a' - 'A'));
    return (struct block){_mm_or_si128(b.v, bit)};
}

// Bytes that a label cannot show as they are: below `!`, DEL, above ASCII, `.` and `\`.
static inline uint32_t block_special(struct block b)
{
    __m128i escaped = _mm_or_si128(_mm_cmpeq_epi8(b.v, _mm_set1_epi8('.')),
                                   _mm_cmpeq_epi8(b.v, _mm_set1_epi8('\\')));
    __m128i plain = _mm_andnot_si128(escaped, block_in_range(b, '!', '~'));
    return (uint32_t)_mm_movemask_epi8(plain) ^ 0xffff;
}

#else

struct block {
    uint8_t v[BLOCK_SIZE];
};

static inline struct block block_load(const void *p)
{
    struct block b;
    memcpy(b.v, p, BLOCK_SIZE);
    return b;
}

static inline struct block block_of_words(uint64_t low, uint64_t high)
{
    struct block b;
    memcpy(b.v, &low, sizeof low);
    memcpy(b.v + sizeof low, &high, sizeof high);
    return b;
}

static inline void block_store(void *out, struct block b)
{
    memcpy(out, b.v, BLOCK_SIZE);
}

static inline uint32_t block_equal(struct block b, char c)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < BLOCK_SIZE; i++)
        mask |= (uint32_t)(b.v[i] == (uint8_t)c) << i;
    return mask;
}

static inline struct block block_lower(struct block b)
{
    for (unsigned i = 0; i < BLOCK_SIZE; i++)
        b.v[i] = (uint8_t)(b.v[i] | (b.v[i] >= 'A' && b.v[i] <= 'Z' ? 'a' - 'A' : 0));
    return b;
}

static inline uint32_t block_special(struct block b)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < BLOCK_SIZE; i++) {
        uint8_t c = b.v[i];
        mask |= (uint32_t)(c <= ' ' || c >= 0x7f || c == '.' || c == '\\') << i;
    }
    return mask;
}

#endif

// Eight bytes from p, zero from `end` on, without reading there: the eight bytes before `end` must
// be readable. (Little-endian, like all machines that this runs on.)
static inline uint64_t block_word_before(const uint8_t *p, const uint8_t *end)
{
    uint64_t word;
    if (p >= end)
        return 0;
    size_t left = (size_t)(end - p);
    if (left >= sizeof word) {
        memcpy(&word, p, sizeof word);
        return word;
    }
    memcpy(&word, end - sizeof word, sizeof word);
    return word >> (8 * (sizeof word - left));
}

// Sixteen bytes from p, zero from `end` on; p is not behind `end`, and the eight bytes before `end`
// must be readable.
static inline struct block block_load_before(const uint8_t *p, const uint8_t *end)
{
    if (__builtin_expect(end - p >= BLOCK_SIZE, 1))
        return block_load(p);
    uint64_t high = end - p > 8 ? block_word_before(p + 8, end) : 0;
    return block_of_words(block_word_before(p, end), high);
}

// The n lowest bits, n below 64; all of a mask from 16 on.
static inline uint32_t block_first(size_t n)
{
    return (uint32_t)(((uint64_t)1 << n) - 1);
}
