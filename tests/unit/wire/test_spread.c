// Which packets meet in one worker.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/frames.h"
#include "base/random.h"

#include <stdio.h>

// Known once, so that captures spread alike from version to version.
#define SPREAD_OF_V4   0x12bfba91u
#define SPREAD_OF_V6   0x384108b1u
#define SPREAD_OF_SELF 0x327480a1u

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd, VLAN = 0x8100, UDP = 17, TCP = 6 };

static struct test_frame frame;

struct flow {
    char src[IP_TEXT_MAX], dst[IP_TEXT_MAX];
    unsigned src_port, dst_port;
};

static struct flow random_flow(struct random_stream *random, bool v4)
{
    struct flow flow;
    uint8_t bytes[32];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)random_next(random);
    struct ip_address src = v4 ? ip_from_v4(bytes) : ip_from_v6(bytes);
    struct ip_address dst = v4 ? ip_from_v4(bytes + 16) : ip_from_v6(bytes + 16);
    ip_format(&src, flow.src);
    ip_format(&dst, flow.dst);
    flow.src_port = 1024 + (unsigned)random_below(random, 60000);
    flow.dst_port = 53;
    return flow;
}

static struct flow turned(const struct flow *flow)
{
    struct flow other = {.src_port = flow->dst_port, .dst_port = flow->src_port};
    memcpy(other.src, flow->dst, sizeof other.src);
    memcpy(other.dst, flow->src, sizeof other.dst);
    return other;
}

static void start(const struct flow *flow, bool v4, bool tagged, unsigned next)
{
    unsigned ethertype = v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
    frame_start(&frame);
    frame_ethernet(&frame, tagged ? VLAN : ethertype);
    if (tagged)
        frame_vlan(&frame, 5, ethertype);
    if (v4)
        frame_ipv4(&frame, flow->src, flow->dst, next);
    else
        frame_ipv6(&frame, flow->src, flow->dst, next);
}

static uint32_t spread(void)
{
    return packet_spread(LINK_ETHERNET, frame.bytes, frame.len);
}

static uint32_t spread_udp(const struct flow *flow, bool v4, bool tagged)
{
    start(flow, v4, tagged, UDP);
    frame_udp(&frame, flow->src_port, flow->dst_port);
    frame_done(&frame);
    return spread();
}

static uint32_t spread_tcp(const struct flow *flow, bool v4, bool tagged)
{
    start(flow, v4, tagged, TCP);
    frame_tcp(&frame, flow->src_port, flow->dst_port, 1, TCP_ACK);
    frame_done(&frame);
    return spread();
}

static uint32_t spread_later_fragment(const struct flow *flow, bool v4)
{
    start(flow, v4, false, v4 ? UDP : 44);
    if (v4)
        frame_ipv4_fragment(&frame, 1480, false);
    else
        frame_ipv6_fragment(&frame, UDP, 1448, false);
    frame_fill(&frame, 67, 100); // looks like ports of DHCP
    frame_done(&frame);
    return spread();
}

static void property_both_ways_and_all_fragments_meet(void **state)
{
    (void)state;
    struct random_stream random = {11};
    for (int i = 0; i < 4000; i++) {
        bool v4 = i % 2;
        struct flow flow = random_flow(&random, v4), back = turned(&flow);
        uint32_t value = spread_udp(&flow, v4, false);
        assert_int_equal(spread_udp(&back, v4, false), value);
        assert_int_equal(spread_udp(&flow, v4, true), value); // the long way gives the same
        assert_int_equal(spread_tcp(&flow, v4, false), value);
        assert_int_equal(spread_tcp(&back, v4, true), value);
        assert_int_equal(spread_later_fragment(&flow, v4), value);
        assert_int_equal(spread_later_fragment(&back, v4), value);
    }
}

static void property_flows_spread_evenly(void **state)
{
    (void)state;
    enum { FLOWS = 20000, WORKERS = 8 };
    struct random_stream random = {12};
    for (int v4 = 0; v4 < 2; v4++) {
        unsigned count[WORKERS] = {0};
        for (int i = 0; i < FLOWS; i++) {
            struct flow flow = random_flow(&random, v4);
            count[spread_udp(&flow, v4, false) % WORKERS]++;
        }
        for (int i = 0; i < WORKERS; i++) // 2500 expected, deviation 47: five of them
            assert_in_range(count[i], 2265, 2735);
    }
}

// Neighbours in one network spread too.
static void clients_of_one_network_spread(void **state)
{
    (void)state;
    unsigned count[4] = {0};
    for (int i = 0; i < 256; i++) {
        struct flow flow = {.dst = "10.0.0.1", .src_port = 5000, .dst_port = 53};
        snprintf(flow.src, sizeof flow.src, "10.0.1.%d", i);
        count[spread_udp(&flow, true, false) % 4]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(count[i], 36, 92);
}

static void dhcp_meets_whatever_its_addresses(void **state)
{
    (void)state;
    static const unsigned ports[] = {67, 68, 546, 547};
    struct random_stream random = {13};
    for (int i = 0; i < 64; i++) {
        struct flow flow = random_flow(&random, i % 2);
        flow.src_port = ports[i % 4];
        struct flow back = turned(&flow);
        assert_int_equal(spread_udp(&flow, i % 2, i % 3 == 0), SPREAD_FIXED);
        assert_int_equal(spread_udp(&back, i % 2, i % 3 == 0), SPREAD_FIXED);
        assert_int_not_equal(spread_tcp(&flow, i % 2, i % 3 == 0), SPREAD_FIXED);
    }
}

static void every_run_gives_the_same(void **state)
{
    (void)state;
    struct flow v4 = {"192.0.2.1", "192.0.2.2", 1000, 53};
    struct flow v6 = {"2001:db8::1", "2001:db8::2", 1000, 53};
    struct flow self = {"127.0.0.1", "127.0.0.1", 1000, 53};
    assert_int_equal(spread_udp(&v4, true, false), SPREAD_OF_V4);
    assert_int_equal(spread_udp(&v6, false, false), SPREAD_OF_V6);
    assert_int_equal(spread_udp(&self, true, false), SPREAD_OF_SELF);
}

static void other_frames_give_some_value(void **state)
{
    (void)state;
    frame_start(&frame);
    assert_int_equal(spread(), SPREAD_FIXED);
    frame_ethernet(&frame, 0x0806);
    frame_fill(&frame, 0, 28);
    assert_int_equal(spread(), SPREAD_FIXED);
    assert_int_equal(packet_spread(999, frame.bytes, frame.len), SPREAD_FIXED);
    struct flow flow = {"192.0.2.1", "192.0.2.2", 1000, 53};
    spread_udp(&flow, true, false);
    for (uint32_t captured = 0; captured <= frame.len; captured++) {
        uint8_t *copy = malloc(captured + 1);
        assert_non_null(copy);
        memcpy(copy + 1, frame.bytes, captured);
        uint32_t value = packet_spread(LINK_ETHERNET, copy + 1, captured);
        assert_int_equal(value, captured < 14 + 20 + 4 ? (uint32_t)SPREAD_FIXED : SPREAD_OF_V4);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(property_both_ways_and_all_fragments_meet),
        cmocka_unit_test(property_flows_spread_evenly),
        cmocka_unit_test(clients_of_one_network_spread),
        cmocka_unit_test(dhcp_meets_whatever_its_addresses),
        cmocka_unit_test(every_run_gives_the_same),
        cmocka_unit_test(other_frames_give_some_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
