#include "cmocka_input.h"

#include "base/random.h"
#include "input/host_spec.h"

#include <stdio.h>

static bool has(const struct host_spec *spec, const char *address)
{
    struct ip_address ip;
    assert_true(ip_parse(address, &ip));
    return host_spec_has(spec, strchr(address, ':') ? L3_IPV6 : L3_IPV4, &ip);
}

static void parse(struct host_spec *spec, const char *text)
{
    struct error err;
    host_spec_init(spec);
    assert_true(host_spec_parse(spec, text, &err));
}

static void test_has(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *address;
        bool has;
    } rows[] = {
        {"", "192.168.0.1", false},
        {"192.168.0.0/24", "192.168.0.0", true},
        {"192.168.0.0/24", "192.168.0.255", true},
        {"192.168.0.0/24", "192.168.1.0", false},
        {"192.168.0.0/24", "192.167.255.255", false},
        {"192.168.0.77/24", "192.168.0.1", true}, // host bits are ignored
        {"192.168.0.64/26", "192.168.0.63", false},
        {"192.168.0.64/26", "192.168.0.64", true},
        {"192.168.0.54/32", "192.168.0.54", true},
        {"192.168.0.54/32", "192.168.0.55", false},
        {"0.0.0.0/0", "255.255.255.255", true},
        {"0.0.0.0/0", "0.0.0.1", true},
        {"0.0.0.0/0", "0.0.0.0", false}, // no host's address
        {"0.0.0.0/0", "::ffff:1.2.3.4", false},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "::", true},
        {"::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
        {"::/0", "10.0.0.1", false},
        {"2001:db8::/48", "2001:db8:0:ffff::1", true},
        {"2001:db8::/48", "2001:db8:1::", false},
        {"2001:db8::/63", "2001:db8:0:1:ffff::", true},
        {"2001:db8::/65", "2001:db8::8000:0:0:0", false},
        {"2001:db8::1/128", "2001:db8::1", true},
        {"2001:db8::1/128", "2001:db8::2", false},
        {"10.0.0.0/8,172.16.0.0/12,fe80::/10", "172.31.255.255", true},
        {"10.0.0.0/8,172.16.0.0/12,fe80::/10", "febf::1", true},
        {"10.0.0.0/8,172.16.0.0/12,fe80::/10", "172.32.0.0", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct host_spec spec;
        parse(&spec, rows[i].spec);
        if (has(&spec, rows[i].address) != rows[i].has)
            fail_msg("%s in %s", rows[i].address, rows[i].spec);
        host_spec_done(&spec);
    }
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *text;
    } rows[] = {
        {"192.168.0.0", "invalid CIDR: 192.168.0.0"},
        {"192.168.0.0/", "invalid CIDR: 192.168.0.0/"},
        {"192.168.0.0/24/12ac", "invalid CIDR: 192.168.0.0/24/12ac"},
        {"192.168.0.0/64", "invalid CIDR: 192.168.0.0/64"},
        {"192.168.0.0/33", "invalid CIDR: 192.168.0.0/33"},
        {"192.168.0.0/-1", "invalid CIDR: 192.168.0.0/-1"},
        {"192.168.0.0/99999999999999999999", "invalid CIDR: 192.168.0.0/99999999999999999999"},
        {"192.168.AE.0/24", "invalid IPv4 address: 192.168.AE.0"},
        {"/24", "invalid IPv4 address: "},
        {"2001:db8::/48/12ac", "invalid CIDR: 2001:db8::/48/12ac"},
        {"2001:db8::/256", "invalid CIDR: 2001:db8::/256"},
        {"2001:db8::/129", "invalid CIDR: 2001:db8::/129"},
        {"fe80:2030:31:24", "invalid CIDR: fe80:2030:31:24"},
        {"fe80:2030:31:24/64", "invalid IPv6 address: fe80:2030:31:24"},
        {"10.0.0.0/8,,11.0.0.0/8", "invalid CIDR: "},
        {"10.0.0.0/8, 11.0.0.0/8", "invalid IPv4 address:  11.0.0.0"},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/64",
         "invalid IPv6 address: 1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct host_spec spec;
        struct error err;
        parse(&spec, "203.0.113.0/24");
        assert_false(host_spec_parse(&spec, rows[i].spec, &err));
        if (err.code != ERROR_MEMORY) {
            assert_string_equal(err.text, rows[i].text);
            assert_int_equal(err.code, ERROR_INVALID);
        }
        assert_int_equal(spec.v4.count, 1); // as it was
        assert_true(has(&spec, "203.0.113.1"));
        assert_false(has(&spec, "10.0.0.1"));
        host_spec_done(&spec);
    }
}

static void test_added_up(void **state)
{
    (void)state;
    struct host_spec spec;
    struct error err;
    parse(&spec, "");
    assert_int_equal(spec.v4.count + spec.v6.count, 0);
    assert_true(host_spec_parse(&spec, "10.0.0.0/8,", &err)); // a closing comma is accepted
    assert_true(host_spec_parse(&spec, "fe80::/10", &err));
    assert_int_not_equal(spec.v4.count + spec.v6.count, 0);
    assert_true(has(&spec, "10.1.1.1"));
    assert_true(has(&spec, "fe80::1"));
    host_spec_done(&spec);
    assert_int_equal(spec.v4.count + spec.v6.count, 0);
}

// Networks that touch or contain each other are one range, whatever the order.
static void test_joined(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        size_t ranges;
    } rows[] = {
        {"10.0.0.0/25,10.0.0.128/25", 1},
        {"10.0.0.128/25,10.0.0.0/25", 1},
        {"10.0.0.0/24,10.0.0.5/32", 1},
        {"10.0.0.5/32,10.0.0.0/24", 1},
        {"10.0.0.1/32,10.0.0.3/32,10.0.0.2/32", 1},
        {"10.0.0.1/32,10.0.0.3/32", 2},
        {"255.255.255.255/32,0.0.0.0/1,128.0.0.0/1", 1},
        {"10.0.0.0/24,10.0.2.0/24,10.0.4.0/24,10.0.0.0/8", 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct host_spec spec;
        parse(&spec, rows[i].spec);
        assert_int_equal(spec.v4.count, rows[i].ranges);
        host_spec_done(&spec);
    }
    struct host_spec spec;
    parse(&spec, "8000::/1,::/1,1::/16");
    assert_int_equal(spec.v6.count, 1);
    host_spec_done(&spec);
}

static void test_direction(void **state)
{
    (void)state;
    static const struct {
        const char *src, *dst;
        uint8_t l3;
        enum direction direction;
    } rows[] = {
        {"192.168.0.1", "8.8.8.8", L3_IPV4, DIRECTION_OUT},
        {"8.8.8.8", "192.168.0.1", L3_IPV4, DIRECTION_IN},
        {"192.168.0.1", "192.168.0.2", L3_IPV4, DIRECTION_IN},
        {"8.8.8.8", "1.1.1.1", L3_IPV4, DIRECTION_UNKNOWN},
        {"0.0.0.0", "255.255.255.255", L3_IPV4, DIRECTION_UNKNOWN},
        {"2001:db8::1", "2001:db9::1", L3_IPV6, DIRECTION_OUT},
        {"2001:db9::1", "2001:db8::1", L3_IPV6, DIRECTION_IN},
        {"192.168.0.1", "192.168.0.1", L3_NONE, DIRECTION_UNKNOWN},
    };
    struct host_spec spec;
    parse(&spec, "192.168.0.0/16,2001:db8::/32");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct packet_view view = {.l3 = rows[i].l3};
        assert_true(ip_parse(rows[i].src, &view.src) && ip_parse(rows[i].dst, &view.dst));
        assert_int_equal(host_spec_direction(&spec, &view), rows[i].direction);
    }
    host_spec_done(&spec);
}

// Hundreds of networks against a list that is walked network by network.
static void test_hundreds(void **state)
{
    (void)state;
    enum { NETWORKS = 500, LOOKUPS = 20000 };
    struct random_stream stream = {11};
    struct host_spec spec;
    struct error err;
    uint32_t network[NETWORKS], mask[NETWORKS];
    host_spec_init(&spec);
    for (size_t i = 0; i < NETWORKS; i++) {
        unsigned prefix = 12 + (unsigned)random_below(&stream, 21);
        char text[40];
        mask[i] = UINT32_MAX << (32 - prefix);
        network[i] = (uint32_t)random_next(&stream) & 0x0fffffff & mask[i];
        snprintf(text, sizeof text, "%u.%u.%u.%u/%u", network[i] >> 24, network[i] >> 16 & 255,
                 network[i] >> 8 & 255, network[i] & 255, prefix);
        assert_true(host_spec_parse(&spec, text, &err));
    }
    unsigned inside = 0;
    for (unsigned n = 0; n < LOOKUPS; n++) {
        uint32_t address = (uint32_t)random_next(&stream) & 0x0fffffff;
        if (n % 2)
            address = network[n % NETWORKS] + (uint32_t)random_below(&stream, 600) - 1;
        bool expected = false;
        for (size_t i = 0; i < NETWORKS && address != 0; i++)
            expected = expected || (address & mask[i]) == network[i];
        uint8_t bytes[4] = {(uint8_t)(address >> 24), (uint8_t)(address >> 16),
                            (uint8_t)(address >> 8), (uint8_t)address};
        struct ip_address ip = ip_from_v4(bytes);
        assert_int_equal(host_spec_has(&spec, L3_IPV4, &ip), expected);
        inside += expected;
    }
    assert_in_range(inside, LOOKUPS / 4, LOOKUPS * 3 / 4);
    host_spec_done(&spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_has),       cmocka_unit_test(test_errors),
        cmocka_unit_test(test_added_up),  cmocka_unit_test(test_joined),
        cmocka_unit_test(test_direction), cmocka_unit_test(test_hundreds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
