// Fields of proto3 messages without a presence of their own: the default value is left out, as the
// format's own libraries do. Members of a oneof and what is `optional` are added as they are
// (base/protobuf.h).
#pragma once

#include "base/protobuf.h"

static inline void proto3_u64(struct buffer *out, uint32_t field, uint64_t value)
{
    if (value)
        proto_add_u64(out, field, value);
}

static inline void proto3_i64(struct buffer *out, uint32_t field, int64_t value)
{
    proto3_u64(out, field, (uint64_t)value);
}

static inline void proto3_sint(struct buffer *out, uint32_t field, int64_t value)
{
    if (value)
        proto_add_sint(out, field, value);
}

static inline void proto3_fixed64(struct buffer *out, uint32_t field, uint64_t value)
{
    if (value)
        proto_add_fixed64(out, field, value);
}

// The default is +0 alone: -0 has other bits.
static inline void proto3_double(struct buffer *out, uint32_t field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    proto3_fixed64(out, field, bits);
}

static inline void proto3_bytes(struct buffer *out, uint32_t field, struct span value)
{
    if (value.len)
        proto_add_bytes(out, field, value);
}
