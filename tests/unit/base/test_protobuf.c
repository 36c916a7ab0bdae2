#include "wire/cmocka_wire.h"

#include "base/protobuf.h"

#include <math.h>

enum { OUT_MAX = 1 << 20 };

static void check_bytes(const struct buffer *out, const void *expected, size_t n)
{
    assert_false(out->failed);
    assert_int_equal(out->len, n);
    assert_memory_equal(out->data, expected, n);
}

// The examples of the encoding's own documentation, and the ends of the ranges.
static void test_fields_have_their_bytes(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        0x08, 0x96, 0x01,                                                 // 1: 150
        0x12, 0x07, 't',  'e',  's',  't',  'i',  'n',  'g',              // 2: "testing"
        0x18, 0x03,                                                       // 3: sint -2
        0x21, 0,    0,    0,    0,    0,    0,    0xf0, 0x3f,             // 4: 1.0
        0x2a, 0x03, 0x08, 0x96, 0x01,                                     // 5: {1: 150}
        0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, // 6: 2^64 - 1
        0x39, 0x02, 0x01, 0,    0,    0,    0,    0,    0,                // 7: fixed64 258
        0x82, 0x7d, 0x00,                                                 // 2000: ""
    };
    struct buffer out;
    buffer_init(&out, OUT_MAX);
    proto_add_u64(&out, 1, 150);
    proto_add_bytes(&out, 2, span_text("testing"));
    proto_add_sint(&out, 3, -2);
    proto_add_double(&out, 4, 1);
    size_t mark = proto_begin(&out, 5);
    proto_add_u64(&out, 1, 150);
    proto_end(&out, mark);
    proto_add_u64(&out, 6, UINT64_MAX);
    proto_add_fixed64(&out, 7, 258);
    proto_add_bytes(&out, 2000, span_of(NULL, 0));
    check_bytes(&out, expected, sizeof expected);
    buffer_done(&out);
}

static void test_zigzag(void **state)
{
    (void)state;
    static const int64_t values[] = {0, -1, 1, -2, INT32_MAX, INT64_MIN, INT64_MAX};
    static const uint64_t coded[] = {0, 1, 2, 3, 4294967294, UINT64_MAX, UINT64_MAX - 1};
    for (size_t i = 0; i < COUNT(values); i++) {
        assert_true(proto_zigzag(values[i]) == coded[i]);
        assert_true(proto_unzigzag(coded[i]) == values[i]);
    }
}

// Lengths around those where the length itself takes a byte more.
static void test_messages_of_every_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 127, 128, 16383, 16384, 70000};
    static const uint8_t zeros[70000];
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct buffer out;
        buffer_init(&out, OUT_MAX);
        size_t outer = proto_begin(&out, 1), inner = proto_begin(&out, 2);
        buffer_add(&out, zeros, lengths[i]);
        proto_end(&out, inner);
        proto_end(&out, outer);
        struct proto_reader r = proto_reader_of(buffer_span(&out)), below;
        struct proto_field field;
        assert_true(proto_next(&r, &field));
        assert_int_equal(field.number, 1);
        assert_int_equal(field.whole.len, out.len);
        below = proto_reader_of(field.bytes);
        assert_true(proto_next(&below, &field));
        assert_int_equal(field.number, 2);
        assert_int_equal(field.bytes.len, lengths[i]);
        assert_false(proto_next(&below, &field) || below.failed);
        assert_false(proto_next(&r, &field) || r.failed);
        buffer_done(&out);
    }
}

static void test_a_full_buffer_stays_failed(void **state)
{
    (void)state;
    static const uint8_t zeros[128];
    struct buffer out;
    buffer_init(&out, 130);
    size_t mark = proto_begin(&out, 1);
    buffer_add(&out, zeros, sizeof zeros); // fits, but not its length of two bytes
    proto_end(&out, mark);
    assert_true(out.failed);
    buffer_done(&out);
}

static void test_packed_numbers(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 127, 128, 300, UINT32_MAX, UINT64_MAX};
    struct buffer out;
    buffer_init(&out, OUT_MAX);
    for (size_t i = 0; i < COUNT(values); i++)
        proto_varint(&out, values[i]);
    struct proto_reader r = proto_reader_of(buffer_span(&out));
    uint64_t value;
    for (size_t i = 0; i < COUNT(values); i++)
        assert_true(proto_next_varint(&r, &value) && value == values[i]);
    assert_false(proto_next_varint(&r, &value) || r.failed);
    buffer_clear(&out);
    proto_double(&out, 0.1);
    proto_double(&out, INFINITY);
    buffer_add_char(&out, 0);
    r = proto_reader_of(buffer_span(&out));
    double real;
    assert_true(proto_next_double(&r, &real) && real == 0.1);
    assert_true(proto_next_double(&r, &real) && isinf(real));
    assert_true(!proto_next_double(&r, &real) && r.failed);
    buffer_done(&out);
}

#define BYTES(literal) literal, sizeof(literal) - 1

static void test_what_is_no_field(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {BYTES("\x08")},                                             // no value
        {BYTES("\x08\x80")},                                         // cut within it
        {BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")},     // 65 bits
        {BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00")}, // 11 bytes
        {BYTES("\x00\x00")},                                         // field 0
        {BYTES("\x80\x80\x80\x80\x10\x00")},                         // field 2^29
        {BYTES("\x09\x00\x00\x00\x00\x00\x00\x00")},                 // 7 of 8 bytes
        {BYTES("\x0d\x00\x00\x00")},                                 // 3 of 4
        {BYTES("\x0a\x02\x00")},                                     // longer than what is there
        {BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},     // likewise, by far
        {BYTES("\x0b")},                                             // a group
        {BYTES("\x0f")},                                             // no type
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct proto_reader r = proto_reader_of(span_of(cases[i].bytes, cases[i].len));
        struct proto_field field;
        assert_false(proto_next(&r, &field));
        assert_true(r.failed);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_have_their_bytes),
        cmocka_unit_test(test_zigzag),
        cmocka_unit_test(test_messages_of_every_length),
        cmocka_unit_test(test_a_full_buffer_stays_failed),
        cmocka_unit_test(test_packed_numbers),
        cmocka_unit_test(test_what_is_no_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
