// A growing run of bytes in network order: frames, messages and stream contents are put together in
// one. The memory is the owner's, of a size that is known to suffice; running over it ends the
// program (a generator that builds too large a frame is wrong).
#pragma once

#include "base/span.h"

#include <stdlib.h>

struct put {
    uint8_t *bytes;
    size_t len;
    size_t room;
};

static inline uint8_t *put_room(struct put *out, size_t len)
{
    if (len > out->room - out->len)
        abort();
    uint8_t *at = out->bytes + out->len;
    out->len += len;
    return at;
}

static inline void put_bytes(struct put *out, const void *bytes, size_t len)
{
    if (len)
        memcpy(put_room(out, len), bytes, len);
}

static inline void put_fill(struct put *out, uint8_t value, size_t len)
{
    if (len)
        memset(put_room(out, len), value, len);
}

static inline void put_8(struct put *out, unsigned value)
{
    *put_room(out, 1) = (uint8_t)value;
}

static inline void set_16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put_16(struct put *out, unsigned value)
{
    set_16(put_room(out, 2), value);
}

static inline void put_32(struct put *out, uint32_t value)
{
    put_16(out, value >> 16);
    put_16(out, value & 0xffff);
}

static inline struct span put_span(const struct put *out)
{
    return span_of(out->bytes, out->len);
}
