// A reader over a span that remembers its first failure: every read after that yields zero, so a
// decoder reads its fields in a row and asks `failed` once. Multi-byte reads are big-endian.
#pragma once

#include "base/span.h"

struct cursor {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct cursor cursor_over(struct span bytes)
{
    return (struct cursor){bytes.ptr, bytes.ptr, bytes.ptr + bytes.len, false};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return c->failed ? 0 : (size_t)(c->end - c->at);
}

static inline size_t cursor_offset(const struct cursor *c)
{
    return (size_t)(c->at - c->start);
}

static inline bool cursor_need(struct cursor *c, size_t n)
{
    if (__builtin_expect(!c->failed && (size_t)(c->end - c->at) >= n, 1))
        return true;
    c->failed = true;
    return false;
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
    if (cursor_need(c, n))
        c->at += n;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    return cursor_need(c, 1) ? *c->at++ : 0;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
    if (!cursor_need(c, 2))
        return 0;
    c->at += 2;
    return (uint16_t)(c->at[-2] << 8 | c->at[-1]);
}

static inline uint32_t cursor_u32(struct cursor *c)
{
    if (!cursor_need(c, 4))
        return 0;
    uint32_t v;
    memcpy(&v, c->at, 4);
    c->at += 4;
    return __builtin_bswap32(v);
}

static inline struct span cursor_take(struct cursor *c, size_t n)
{
    if (!cursor_need(c, n))
        return span_of(NULL, 0);
    c->at += n;
    return span_of(c->at - n, n);
}

static inline struct span cursor_rest(struct cursor *c)
{
    return cursor_take(c, cursor_left(c));
}
