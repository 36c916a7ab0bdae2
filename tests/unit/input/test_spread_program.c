// The kernel's fan-out program gives what packet_spread gives.
#include "cmocka_input.h"

#include "base/random.h"
#include "common/frames.h"
#include "common/pcap_read.h"
#include "input/bpf.h"
#include "input/spread_program.h"

#include <linux/if_packet.h>

static struct sock_filter program[SPREAD_PROGRAM_MAX];
static struct test_frame frame;

static uint32_t run(const uint8_t *data, uint32_t len, unsigned type, unsigned protocol)
{
    struct bpf_frame packet = {.data = data,
                               .captured = len,
                               .wire = len,
                               .packet_type = (uint8_t)type,
                               .protocol = (uint16_t)protocol};
    return bpf_run(program, &packet);
}

static uint32_t type_at(const uint8_t *data, uint32_t at)
{
    return (uint32_t)data[at] << 8 | data[at + 1];
}

// As the kernel sees it: going out with its link header, coming in behind it and without its
// outermost VLAN tag.
static void assert_same(const uint8_t *data, uint32_t len)
{
    uint32_t spread = packet_spread(LINK_ETHERNET, data, len);
    assert_int_equal(run(data, len, PACKET_OUTGOING, 0), spread);
    if (len < 18)
        return;
    uint32_t protocol = type_at(data, 12), at = 14;
    if (protocol == 0x8100 || protocol == 0x88a8) {
        protocol = type_at(data, 16);
        at = 18;
    }
    assert_int_equal(run(data + at, len - at, PACKET_HOST, protocol), spread);
}

static void load_program(uint16_t link)
{
    size_t n = spread_program(link, program);
    assert_in_range(n, 1, SPREAD_PROGRAM_MAX);
    assert_true(bpf_check(program, n, NULL));
}

static void every_recording(void **state)
{
    (void)state;
    static const char *const names[] = {
        "bgp.pcap",
        "dhcp-flow.pcap",
        "dhcpv6.pcap",
        "dns_ipv4_tcp.pcap",
        "dns_ipv4_udp.pcap",
        "dns_ipv6_tcp.pcap",
        "dns_ipv6_udp.pcap",
        "dnssec.pcap",
        "dns_udp_mixed_rcode.pcap",
        "ecs.pcap",
        "dns_udp_tcp_random.pcap",
        "ipfix.pcap",
        "nf1.pcap",
        "nf5.pcap",
        "nf7.pcap",
        "nf9.pcap",
        "sflow_ipv6.pcap",
        "sflow_keyed.pcap",
    };
    load_program(LINK_ETHERNET);
    size_t packets = 0;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct pcap_file file;
        if (!pcap_read_open(&file, names[i])) {
            print_message("[  SKIPPED ] no %s\n", names[i]);
            skip();
        }
        struct pcap_packet packet;
        while (file.link == LINK_ETHERNET && pcap_read_next(&file, &packet)) {
            assert_same(packet.frame, packet.captured);
            packets++;
        }
        pcap_read_close(&file);
    }
    assert_true(packets > 10000);
}

static void random_address(struct random_stream *random, bool v4, char text[IP_TEXT_MAX])
{
    uint8_t bytes[16];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)random_next(random);
    struct ip_address ip = v4 ? ip_from_v4(bytes) : ip_from_v6(bytes);
    ip_format(&ip, text);
}

static unsigned random_port(struct random_stream *random)
{
    static const unsigned near[] = {53, 66, 67, 68, 69, 200, 545, 546, 547, 548, 65535, 0};
    return near[random_below(random, COUNT(near))];
}

// An IP packet, maybe with options, extension headers, fragments, or of no use.
static void add_ip(struct random_stream *random, bool v4)
{
    static const unsigned protocols[] = {17, 17, 17, 6, 1, 44};
    char src[IP_TEXT_MAX], dst[IP_TEXT_MAX];
    unsigned protocol = protocols[random_below(random, COUNT(protocols))];
    random_address(random, v4, src);
    random_address(random, v4, dst);
    if (v4) {
        frame_ipv4(&frame, src, dst, protocol);
        unsigned options = (unsigned)random_below(random, 3);
        frame.bytes[frame.ip_at] = (uint8_t)(0x45 + options);
        frame_fill(&frame, 1, options * 4);
        if (random_below(random, 3) == 0)
            frame_ipv4_fragment(&frame, (unsigned)random_below(random, 2) * 800, true);
    } else {
        frame_ipv6(&frame, src, dst, protocol);
        if (protocol == 44)
            frame_ipv6_fragment(&frame, 17, (unsigned)random_below(random, 2) * 800, true);
    }
    frame_udp(&frame, random_port(random), random_port(random));
    frame_fill(&frame, 7, random_below(random, 20));
}

static void property_made_frames(void **state)
{
    (void)state;
    static const unsigned tag_types[] = {0x8100, 0x88a8, 0x9100, 0x9200, 0x9300};
    struct random_stream random = {3};
    load_program(LINK_ETHERNET);
    for (int i = 0; i < 20000; i++) {
        bool v4 = i % 2;
        unsigned type = v4 ? 0x0800 : 0x86dd, tags = (unsigned)random_below(&random, 5);
        frame_start(&frame);
        frame_bytes(&frame, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
        for (unsigned tag = 0; tag < tags; tag++) {
            frame_u16(&frame, tag_types[random_below(&random, COUNT(tag_types))]);
            frame_u16(&frame, 10 + tag);
        }
        frame_u16(&frame, random_below(&random, 20) == 0 ? 0x0806 : type);
        add_ip(&random, v4);
        assert_same(frame.bytes, frame.len - (uint32_t)random_below(&random, 30));
    }
}

static void property_random_bytes(void **state)
{
    (void)state;
    struct random_stream random = {4};
    load_program(LINK_ETHERNET);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[100];
        for (size_t b = 0; b < sizeof bytes; b++)
            bytes[b] = (uint8_t)random_next(&random);
        bytes[12] = i % 2 ? 0x08 : 0x86;
        bytes[13] = i % 2 ? 0x00 : 0xdd;
        assert_same(bytes, (uint32_t)random_below(&random, sizeof bytes));
    }
}

static void raw_ip(void **state)
{
    (void)state;
    struct random_stream random = {5};
    load_program(LINK_RAW);
    for (int i = 0; i < 1000; i++) {
        bool v4 = i % 2;
        frame_start(&frame);
        add_ip(&random, v4);
        uint32_t spread = packet_spread(LINK_RAW, frame.bytes, frame.len);
        unsigned protocol = v4 ? 0x0800 : 0x86dd;
        assert_int_equal(run(frame.bytes, frame.len, PACKET_OUTGOING, protocol), spread);
        assert_int_equal(run(frame.bytes, frame.len, PACKET_HOST, protocol), spread);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recording),
        cmocka_unit_test(property_made_frames),
        cmocka_unit_test(property_random_bytes),
        cmocka_unit_test(raw_ip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
