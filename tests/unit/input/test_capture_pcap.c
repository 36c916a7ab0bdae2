#include "cmocka_input.h"

#include <stdio.h>
#include <unistd.h>

enum { ETHERNET = 1, FILE_HEADER = 24, RECORD_HEADER = 16 };

static void test_orders_and_units(void **state)
{
    (void)state;
    static const struct {
        uint32_t magic;
        int64_t unit;
    } variants[] = {{PCAP_MAGIC_MICRO, 1000}, {PCAP_MAGIC_NANO, 1}, {PCAP_MAGIC_MODIFIED, 1000}};
    for (size_t i = 0; i < 2 * COUNT(variants); i++) {
        struct capture_build b;
        capture_build_begin(&b, i % 2);
        capture_build_pcap(&b, variants[i / 2].magic, 0xf4000000 | ETHERNET); // FCS bits set
        capture_build_record(&b, 1700000000, 123456, 60, span_text("first"));
        capture_build_record(&b, UINT32_MAX, UINT32_MAX, 0, span_text("second"));
        struct collected *c = collect_memory(capture_build_span(&b));
        assert_int_equal(c->result, 0);
        assert_int_equal(c->count, 2);
        assert_int_equal(c->lost, 0);
        assert_int_equal(c->records[0].time, 1700000000 * SECOND + 123456 * variants[i / 2].unit);
        assert_int_equal(c->records[0].wire, 60);
        assert_int_equal(c->records[0].link, ETHERNET);
        assert_int_equal(c->records[0].interface, 0);
        assert_record_bytes(&c->records[0], span_text("first"));
        assert_int_equal(c->records[1].time,
                         UINT32_MAX * SECOND + UINT32_MAX * variants[i / 2].unit);
        assert_int_equal(c->records[1].wire, 6); // never below what was captured
        assert_record_bytes(&c->records[1], span_text("second"));
        collected_free(c);
        capture_build_done(&b);
    }
}

static void test_header_only(void **state)
{
    (void)state;
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_pcap(&b, PCAP_MAGIC_MICRO, ETHERNET);
    struct collected *c = collect_memory(capture_build_span(&b));
    assert_int_equal(c->result, 0);
    assert_int_equal(c->count, 0);
    collected_free(c);
    capture_build_done(&b);
}

static void assert_refused(struct span bytes, const char *reason)
{
    struct error err = {0};
    assert_null(capture_open_memory(bytes, &err));
    if (err.code != ERROR_MEMORY) {
        assert_contains(err.text, "Cannot open pcap/pcapng file: memory: ");
        assert_contains(err.text, reason);
    }
}

static void test_not_a_capture(void **state)
{
    (void)state;
    assert_refused(span_of("", 0), "not a capture file: empty");
    assert_refused(span_text("x"), "not a capture file");
    assert_refused(span_text("a text of more than the twenty-four bytes"), "not a capture file");
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_pcap(&b, PCAP_MAGIC_MICRO, ETHERNET);
    for (size_t len = sizeof(uint32_t); len < FILE_HEADER; len++)
        assert_refused(span_of(b.data, len), "file header cut off");
    capture_build_set(&b, 4, 3, 2);
    assert_refused(capture_build_span(&b), "pcap version 3.4 is not supported");
    capture_build_set(&b, 4, 2, 2);
    capture_build_set(&b, 6, 2, 2);
    assert_refused(capture_build_span(&b), "pcap version 2.2 is not supported");
    capture_build_done(&b);
}

static void test_no_file(void **state)
{
    (void)state;
    struct error err;
    assert_null(capture_open("/nowhere/at.all", &err));
    assert_string_equal(err.text, "Cannot open pcap/pcapng file: /nowhere/at.all: No such file or "
                                  "directory");
    assert_int_equal(err.code, ERROR_IO);
    assert_null(capture_open("/", &err));
    if (err.code != ERROR_MEMORY)
        assert_contains(err.text, "Cannot open pcap/pcapng file: /: Is a directory");
}

// Cut at every byte: the whole records before the cut, then one error where the cut one begins.
static void test_cut_at_every_byte(void **state)
{
    (void)state;
    struct capture_build b;
    size_t begins[6];
    capture_build_begin(&b, true);
    capture_build_pcap(&b, PCAP_MAGIC_MICRO, ETHERNET);
    for (unsigned i = 0; i < COUNT(begins); i++) {
        begins[i] = b.len;
        capture_build_record_header(&b, i, 0, i * 7, 100);
        capture_build_fill(&b, (uint8_t)i, i * 7);
    }
    for (size_t len = FILE_HEADER; len <= b.len; len++) {
        uint32_t whole = 0;
        while (whole + 1 < COUNT(begins) && begins[whole + 1] <= len)
            whole++;
        whole += len == b.len;
        struct collected *c = collect_memory(span_of(b.data, len));
        assert_int_equal(c->count, whole);
        size_t end = whole < COUNT(begins) ? begins[whole] : b.len;
        assert_int_equal(c->result, len == end ? 0 : -1);
        if (len != end) {
            char text[100];
            snprintf(text, sizeof text, "memory: damaged at byte %zu: cut off after %zu of ", end,
                     len - end);
            assert_contains(c->err.text, text);
            assert_int_equal(c->err.code, ERROR_FORMAT);
        }
        collected_free(c);
    }
    capture_build_done(&b);
}

static void test_record_too_large(void **state)
{
    (void)state;
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_pcap(&b, PCAP_MAGIC_MICRO, ETHERNET);
    capture_build_record(&b, 1, 0, 4, span_text("good"));
    size_t at = b.len;
    capture_build_record_header(&b, 1, 0, CAPTURE_RECORD_MAX - RECORD_HEADER + 1, 4);
    capture_build_fill(&b, 0, 1000);
    struct error err;
    struct capture *capture = capture_open_memory(capture_build_span(&b), &err);
    assert_non_null(capture);
    struct chunk chunk;
    assert_true(chunk_init(&chunk));
    char text[100];
    snprintf(text, sizeof text, "memory: damaged at byte %zu: record claims 16777201 captured", at);
    assert_int_equal(capture_next(capture, &chunk, &err), -1);
    assert_int_equal(chunk.count, 1); // what comes before the damage comes with it
    assert_contains(err.text, text);
    err = (struct error){0};
    assert_int_equal(capture_next(capture, &chunk, &err), -1);
    assert_int_equal(chunk.count, 0);
    assert_contains(err.text, text);
    chunk_done(&chunk);
    capture_close(capture);
    capture_build_done(&b);
}

// Records larger than a chunk, up to the maximum, and small ones behind them.
static void test_large_records(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {10,
                                     CAPTURE_CHUNK_BYTES - 40,
                                     CAPTURE_CHUNK_BYTES,
                                     1000000,
                                     5,
                                     CAPTURE_RECORD_MAX - RECORD_HEADER,
                                     0,
                                     7};
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_pcap(&b, PCAP_MAGIC_MICRO, ETHERNET);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        capture_build_record_header(&b, (uint32_t)i, 0, sizes[i], sizes[i]);
        capture_build_fill(&b, (uint8_t)('a' + i), sizes[i]);
    }
    struct error err;
    struct capture *capture = capture_open_memory(capture_build_span(&b), &err);
    assert_non_null(capture);
    struct chunk chunk;
    assert_true(chunk_init(&chunk));
    size_t seen = 0;
    while (capture_next(capture, &chunk, &err) > 0)
        for (uint32_t i = 0; i < chunk.count; i++, seen++) {
            const struct record *r = &chunk.records[i];
            assert_int_equal(r->captured, sizes[seen]);
            for (uint32_t at = 0; at < r->captured; at += 997)
                assert_int_equal(r->data[at], 'a' + seen);
            if (r->captured > 0)
                assert_int_equal(r->data[r->captured - 1], 'a' + seen);
        }
    assert_int_equal(seen, COUNT(sizes));
    assert_int_equal(chunk.data_room, CAPTURE_CHUNK_BYTES); // it has shrunk again
    chunk_done(&chunk);
    capture_close(capture);
    capture_build_done(&b);
}

// Many chunks alive at once, records across their ends, more records in a chunk than at first room.
static void test_many_chunks(void **state)
{
    (void)state;
    enum { RECORDS = 12000 };
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_pcap(&b, PCAP_MAGIC_NANO, ETHERNET);
    for (uint32_t i = 0; i < RECORDS; i++) {
        uint32_t size = i < RECORDS / 2 ? i % 400 : i % 4;
        capture_build_record_header(&b, 1000 - i % 7, i, size, 2000);
        capture_build_fill(&b, (uint8_t)i, size);
    }
    struct collected *c = collect_memory(capture_build_span(&b));
    assert_int_equal(c->result, 0);
    assert_int_equal(c->count, RECORDS);
    assert_true(c->n_chunks > 4);
    for (uint32_t i = 0; i < RECORDS; i++) {
        const struct record *r = &c->records[i];
        assert_int_equal(r->time, (1000 - i % 7) * SECOND + i); // backwards too, as it is
        assert_int_equal(r->captured, i < RECORDS / 2 ? i % 400 : i % 4);
        if (r->captured > 0)
            assert_int_equal(r->data[r->captured - 1], i & 0xff);
    }
    collected_free(c);
    capture_build_done(&b);
}

// One chunk for the whole file: its memory is used again, nothing is allocated.
static void test_chunk_is_reused(void **state)
{
    (void)state;
    struct capture_build b;
    capture_build_begin(&b, false);
    capture_build_pcap(&b, PCAP_MAGIC_MICRO, ETHERNET);
    for (uint32_t i = 0; i < 10000; i++) {
        capture_build_record_header(&b, i, 0, 200, 200);
        capture_build_fill(&b, (uint8_t)i, 200);
    }
    struct error err;
    struct capture *capture = capture_open_memory(capture_build_span(&b), &err);
    assert_non_null(capture);
    struct chunk chunk;
    assert_true(chunk_init(&chunk));
    const uint8_t *data = chunk.data;
    uint32_t seen = 0;
    while (capture_next(capture, &chunk, &err) > 0) {
        assert_ptr_equal(chunk.data, data);
        for (uint32_t i = 0; i < chunk.count; i++)
            assert_int_equal(chunk.records[i].time, seen++ * SECOND);
    }
    assert_int_equal(seen, 10000);
    assert_int_equal(capture_offset(capture), b.len);
    assert_int_equal(capture_size(capture), b.len);
    chunk_done(&chunk);
    capture_close(capture);
    capture_build_done(&b);
}

// Packets, first and last time of the recorded captures (specification 10.1).
static void test_recorded(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t packets;
        uint16_t link;
        int64_t first, last;
    } facts[] = {
        {"bgp", 22, 1, 1453594491508326000, 1453594495971400000},
        {"dhcp-flow", 8, 1, 1634851620703423000, 1634851650401994000},
        {"dhcpv6", 12, 1, 1420235556799722000, 1420235569893300000},
        {"dns_ipv4_tcp", 2100, 1, 1567706433056403000, 1567706440006298000},
        {"dns_ipv4_udp", 140, 1, 1567706414599964000, 1567706420602866000},
        {"dns_ipv6_tcp", 1800, 1, 1567706308958184000, 1567706315069965000},
        {"dns_ipv6_udp", 140, 1, 1567706365513271000, 1567706371518503000},
        {"dns_udp_mixed_rcode", 24, 1, 1623768324607115000, 1623768377134897000},
        {"dns_udp_tcp_random", 16147, 1, 1614874231565771000, 1614874262394089000},
        {"dnssec", 14, 1, 1358909330954626000, 1358909331457934000},
        {"ecs", 66, 1, 1558968008021140000, 1560869916477286000},
        {"ipfix", 43, 113, 1673044464109638000, 1673044464113460000},
        {"nf9", 5, 1, 1508409869575718995, 1508410217526737815},
        {"nf1", 1, 1, 1779128970 * SECOND, 1779128970 * SECOND},
        {"nf5", 2, 1, 1595443008465403000, 1595443013476101000},
        {"nf7", 1, 1, 1779128970 * SECOND, 1779128970 * SECOND},
        {"sflow_ipv6", 1, 1, 1779131774 * SECOND, 1779131774 * SECOND},
        {"sflow_keyed", 1, 1, 1779131005 * SECOND, 1779131005 * SECOND},
    };
    const char *shared = getenv("PKTVISOR_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/captures", shared ? shared : "");
    if (!shared || access(path, R_OK) != 0)
        skip();
    for (size_t i = 0; i < COUNT(facts); i++) {
        snprintf(path, sizeof path, "%s/captures/%s.pcap", shared, facts[i].name);
        struct error err;
        struct capture *capture = capture_open(path, &err);
        assert_non_null(capture);
        struct collected *c = collect(capture);
        assert_int_equal(c->result, 0);
        assert_int_equal(c->count, facts[i].packets);
        assert_int_equal(c->records[0].link, facts[i].link);
        assert_int_equal(c->records[0].time, facts[i].first);
        assert_int_equal(c->records[c->count - 1].time, facts[i].last);
        collected_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders_and_units),  cmocka_unit_test(test_header_only),
        cmocka_unit_test(test_not_a_capture),     cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_cut_at_every_byte), cmocka_unit_test(test_record_too_large),
        cmocka_unit_test(test_large_records),     cmocka_unit_test(test_many_chunks),
        cmocka_unit_test(test_chunk_is_reused),   cmocka_unit_test(test_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
