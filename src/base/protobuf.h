// Protocol Buffers on the wire (https://protobuf.dev/programming-guides/encoding): writing messages
// field by field, and walking what strangers wrote. Nothing is allocated but the writer's buffer.
#pragma once

#include "base/buffer.h"

enum proto_type { PROTO_VARINT = 0, PROTO_I64 = 1, PROTO_LEN = 2, PROTO_I32 = 5 };

enum { PROTO_VARINT_MAX = 10, PROTO_FIELD_MAX = (1 << 29) - 1 };

// --- Writing. Numbers of fields are 1 to PROTO_FIELD_MAX. What fails sticks to the buffer.

void proto_varint(struct buffer *out, uint64_t value); // bare: for packed fields
void proto_double(struct buffer *out, double value);   // likewise, 8 bytes

void proto_add_u64(struct buffer *out, uint32_t field, uint64_t value); // uint32, uint64, bool
void proto_add_sint(struct buffer *out, uint32_t field, int64_t value); // sint32, sint64
void proto_add_fixed64(struct buffer *out, uint32_t field, uint64_t value);
void proto_add_double(struct buffer *out, uint32_t field, double value);
void proto_add_bytes(struct buffer *out, uint32_t field, struct span bytes); // string, bytes

// A message within a message (or a packed field): what is added between the two calls. The mark
// that proto_begin returns is proto_end's.
size_t proto_begin(struct buffer *out, uint32_t field);
void proto_end(struct buffer *out, size_t mark);

static inline uint64_t proto_zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t proto_unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (~(value & 1) + 1));
}

// --- Reading.

struct proto_reader {
    const uint8_t *at, *end;
    bool failed; // the bytes are no message; `at` is where that shows
};

struct proto_field {
    uint32_t number;
    uint8_t type;      // enum proto_type
    uint64_t value;    // PROTO_VARINT, PROTO_I64, PROTO_I32
    struct span bytes; // PROTO_LEN; borrowed
    struct span whole; // tag and all
};

static inline struct proto_reader proto_reader_of(struct span bytes)
{
    const uint8_t *at = bytes.ptr ? bytes.ptr : (const uint8_t *)""; // NULL + 0 is undefined
    return (struct proto_reader){.at = at, .end = at + bytes.len};
}

// The next field. False at the end, and where the bytes are no field (`failed`); groups are none.
bool proto_next(struct proto_reader *reader, struct proto_field *field);

bool proto_next_long_varint(struct proto_reader *reader, uint64_t *value);

// The next number of a packed field; false at the end and for what is none (`failed`).
static inline bool proto_next_varint(struct proto_reader *reader, uint64_t *value)
{
    if (reader->at < reader->end && *reader->at < 0x80) {
        *value = *reader->at++;
        return true;
    }
    return proto_next_long_varint(reader, value);
}

bool proto_next_double(struct proto_reader *reader, double *value); // likewise
double proto_double_of(uint64_t bits); // the value of a PROTO_I64 field as a double
