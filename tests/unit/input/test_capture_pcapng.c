#include "cmocka_input.h"

#include <stdio.h>

enum { ETHERNET = 1, RAW = 101, COOKED = 113, MICROSECONDS = 6 };

#define TEXT(text) span_text(text)

static void test_both_orders_in_one_file(void **state)
{
    (void)state;
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_section(&b);
    capture_build_interface(&b, ETHERNET);
    capture_build_enhanced(&b, 0, 1700000000123456, 60, TEXT("one"));
    b.big_endian = true;
    capture_build_section(&b); // numbers interfaces anew
    capture_build_interface(&b, COOKED);
    capture_build_interface(&b, RAW);
    capture_build_enhanced(&b, 1, 1600000000000001, 2, TEXT("three"));
    struct collected *c = collect_memory(capture_build_span(&b));
    assert_int_equal(c->result, 0);
    assert_int_equal(c->count, 2);
    assert_int_equal(c->records[0].time, 1700000000123456000);
    assert_int_equal(c->records[0].wire, 60);
    assert_int_equal(c->records[0].link, ETHERNET);
    assert_record_bytes(&c->records[0], TEXT("one"));
    assert_int_equal(c->records[1].time, 1600000000000001000);
    assert_int_equal(c->records[1].wire, 5); // never below what was captured
    assert_int_equal(c->records[1].link, RAW);
    assert_int_equal(c->records[1].interface, 1);
    assert_record_bytes(&c->records[1], TEXT("three"));
    collected_free(c);
    capture_build_done(&b);
}

// Units of time and offsets; what lies outside the range is set to its ends.
static void test_time(void **state)
{
    (void)state;
    static const struct {
        uint8_t resolution;
        int64_t offset;
        uint64_t units;
        int64_t time;
    } times[] = {
        {0, 0, 1700000000, 1700000000 * SECOND},
        {3, 0, 1700000000123, 1700000000123000000},
        {6, 0, 1700000000123456, 1700000000123456000},
        {9, 0, 1700000000123456789, 1700000000123456789},
        {12, 0, 1700000000123456789, 1700000000123456},
        {19, 0, UINT64_MAX, 1844674407},
        {28, 0, UINT64_MAX, 1},
        {29, 0, UINT64_MAX, 0},
        {127, 5, UINT64_MAX, 5 * SECOND},
        {0x80 | 0, 0, 1700000000, 1700000000 * SECOND},
        {0x80 | 10, 0, 1024 * 3 + 512, 3 * SECOND + SECOND / 2},
        {0x80 | 32, 0, UINT64_C(1700000000) << 32 | 0x80000000, 1700000000 * SECOND + SECOND / 2},
        {0x80 | 63, 0, UINT64_C(3) << 62, SECOND + SECOND / 2},
        {0x80 | 127, 0, UINT64_MAX, 0},
        {6, 1700000000, 7, 1700000000 * SECOND + 7000},
        {6, -10, 3000000, -7 * SECOND},
        {9, 0, UINT64_MAX, CAPTURE_TIME_MAX},
        {0, 0, UINT64_MAX, CAPTURE_TIME_MAX},
        {0, INT64_MAX, UINT64_MAX, CAPTURE_TIME_MAX},
        {0, INT64_MIN, 0, CAPTURE_TIME_MIN},
        {0, INT64_MIN, UINT64_MAX, CAPTURE_TIME_MAX}, // 2^63 seconds
    };
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_section(&b);
    for (size_t i = 0; i < COUNT(times); i++) {
        capture_build_interface_time(&b, ETHERNET, times[i].resolution, times[i].offset);
        capture_build_enhanced(&b, (uint32_t)i, times[i].units, 1, TEXT("x"));
    }
    struct collected *c = collect_memory(capture_build_span(&b));
    assert_int_equal(c->result, 0);
    assert_int_equal(c->count, COUNT(times));
    for (size_t i = 0; i < COUNT(times); i++)
        assert_int_equal(c->records[i].time, times[i].time);
    collected_free(c);
    capture_build_done(&b);
}

static void test_simple_and_obsolete(void **state)
{
    (void)state;
    struct capture_build b;
    capture_build_begin(&b, true);
    capture_build_section(&b);
    capture_build_interface_open(&b, RAW, 6);
    capture_build_end(&b);
    capture_build_interface(&b, ETHERNET);
    capture_build_simple(&b, 3, TEXT("abc")); // before any time: 1970
    capture_build_packet(&b, 1, 4, 5000001, 9, TEXT("four dropped"));
    capture_build_simple(&b, 100, TEXT("cut at six")); // time of the packet before
    capture_build_packet(&b, 0, 0xffff, 4000000, 9, TEXT("drops not known"));
    struct collected *c = collect_memory(capture_build_span(&b));
    assert_int_equal(c->result, 0);
    assert_int_equal(c->count, 4);
    assert_int_equal(c->lost, 4);
    assert_int_equal(c->records[0].time, 0);
    assert_int_equal(c->records[0].link, RAW);
    assert_record_bytes(&c->records[0], TEXT("abc"));
    assert_int_equal(c->records[1].time, 5000001000);
    assert_int_equal(c->records[1].interface, 1);
    assert_record_bytes(&c->records[1], TEXT("four dropped"));
    assert_int_equal(c->records[2].time, 5000001000);
    assert_int_equal(c->records[2].wire, 100);
    assert_record_bytes(&c->records[2], TEXT("cut at"));
    assert_int_equal(c->records[3].time, 4000000000);
    collected_free(c);
    capture_build_done(&b);
}

// Statistics are totals: what packets or earlier statistics have said is not counted again.
static void test_losses(void **state)
{
    (void)state;
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_section(&b);
    capture_build_interface(&b, ETHERNET);
    capture_build_interface(&b, ETHERNET);
    capture_build_enhanced_open(&b, 0, 1, 1, TEXT("x"));
    capture_build_option(&b, 1, TEXT("comment"));
    capture_build_option_u64(&b, 4, 10);
    capture_build_option(&b, 0, TEXT(""));
    capture_build_option_u64(&b, 4, 1000); // behind the end of the options
    capture_build_end(&b);
    capture_build_statistics(&b, 0, 5, 2);  // less than the packets said
    capture_build_statistics(&b, 0, 12, 8); // 20
    capture_build_statistics(&b, 1, 3, 0);
    capture_build_statistics(&b, 0, 12, 8);
    capture_build_statistics(&b, 2, 99, 0); // no such interface
    capture_build_section(&b);
    capture_build_interface(&b, ETHERNET);
    capture_build_statistics(&b, 0, 0, 100); // at the end, without a packet
    struct collected *c = collect_memory(capture_build_span(&b));
    assert_int_equal(c->result, 0);
    assert_int_equal(c->count, 1);
    assert_int_equal(c->lost, 123);
    collected_free(c);
    capture_build_done(&b);
}

// Statistics alone: they come with the end.
static void test_losses_without_packets(void **state)
{
    (void)state;
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_section(&b);
    capture_build_interface(&b, ETHERNET);
    capture_build_statistics(&b, 0, 1, 1);
    struct collected *c = collect_memory(capture_build_span(&b));
    assert_int_equal(c->result, 0);
    assert_int_equal(c->lost, 2);
    assert_int_equal(c->n_chunks, 1);
    collected_free(c);
    capture_build_done(&b);
}

static void test_unknown_blocks(void **state)
{
    (void)state;
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_section(&b);
    capture_build_block(&b, 0x0bad);
    capture_build_end(&b); // the smallest block there is
    capture_build_interface(&b, ETHERNET);
    capture_build_block(&b, 10);
    capture_build_fill(&b, 0xee, 3 * CAPTURE_CHUNK_BYTES);
    capture_build_end(&b);
    capture_build_enhanced(&b, 0, 1, 1, TEXT("x"));
    capture_build_block(&b, 4);
    capture_build_bytes(&b, TEXT("odd length"));
    capture_build_end(&b);
    struct collected *c = collect_memory(capture_build_span(&b));
    assert_int_equal(c->result, 0);
    assert_int_equal(c->count, 1);
    assert_record_bytes(&c->records[0], TEXT("x"));
    collected_free(c);
    capture_build_done(&b);
}

static void test_hundreds_of_interfaces(void **state)
{
    (void)state;
    enum { INTERFACES = 700 };
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_section(&b);
    for (unsigned i = 0; i < INTERFACES; i++)
        capture_build_interface_time(&b, i, (uint8_t)(i % 10), 0);
    for (unsigned i = 0; i < INTERFACES; i++)
        capture_build_enhanced(&b, i, 1, 1, TEXT("x"));
    struct collected *c = collect_memory(capture_build_span(&b));
    assert_int_equal(c->result, 0);
    assert_int_equal(c->count, INTERFACES);
    int64_t unit = SECOND;
    for (unsigned i = 0; i < INTERFACES; i++) {
        unit = i % 10 == 0 ? SECOND : unit / 10;
        assert_int_equal(c->records[i].interface, i);
        assert_int_equal(c->records[i].link, i);
        assert_int_equal(c->records[i].time, unit);
    }
    collected_free(c);
    capture_build_done(&b);
}

static void assert_damaged(struct capture_build *b, size_t at, uint32_t packets, const char *what)
{
    struct collected *c = collect_memory(capture_build_span(b));
    char text[200];
    snprintf(text, sizeof text, "memory: damaged at byte %zu: %s", at, what);
    assert_int_equal(c->result, -1);
    assert_string_equal(c->err.text, text);
    assert_int_equal(c->err.code, ERROR_FORMAT);
    assert_int_equal(c->count, packets);
    collected_free(c);
}

// A section with an interface and a packet; the block behind it begins at the returned offset.
static size_t begin_damaged(struct capture_build *b)
{
    capture_build_begin(b, false);
    capture_build_section(b);
    capture_build_interface(b, ETHERNET);
    capture_build_enhanced(b, 0, 1, 1, TEXT("good"));
    return b->len;
}

static void test_block_lengths(void **state)
{
    (void)state;
    static const struct {
        uint32_t length;
        const char *what;
    } lengths[] = {
        {0, "block length 0"},
        {11, "block length 11"},
        {38, "block length 38"},
        {CAPTURE_RECORD_MAX + 4, "block length 16777220"},
        {UINT32_MAX, "block length 4294967295"},
        {32, "block lengths differ: 32 and 7496034"},
        {2000, "cut off after 36 of 2000 bytes by the end of the file"},
    };
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct capture_build b;
        size_t at = begin_damaged(&b);
        capture_build_enhanced(&b, 0, 1, 4, TEXT("bar"));
        capture_build_set(&b, at + 4, lengths[i].length, 4);
        assert_damaged(&b, at, 1, lengths[i].what);
        capture_build_done(&b);
    }
    struct capture_build b;
    size_t at = begin_damaged(&b);
    capture_build_enhanced(&b, 0, 1, 4, TEXT("bar"));
    capture_build_set(&b, b.len - 4, 32, 4);
    assert_damaged(&b, at, 1, "block lengths differ: 36 and 32");
    capture_build_done(&b);
}

static void test_damaged_packets(void **state)
{
    (void)state;
    struct capture_build b;
    size_t at = begin_damaged(&b);
    capture_build_enhanced(&b, 1, 1, 4, TEXT("bar"));
    assert_damaged(&b, at, 1, "packet of interface 1, which is not declared");
    capture_build_done(&b);

    at = begin_damaged(&b);
    capture_build_enhanced(&b, 0, 1, 4, TEXT("bar"));
    capture_build_set(&b, at + 20, 5, 4);
    assert_damaged(&b, at, 1, "packet of 5 bytes in a block of 36");
    capture_build_done(&b);

    at = begin_damaged(&b);
    capture_build_section(&b);
    at = b.len;
    capture_build_simple(&b, 3, TEXT("abc"));
    assert_damaged(&b, at, 1, "simple packet before any interface");
    capture_build_done(&b);
}

// Every known block type with a body too short for its fields.
static void test_short_blocks(void **state)
{
    (void)state;
    static const uint32_t types[] = {PCAPNG_INTERFACE, PCAPNG_PACKET, PCAPNG_SIMPLE,
                                     PCAPNG_STATISTICS, PCAPNG_ENHANCED};
    for (size_t i = 0; i < COUNT(types); i++) {
        struct capture_build b;
        char what[60];
        size_t at = begin_damaged(&b);
        capture_build_block(&b, types[i]);
        capture_build_end(&b);
        snprintf(what, sizeof what, "block of type %u with 12 bytes", types[i]);
        assert_damaged(&b, at, 1, what);
        capture_build_done(&b);
    }
}

static void test_damaged_sections(void **state)
{
    (void)state;
    struct capture_build b;
    size_t at = begin_damaged(&b);
    capture_build_section(&b);
    capture_build_set(&b, at + 8, 0x12345678, 4);
    assert_damaged(&b, at, 1, "section header without byte-order magic");
    capture_build_done(&b);

    at = begin_damaged(&b);
    capture_build_section(&b);
    capture_build_set(&b, at + 12, 2, 2);
    assert_damaged(&b, at, 1, "pcapng version 2 is not supported");
    capture_build_done(&b);

    struct error err = {0};
    capture_build_begin(&b, false);
    capture_build_section(&b);
    assert_null(capture_open_memory(span_of(b.data, 11), &err));
    if (err.code != ERROR_MEMORY)
        assert_contains(err.text, "memory: file header cut off after 11 of 12 bytes");
    capture_build_set(&b, 8, 0, 4);
    assert_null(capture_open_memory(capture_build_span(&b), &err));
    if (err.code != ERROR_MEMORY)
        assert_contains(err.text, "not a capture file: section header without byte-order magic");
    capture_build_done(&b);
}

// Options that run over their block: fatal where the unit of time may be in them.
static void test_damaged_options(void **state)
{
    (void)state;
    struct capture_build b;
    size_t at = begin_damaged(&b);
    capture_build_interface_open(&b, ETHERNET, 0);
    capture_build_u32(&b, 4 << 16 | 2);
    capture_build_end(&b);
    assert_damaged(&b, at, 1, "interface option runs over its block");
    capture_build_done(&b);

    begin_damaged(&b);
    capture_build_enhanced_open(&b, 0, 2, 2, TEXT("xy"));
    capture_build_u32(&b, 400 << 16 | 4);
    capture_build_end(&b);
    struct collected *c = collect_memory(capture_build_span(&b));
    assert_int_equal(c->result, 0);
    assert_int_equal(c->count, 2);
    assert_int_equal(c->lost, 0);
    collected_free(c);
    capture_build_done(&b);
}

static void test_too_many_interfaces(void **state)
{
    (void)state;
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_section(&b);
    for (unsigned i = 0; i < CAPTURE_INTERFACES_MAX; i++)
        capture_build_interface(&b, ETHERNET);
    size_t at = b.len;
    capture_build_interface(&b, ETHERNET);
    assert_damaged(&b, at, 0, "more than 65536 interfaces");
    capture_build_done(&b);
}

// Cut at every byte: the whole packets before the cut, then one error where the cut block begins.
static void test_cut_at_every_byte(void **state)
{
    (void)state;
    struct capture_build b;
    size_t begins[20];
    unsigned packets[20]; // before the block
    unsigned n = 0, seen = 0;
    capture_build_begin(&b, true);
    for (unsigned i = 0; n + 1 < COUNT(begins); i++) {
        begins[n] = b.len;
        packets[n++] = seen;
        if (i % 7 == 0) {
            capture_build_section(&b);
        } else if (i % 7 == 1) {
            capture_build_interface_time(&b, ETHERNET, 9, 3);
        } else {
            capture_build_enhanced(&b, 0, i, i, span_of("payload", i % 7));
            seen++;
        }
    }
    begins[n] = b.len;
    packets[n] = seen;
    for (size_t len = 12; len <= b.len; len++) {
        unsigned whole = 0;
        while (begins[whole + 1] <= len && whole + 1 < n)
            whole++;
        whole += begins[whole + 1] <= len;
        struct collected *c = collect_memory(span_of(b.data, len));
        assert_int_equal(c->count, packets[whole]);
        assert_int_equal(c->result, len == begins[whole] ? 0 : -1);
        if (c->result < 0) {
            char text[100];
            snprintf(text, sizeof text, "memory: damaged at byte %zu: cut off after %zu of ",
                     begins[whole], len - begins[whole]);
            assert_contains(c->err.text, text);
        }
        collected_free(c);
    }
    capture_build_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_orders_in_one_file), cmocka_unit_test(test_time),
        cmocka_unit_test(test_simple_and_obsolete),     cmocka_unit_test(test_losses),
        cmocka_unit_test(test_losses_without_packets),  cmocka_unit_test(test_unknown_blocks),
        cmocka_unit_test(test_hundreds_of_interfaces),  cmocka_unit_test(test_block_lengths),
        cmocka_unit_test(test_damaged_packets),         cmocka_unit_test(test_short_blocks),
        cmocka_unit_test(test_damaged_sections),        cmocka_unit_test(test_damaged_options),
        cmocka_unit_test(test_too_many_interfaces),     cmocka_unit_test(test_cut_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
