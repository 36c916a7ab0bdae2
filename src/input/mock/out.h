// Bytes of a frame or message in the making, big-endian, in room that somebody else owns. What does
// not fit is left out; the sizes of made traffic leave room.
#pragma once

#include "base/span.h"

struct mock_out {
    uint8_t *bytes;
    uint32_t len, room;
};

static inline struct mock_out mock_out_of(uint8_t *bytes, size_t room)
{
    return (struct mock_out){.bytes = bytes, .room = (uint32_t)room};
}

// Cleared bytes at the end; NULL when they do not fit.
static inline uint8_t *out_zeros(struct mock_out *out, uint32_t count)
{
    if (count > out->room - out->len)
        return NULL;
    uint8_t *at = out->bytes + out->len;
    memset(at, 0, count);
    out->len += count;
    return at;
}

static inline void out_bytes(struct mock_out *out, const void *bytes, uint32_t count)
{
    uint8_t *at = out_zeros(out, count);
    if (at && count > 0)
        memcpy(at, bytes, count);
}

static inline void out_u8(struct mock_out *out, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    out_bytes(out, &byte, 1);
}

static inline void out_u16(struct mock_out *out, unsigned value)
{
    out_u8(out, value >> 8 & 0xff);
    out_u8(out, value & 0xff);
}

static inline void out_u32(struct mock_out *out, uint32_t value)
{
    out_u16(out, value >> 16);
    out_u16(out, value & 0xffff);
}

// Over bytes that are there already: lengths and checksums that are known late.
static inline void out_set_u16(struct mock_out *out, uint32_t at, unsigned value)
{
    if (at + 2 > out->len)
        return;
    out->bytes[at] = (uint8_t)(value >> 8);
    out->bytes[at + 1] = (uint8_t)value;
}

static inline struct span out_span(const struct mock_out *out)
{
    return span_of(out->bytes, out->len);
}
