// A field is a tag (number << 3 | type) and its value: a varint (7 bits a byte, low ones first), 8
// or 4 bytes little-endian, or a length and as many bytes.
#include "base/protobuf.h"

enum { TYPE_BITS = 3, TYPE_MASK = 7 };

static void add_fixed(struct buffer *out, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    buffer_add(out, bytes, size);
}

static size_t encode(uint64_t value, uint8_t bytes[static PROTO_VARINT_MAX])
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (uint8_t)(value | 0x80);
    bytes[n++] = (uint8_t)value;
    return n;
}

void proto_varint(struct buffer *out, uint64_t value)
{
    uint8_t bytes[PROTO_VARINT_MAX];
    buffer_add(out, bytes, encode(value, bytes));
}

static void add_tag(struct buffer *out, uint32_t field, enum proto_type type)
{
    proto_varint(out, (uint64_t)field << TYPE_BITS | type);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

void proto_double(struct buffer *out, double value)
{
    add_fixed(out, bits_of(value), sizeof value);
}

void proto_add_u64(struct buffer *out, uint32_t field, uint64_t value)
{
    add_tag(out, field, PROTO_VARINT);
    proto_varint(out, value);
}

void proto_add_sint(struct buffer *out, uint32_t field, int64_t value)
{
    proto_add_u64(out, field, proto_zigzag(value));
}

void proto_add_fixed64(struct buffer *out, uint32_t field, uint64_t value)
{
    add_tag(out, field, PROTO_I64);
    add_fixed(out, value, sizeof value);
}

void proto_add_double(struct buffer *out, uint32_t field, double value)
{
    proto_add_fixed64(out, field, bits_of(value));
}

void proto_add_bytes(struct buffer *out, uint32_t field, struct span bytes)
{
    add_tag(out, field, PROTO_LEN);
    proto_varint(out, bytes.len);
    buffer_add(out, bytes.ptr, bytes.len);
}

// One byte is kept for the length; a longer one pushes the content back at the end.
size_t proto_begin(struct buffer *out, uint32_t field)
{
    add_tag(out, field, PROTO_LEN);
    buffer_add_char(out, 0);
    return out->len;
}

void proto_end(struct buffer *out, size_t mark)
{
    uint8_t length[PROTO_VARINT_MAX] = {0};
    if (out->failed)
        return;
    size_t content = out->len - mark, n = encode(content, length);
    buffer_add(out, (uint8_t[PROTO_VARINT_MAX]){0}, n - 1);
    if (out->failed)
        return;
    if (n > 1)
        memmove(out->data + mark + n - 1, out->data + mark, content);
    memcpy(out->data + mark - 1, length, n);
}

static bool fail(struct proto_reader *reader)
{
    reader->failed = true;
    return false;
}

bool proto_next_long_varint(struct proto_reader *reader, uint64_t *value)
{
    uint64_t sum = 0;
    const uint8_t *at = reader->at;
    if (at == reader->end)
        return false;
    for (unsigned shift = 0; at < reader->end; shift += 7) {
        uint8_t byte = *at++;
        if (shift == 63 && byte > 1) // more than 64 bits, or more than 10 bytes
            return fail(reader);
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            reader->at = at;
            *value = sum;
            return true;
        }
    }
    return fail(reader);
}

static bool next_fixed(struct proto_reader *reader, size_t size, uint64_t *value)
{
    if ((size_t)(reader->end - reader->at) < size)
        return fail(reader);
    *value = 0;
    for (size_t i = size; i-- > 0;)
        *value = *value << 8 | reader->at[i];
    reader->at += size;
    return true;
}

bool proto_next_double(struct proto_reader *reader, double *value)
{
    uint64_t bits;
    if (reader->at == reader->end || !next_fixed(reader, sizeof bits, &bits))
        return false;
    *value = proto_double_of(bits);
    return true;
}

double proto_double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// A number that must be there.
static bool varint(struct proto_reader *reader, uint64_t *value)
{
    return proto_next_varint(reader, value) || fail(reader);
}

static bool next_bytes(struct proto_reader *reader, struct span *bytes)
{
    uint64_t length;
    if (!varint(reader, &length))
        return false;
    if (length > (size_t)(reader->end - reader->at))
        return fail(reader);
    *bytes = span_of(reader->at, (size_t)length);
    reader->at += length;
    return true;
}

static bool next_value(struct proto_reader *reader, struct proto_field *field)
{
    switch (field->type) {
    case PROTO_VARINT:
        return varint(reader, &field->value);
    case PROTO_I64:
        return next_fixed(reader, 8, &field->value);
    case PROTO_LEN:
        return next_bytes(reader, &field->bytes);
    case PROTO_I32:
        return next_fixed(reader, 4, &field->value);
    default:
        return fail(reader);
    }
}

bool proto_next(struct proto_reader *reader, struct proto_field *field)
{
    const uint8_t *begin = reader->at;
    uint64_t tag;
    if (!proto_next_varint(reader, &tag))
        return false;
    *field = (struct proto_field){.type = (uint8_t)(tag & TYPE_MASK)};
    tag >>= TYPE_BITS;
    if (tag == 0 || tag > PROTO_FIELD_MAX)
        return fail(reader);
    field->number = (uint32_t)tag;
    if (!next_value(reader, field))
        return false;
    field->whole = span_of(begin, (size_t)(reader->at - begin));
    return true;
}
