#include "cmocka_input.h"

#include "base/memory.h"
#include "common/frames.h"
#include "input/filter.h"

static struct test_frame frame;

static struct record record_of(unsigned link)
{
    return (struct record){
        .data = frame.bytes, .captured = frame.len, .wire = frame.len, .link = (uint16_t)link};
}

static void build(bool ethernet, unsigned port)
{
    frame_start(&frame);
    if (ethernet)
        frame_ethernet(&frame, 0x0800);
    frame_ipv4(&frame, "192.0.2.1", "192.0.2.2", 17);
    frame_udp(&frame, 4000, port);
    frame_text(&frame, "hello");
    frame_done(&frame);
}

static void test_matches(void **state)
{
    (void)state;
    struct error err;
    struct filter *filter = filter_new("udp port 53", &err);
    assert_non_null(filter);
    for (unsigned i = 0; i < 4; i++) {
        build(true, 52 + i);
        struct record record = record_of(LINK_ETHERNET);
        assert_int_equal(filter_match(filter, &record, &err), i == 1);
    }
    filter_free(filter);
}

// The program follows the link type of each record.
static void test_link_types(void **state)
{
    (void)state;
    static const unsigned raw[] = {LINK_RAW, LINK_RAW_BSD, LINK_RAW_OPENBSD, LINK_IPV4};
    struct error err;
    struct filter *filter = filter_new("dst port 53", &err);
    assert_non_null(filter);
    for (unsigned round = 0; round < 2; round++)
        for (size_t i = 0; i < COUNT(raw); i++) {
            build(false, 53 + round);
            struct record record = record_of(raw[i]);
            assert_int_equal(filter_match(filter, &record, &err), round == 0);
            build(true, 53 + round);
            record = record_of(LINK_ETHERNET);
            assert_int_equal(filter_match(filter, &record, &err), round == 0);
        }
    filter_free(filter);
}

static void test_wrong_expression(void **state)
{
    (void)state;
    struct error err;
    struct filter *filter = filter_new("port fifty three", &err);
    assert_non_null(filter);
    build(true, 53);
    struct record record = record_of(LINK_ETHERNET);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(filter_match(filter, &record, &err), -1);
        if (err.code != ERROR_MEMORY)
            assert_contains(err.text, "Cannot set BPF filter to pcap file: ");
    }
    filter_free(filter);
}

// An expression that makes sense for one link type only: an error at first, no match later.
static void test_unfit_link_type(void **state)
{
    (void)state;
    struct error err;
    struct filter *filter = filter_new("ether src 02:00:00:00:00:01", &err);
    assert_non_null(filter);
    build(false, 53);
    struct record raw = record_of(LINK_RAW);
    assert_int_equal(filter_match(filter, &raw, &err), -1);
    build(true, 53);
    struct record ethernet = record_of(LINK_ETHERNET);
    assert_int_equal(filter_match(filter, &ethernet, &err), 1);
    assert_int_equal(filter_match(filter, &raw, &err), 0);
    assert_int_equal(filter_match(filter, &raw, &err), 0);
    filter_free(filter);
}

// One program a link type that is decoded here, however many others a file names.
static void test_unknown_link_types(void **state)
{
    (void)state;
    struct error err;
    struct filter *filter = filter_new("greater 10", &err);
    assert_non_null(filter);
    build(true, 53);
    struct record unknown = record_of(147);
    assert_int_equal(filter_match(filter, &unknown, &err), -1);
    assert_string_equal(err.text, "Cannot set BPF filter to pcap file: unknown link type 147");
    struct record ethernet = record_of(LINK_ETHERNET);
    assert_int_equal(filter_match(filter, &ethernet, &err), 1);
    uint64_t before = mem_allocations();
    for (unsigned link = 300; link < 65536; link++) {
        unknown = record_of(link);
        assert_int_equal(filter_match(filter, &unknown, &err), 0);
    }
    assert_int_equal(mem_allocations(), before);
    filter_free(filter);
}

// Bytes that were not captured match nothing; lengths are those on the wire.
static void test_cut_records(void **state)
{
    (void)state;
    struct error err;
    struct filter *port = filter_new("udp port 53", &err);
    struct filter *length = filter_new("greater 1000", &err);
    build(true, 53);
    struct record record = record_of(LINK_ETHERNET);
    record.captured = 20;
    record.wire = 1000;
    int by_port = port ? filter_match(port, &record, &err) : -1;
    int by_length = length ? filter_match(length, &record, &err) : -1;
    filter_free(port);
    filter_free(length);
    assert_int_equal(by_port, 0);
    assert_int_equal(by_length, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches),          cmocka_unit_test(test_link_types),
        cmocka_unit_test(test_wrong_expression), cmocka_unit_test(test_unfit_link_type),
        cmocka_unit_test(test_cut_records),      cmocka_unit_test(test_unknown_link_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
