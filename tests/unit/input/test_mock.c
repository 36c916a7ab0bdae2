#include "cmocka_input.h"

#include "base/hash.h"
#include "base/memory.h"
#include "input/decode.h"
#include "input/mock.h"
#include "wire/bytes.h"
#include "wire/dhcp.h"

static struct mock *make(uint64_t seed, uint64_t rate, unsigned kinds)
{
    struct error err;
    struct mock *mock =
        mock_new(&(struct mock_options){.seed = seed, .rate = rate, .kinds = kinds}, &err);
    assert_non_null(mock);
    return mock;
}

static struct span next(struct mock *mock)
{
    struct record record;
    mock_next(mock, 0, &record);
    assert_int_equal(record.captured, record.wire);
    assert_in_range(record.captured, 1, MOCK_FRAME_MAX);
    assert_int_equal(record.link, LINK_ETHERNET);
    return span_of(record.data, record.captured);
}

// Of frames and of the times between them.
static uint64_t digest(uint64_t seed, uint64_t rate, unsigned kinds, unsigned frames)
{
    static const struct hash_key key = {1, 2, 3};
    struct mock *mock = make(seed, rate, kinds);
    uint64_t sum = 0;
    for (unsigned i = 0; i < frames; i++) {
        uint64_t due = (uint64_t)mock_due(mock);
        struct span frame = next(mock);
        sum = hash_u128(&key, sum, hash_bytes(&key, frame) ^ due);
    }
    mock_free(mock);
    return sum;
}

static void test_same_again(void **state)
{
    (void)state;
    enum { FRAMES = 20000 };
    uint64_t first = digest(1, 1000, 0, FRAMES);
    assert_true(digest(1, 1000, 0, FRAMES) == first);
    assert_true(digest(1, 1000, MOCK_ALL, FRAMES) == first);
    assert_true(digest(2, 1000, 0, FRAMES) != first);
    assert_true(digest(1, 1001, 0, FRAMES) != first);
    assert_true(digest(1, 1000, MOCK_DNS, FRAMES) != first);
}

// The time that a caller gives has no part in the frames.
static void test_time(void **state)
{
    (void)state;
    struct mock *a = make(5, 1000, 0), *b = make(5, 1000, 0);
    for (int i = 0; i < 3000; i++) {
        struct record one, other;
        mock_next(a, 17 * i, &one);
        mock_next(b, -i, &other);
        assert_int_equal(one.time, 17 * i);
        assert_int_equal(other.time, -i);
        assert_record_bytes(&one, span_of(other.data, other.captured));
    }
    mock_free(a);
    mock_free(b);
}

static void test_options(void **state)
{
    (void)state;
    static const struct {
        uint64_t rate;
        unsigned kinds;
        const char *text;
    } rows[] = {
        {0, 0, "mock: a rate of 1 to 1000000 expected, got 0"},
        {MOCK_RATE_MAX + 1, 0, "mock: a rate of 1 to 1000000 expected, got 1000001"},
        {1, 16, "mock: unknown kind of traffic: 0x10"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err;
        assert_null(mock_new(&(struct mock_options){1, rows[i].rate, rows[i].kinds}, &err));
        assert_string_equal(err.text, rows[i].text);
    }
    mock_free(NULL);
}

// The rate holds in the long run, and times never run back.
static void property_rate(void **state)
{
    (void)state;
    static const uint64_t rates[] = {1, 100, 1000, 30000, MOCK_RATE_MAX};
    for (size_t i = 0; i < COUNT(rates); i++) {
        uint64_t frames = rates[i] < 30000 ? 20000 : rates[i] * 3 / 2; // until as many end as begin
        struct mock *mock = make(i, rates[i], 0);
        int64_t last = 0;
        for (uint64_t n = 0; n < frames; n++) {
            int64_t due = mock_due(mock);
            assert_true(due >= last);
            last = due;
            next(mock);
        }
        double wanted = (double)frames / (double)rates[i], took = (double)last / 1e9;
        assert_true(took > wanted * 0.95 - 0.001 && took < wanted * 1.05 + 0.001);
        assert_int_equal(mock_counts(mock)->held, 0);
        mock_free(mock);
    }
}

static void test_frames_alive(void **state)
{
    (void)state;
    struct mock *mock = make(3, 1000, 0);
    struct record records[MOCK_FRAMES_ALIVE];
    static uint8_t copies[MOCK_FRAMES_ALIVE][MOCK_FRAME_MAX];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < MOCK_FRAMES_ALIVE; i++) {
            mock_next(mock, 0, &records[i]);
            memcpy(copies[i], records[i].data, records[i].captured);
        }
        for (unsigned i = 0; i < MOCK_FRAMES_ALIVE; i++)
            assert_memory_equal(records[i].data, copies[i], records[i].captured);
    }
    mock_free(mock);
}

static void test_no_allocation(void **state)
{
    (void)state;
    struct mock *mock = make(3, MOCK_RATE_MAX, 0);
    uint64_t before = mem_allocations();
    for (unsigned i = 0; i < 100000; i++)
        next(mock);
    assert_int_equal(mem_allocations(), before);
    mock_free(mock);
}

// Where no other conversation may begin the rate sinks, and that is counted.
static void test_held(void **state)
{
    (void)state;
    struct mock *mock = make(3, 1000, MOCK_BGP);
    int64_t due = 0;
    for (unsigned i = 0; i < 1000; i++) {
        due = mock_due(mock);
        next(mock);
    }
    assert_true(due > 2 * SECOND);
    assert_in_range(mock_counts(mock)->held, 100, 1000);
    mock_free(mock);
}

static uint32_t words(uint32_t sum, struct span bytes)
{
    for (size_t i = 0; i + 1 < bytes.len; i += 2)
        sum += load_be16(bytes.ptr + i);
    return bytes.len % 2 ? sum + (uint32_t)(bytes.ptr[bytes.len - 1] << 8) : sum;
}

static unsigned folded(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

// Checksums by the rules of RFC 1071, apart from the code that made them.
static void check_checksums(struct span frame)
{
    enum { ETHERNET = 14, ICMP = 1 };
    unsigned ethertype = load_be16(frame.ptr + 12);
    const uint8_t *ip = frame.ptr + ETHERNET;
    uint32_t header = ethertype == 0x86dd ? 40 : 20, sum = 0;
    if (ethertype == 0x0806)
        return;
    unsigned protocol = ethertype == 0x86dd ? ip[6] : ip[9];
    struct span body = span_of(ip + header, frame.len - ETHERNET - header);
    if (ethertype == 0x0800) {
        assert_int_equal(load_be16(ip + 2), frame.len - ETHERNET);
        assert_int_equal(folded(words(0, span_of(ip, header))), 0xffff);
    } else {
        assert_int_equal(load_be16(ip + 4), body.len);
    }
    if (protocol != ICMP) {
        unsigned size = ethertype == 0x86dd ? 16 : 4;
        sum = words((uint32_t)body.len + protocol, span_of(ip + header - 2 * size, 2 * size));
    }
    assert_int_equal(folded(words(sum, body)), 0xffff);
}

static void check_kind(const struct packet_view *p, unsigned kinds)
{
    bool dns = p->l4 != L4_OTHER && (p->src_port == 53 || p->dst_port == 53);
    bool bgp = p->l4 == L4_TCP && (p->src_port == 179 || p->dst_port == 179);
    unsigned low = p->src_port < p->dst_port ? p->src_port : p->dst_port;
    bool dhcp = p->l4 == L4_UDP && (low == 67 || low == 546);
    unsigned kind = dns ? MOCK_DNS : bgp ? MOCK_BGP : dhcp ? MOCK_DHCP : MOCK_PLAIN;
    assert_true(kinds & kind);
}

// Every frame is well formed, of a kind that was asked for, and counted as what it is.
static void test_frames(void **state)
{
    (void)state;
    struct host_spec hosts;
    struct error err;
    host_spec_init(&hosts);
    assert_true(host_spec_parse(&hosts, MOCK_HOST_SPEC, &err));
    for (unsigned kinds = 1; kinds <= MOCK_ALL; kinds++) {
        struct mock *mock = make(kinds, 1000, kinds);
        struct mock_counts seen = {0};
        for (unsigned i = 0; i < 5000; i++) {
            struct span frame = next(mock);
            struct packet_view p;
            assert_int_equal(packet_decode(&p, LINK_ETHERNET, frame.ptr, (uint32_t)frame.len,
                                           (uint32_t)frame.len),
                             WIRE_OK);
            check_checksums(frame);
            check_kind(&p, kinds);
            seen.frames++;
            seen.bytes += frame.len;
            seen.direction[host_spec_direction(&hosts, &p)]++;
            seen.l3[p.l3]++;
            seen.l4[p.l4]++;
            seen.syn += p.l4 == L4_TCP && (p.tcp_flags & TCP_SYN);
        }
        const struct mock_counts *counts = mock_counts(mock);
        assert_int_equal(counts->frames, seen.frames);
        assert_int_equal(counts->bytes, seen.bytes);
        assert_int_equal(counts->syn, seen.syn);
        assert_memory_equal(counts->direction, seen.direction, sizeof seen.direction);
        assert_memory_equal(counts->l3, seen.l3, sizeof seen.l3);
        assert_memory_equal(counts->l4, seen.l4, sizeof seen.l4);
        mock_free(mock);
    }
    host_spec_done(&hosts);
}

// A newcomer's first ten seconds hold something for everybody.
static void test_first_seconds(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct mock *mock = make(seed, MOCK_RATE_DEFAULT, 0);
        while (mock_due(mock) < 10 * SECOND)
            next(mock);
        const struct mock_counts *c = mock_counts(mock);
        const uint64_t wanted[] = {c->direction[DIRECTION_IN],
                                   c->direction[DIRECTION_OUT],
                                   c->l3[L3_IPV4],
                                   c->l3[L3_IPV6],
                                   c->l4[L4_UDP],
                                   c->l4[L4_TCP],
                                   c->l4[L4_OTHER],
                                   c->dns.udp,
                                   c->dns.tcp,
                                   c->dns.nodata,
                                   c->dns.rcode[DNS_NXDOMAIN],
                                   c->dns.rcode[DNS_SRVFAIL],
                                   c->dns.rcode[DNS_REFUSED],
                                   c->dns.ecs,
                                   c->dns.answered_in,
                                   c->dns.answered_out,
                                   c->dns.unanswered,
                                   c->dhcp4[DHCP4_ACK],
                                   c->dhcp6[DHCP6_REPLY],
                                   c->bgp[1],
                                   c->bgp[2],
                                   c->bgp[4]};
        for (size_t i = 0; i < COUNT(wanted); i++)
            if (wanted[i] == 0)
                fail_msg("seed %d: value %zu is 0", (int)seed, i);
        mock_free(mock);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_again),    cmocka_unit_test(test_time),
        cmocka_unit_test(test_options),       cmocka_unit_test(test_frames_alive),
        cmocka_unit_test(test_no_allocation), cmocka_unit_test(test_held),
        cmocka_unit_test(test_frames),        cmocka_unit_test(test_first_seconds),
        cmocka_unit_test(property_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
