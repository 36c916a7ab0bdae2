// IPv4, IPv6, UDP and TCP in plain Ethernet frames: what a view says of them, cut and broken ones
// included.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/frames.h"
#include "base/random.h"

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };
enum { ICMP = 1, TCP = 6, UDP = 17, ESP = 50 };
enum { ETHERNET = 14, IPV4_HEADER = 20, IPV6_HEADER = 40, UDP_HEADER = 8, TCP_HEADER = 20 };

static struct test_frame frame;
static struct packet_view view;

static void start_v4(unsigned protocol)
{
    frame_start(&frame);
    frame_ethernet(&frame, ETHERTYPE_IPV4);
    frame_ipv4(&frame, "192.0.2.1", "198.51.100.2", protocol);
}

static void start_v6(unsigned next)
{
    frame_start(&frame);
    frame_ethernet(&frame, ETHERTYPE_IPV6);
    frame_ipv6(&frame, "2001:db8::1", "2001:db8::2", next);
}

static void udp_v4(const char *payload)
{
    start_v4(UDP);
    frame_udp(&frame, 4000, 53);
    frame_text(&frame, payload);
    frame_done(&frame);
}

static void tcp_v4(const char *payload)
{
    start_v4(TCP);
    frame_tcp(&frame, 4000, 53, 0xfffffff0, TCP_ACK | TCP_PSH);
    frame_text(&frame, payload);
    frame_done(&frame);
}

static enum wire_event decode(void)
{
    return packet_decode(&view, LINK_ETHERNET, frame.bytes, frame.len, frame.len);
}

static enum wire_event decode_cut(uint32_t captured)
{
    return packet_decode(&view, LINK_ETHERNET, frame.bytes, captured, frame.len);
}

static void assert_body(const char *text)
{
    assert_int_equal(view.body_captured, strlen(text));
    assert_memory_equal(packet_body(&view).ptr, text, strlen(text));
}

static void assert_address(const struct ip_address *got, const char *text)
{
    char shown[IP_TEXT_MAX];
    ip_format(got, shown);
    assert_string_equal(shown, text);
}

static void udp_over_ipv4(void **state)
{
    (void)state;
    udp_v4("hello");
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.l3, L3_IPV4);
    assert_int_equal(view.l4, L4_UDP);
    assert_int_equal(view.protocol, UDP);
    assert_address(&view.src, "192.0.2.1");
    assert_address(&view.dst, "198.51.100.2");
    assert_int_equal(view.src_port, 4000);
    assert_int_equal(view.dst_port, 53);
    assert_int_equal(view.link, LINK_ETHERNET);
    assert_int_equal(view.captured, frame.len);
    assert_int_equal(view.wire, frame.len);
    assert_int_equal(view.body_wire, 5);
    assert_body("hello");
    assert_int_equal(view.src_mac_at, 6);
    assert_false(view.fragment || view.later_fragment);
}

static void tcp_over_ipv4(void **state)
{
    (void)state;
    tcp_v4("hello");
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.l4, L4_TCP);
    assert_int_equal(view.tcp_seq, 0xfffffff0);
    assert_int_equal(view.tcp_flags, TCP_ACK | TCP_PSH);
    assert_int_equal(view.body_wire, 5);
    assert_body("hello");
}

static void udp_and_tcp_over_ipv6(void **state)
{
    (void)state;
    start_v6(UDP);
    frame_udp(&frame, 53, 4000);
    frame_text(&frame, "reply");
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.l3, L3_IPV6);
    assert_int_equal(view.l4, L4_UDP);
    assert_address(&view.src, "2001:db8::1");
    assert_address(&view.dst, "2001:db8::2");
    assert_body("reply");
    start_v6(TCP);
    frame_tcp(&frame, 179, 4000, 7, TCP_SYN);
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.l4, L4_TCP);
    assert_int_equal(view.src_port, 179);
    assert_int_equal(view.tcp_flags, TCP_SYN);
    assert_int_equal(view.body_wire, 0);
}

static void other_protocols_have_no_ports(void **state)
{
    (void)state;
    start_v4(ICMP);
    frame_text(&frame, "ping");
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.l4, L4_OTHER);
    assert_int_equal(view.protocol, ICMP);
    assert_int_equal(view.src_port | view.dst_port, 0);
    assert_body("ping");
}

static void what_is_not_ip_is_no_event(void **state)
{
    (void)state;
    frame_start(&frame);
    frame_ethernet(&frame, 0x0806);
    frame_fill(&frame, 1, 28);
    memset(&view, 0xa5, sizeof view);
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.l3, L3_NONE);
    assert_int_equal(view.l4, L4_OTHER);
    assert_address(&view.src, "::");
    assert_int_equal(view.body_captured | view.body_wire, 0);
    assert_int_equal(view.tcp_flags | view.tcp_seq | view.protocol | view.src_port, 0);
}

// Every field but time and direction is set, whatever stood there before.
static bool is_left_alone(size_t at)
{
    size_t flags_end = offsetof(struct packet_view, later_fragment) + sizeof view.later_fragment;
    size_t fields_end = offsetof(struct packet_view, src_mac_at) + sizeof view.src_mac_at;
    bool padding =
        (at >= flags_end && at < offsetof(struct packet_view, tcp_seq)) || at >= fields_end;
    return padding || at < offsetof(struct packet_view, frame) ||
           at == offsetof(struct packet_view, direction);
}

static void a_view_depends_on_the_frame_alone(void **state)
{
    (void)state;
    udp_v4("hello");
    uint8_t bytes[2][sizeof view];
    for (int i = 0; i < 2; i++) {
        memset(&view, i ? 0xff : 0, sizeof view);
        decode();
        memcpy(bytes[i], &view, sizeof view);
    }
    for (size_t at = 0; at < sizeof view; at++)
        assert_int_equal(bytes[0][at] == bytes[1][at], !is_left_alone(at));
}

static void ethernet_padding_is_no_payload(void **state)
{
    (void)state;
    tcp_v4("");
    frame_fill(&frame, 0, 6);
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.body_wire, 0);
    assert_int_equal(view.body_captured, 0);
    udp_v4("abc");
    frame_fill(&frame, 'x', 20);
    assert_int_equal(decode(), WIRE_OK);
    assert_body("abc");
}

static void ipv4_options_are_skipped(void **state)
{
    (void)state;
    start_v4(UDP);
    frame_fill(&frame, 1, 8);
    frame.bytes[ETHERNET] = 0x47;
    frame_udp(&frame, 1, 2);
    frame_text(&frame, "opt");
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.dst_port, 2);
    assert_body("opt");
}

static void tcp_options_are_skipped(void **state)
{
    (void)state;
    start_v4(TCP);
    frame_tcp(&frame, 1, 2, 3, TCP_SYN);
    frame.bytes[frame.l4_at + 12] = 15 << 4;
    frame_fill(&frame, 1, 40);
    frame_text(&frame, "early");
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_OK);
    assert_body("early");
}

static void fragments_of_ipv4(void **state)
{
    (void)state;
    start_v4(UDP);
    frame_ipv4_fragment(&frame, 0, true);
    frame_udp(&frame, 53, 4000);
    frame_text(&frame, "first");
    frame_done(&frame);
    frame_set16(&frame, frame.l4_at + 4, 3000 + UDP_HEADER);
    assert_int_equal(decode(), WIRE_OK);
    assert_true(view.fragment);
    assert_false(view.later_fragment);
    assert_int_equal(view.src_port, 53);
    assert_int_equal(view.body_wire, 3000);
    assert_body("first");

    start_v4(UDP);
    frame_ipv4_fragment(&frame, 1480, false);
    frame_text(&frame, "\x11\x22\x33\x44 the rest");
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_OK);
    assert_true(view.fragment);
    assert_true(view.later_fragment);
    assert_int_equal(view.l4, L4_UDP);
    assert_int_equal(view.src_port | view.dst_port, 0);
    assert_body("\x11\x22\x33\x44 the rest");
}

static void fragments_of_ipv6(void **state)
{
    (void)state;
    start_v6(44);
    frame_ipv6_fragment(&frame, UDP, 0, true);
    frame_udp(&frame, 53, 4000);
    frame_text(&frame, "first");
    frame_done(&frame);
    frame_set16(&frame, frame.l4_at + 4, 2000 + UDP_HEADER);
    assert_int_equal(decode(), WIRE_OK);
    assert_true(view.fragment);
    assert_false(view.later_fragment);
    assert_int_equal(view.dst_port, 4000);
    assert_int_equal(view.body_wire, 2000);

    start_v6(44);
    frame_ipv6_fragment(&frame, TCP, 1448, true);
    frame_text(&frame, "middle");
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_OK);
    assert_true(view.later_fragment);
    assert_int_equal(view.l4, L4_TCP);
    assert_int_equal(view.src_port, 0);
    assert_body("middle");

    start_v6(44); // an atomic fragment (RFC 6946) is a whole packet
    frame_ipv6_fragment(&frame, UDP, 0, false);
    frame_udp(&frame, 1, 2);
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_OK);
    assert_false(view.fragment);
    assert_int_equal(view.dst_port, 2);
}

static void every_extension_header_is_walked(void **state)
{
    (void)state;
    static const uint8_t kinds[] = {0, 43, 60, 135, 139, 140};
    for (size_t i = 0; i < sizeof kinds; i++) {
        for (unsigned units = 0; units < 4; units++) {
            start_v6(kinds[i]);
            frame_extension(&frame, 60, units);
            frame_extension(&frame, UDP, 0);
            frame_udp(&frame, 5, 6);
            frame_text(&frame, "x");
            frame_done(&frame);
            assert_int_equal(decode(), WIRE_OK);
            assert_int_equal(view.dst_port, 6);
            assert_int_equal(view.protocol, UDP);
            assert_body("x");
        }
    }
}

static void authentication_header_counts_in_words_of_four(void **state)
{
    (void)state;
    start_v6(51);
    frame_u8(&frame, TCP);
    frame_u8(&frame, 4); // (4 + 2) * 4 = 24 bytes
    frame_fill(&frame, 0, 22);
    frame_tcp(&frame, 7, 8, 9, TCP_SYN);
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.l4, L4_TCP);
    assert_int_equal(view.dst_port, 8);
}

static void walking_ends_where_nothing_can_be_read(void **state)
{
    (void)state;
    start_v6(0);
    frame_extension(&frame, ESP, 0);
    frame_text(&frame, "secret");
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.l4, L4_OTHER);
    assert_int_equal(view.protocol, ESP);
    start_v6(59);
    frame_fill(&frame, 0, 6); // padding
    frame_set16(&frame, ETHERNET + 4, 0);
    assert_int_equal(decode(), WIRE_OK);
    assert_int_equal(view.body_wire, 0);
}

static void ipv6_extension_chains_that_go_wrong(void **state)
{
    (void)state;
    start_v6(60);
    for (int i = 0; i < 17; i++)
        frame_extension(&frame, i < 16 ? 60 : UDP, 0);
    frame_udp(&frame, 1, 2);
    frame_done(&frame);
    assert_int_equal(decode(), WIRE_IPV6_EXTENSION); // too many

    start_v6(60);
    frame_extension(&frame, UDP, 1);
    frame_done(&frame);
    frame.bytes[frame.l4_at - 15] = 9; // longer than the packet
    assert_int_equal(decode(), WIRE_IPV6_EXTENSION);
    assert_int_equal(view.l3, L3_IPV6);
    assert_int_equal(view.l4, L4_OTHER);

    start_v6(60);
    frame_extension(&frame, UDP, 0);
    frame_udp(&frame, 1, 2);
    frame_done(&frame);
    assert_int_equal(decode_cut(ETHERNET + IPV6_HEADER + 7), WIRE_IPV6_EXTENSION); // cut
}

static void lengths_that_are_not_filled_in_yet(void **state)
{
    (void)state;
    tcp_v4("large segment");
    frame_set16(&frame, ETHERNET + 2, 0);
    assert_int_equal(decode(), WIRE_OK);
    assert_body("large segment");
    udp_v4("datagrams");
    frame_set16(&frame, frame.l4_at + 4, 0);
    assert_int_equal(decode(), WIRE_OK);
    assert_body("datagrams");
    start_v6(TCP);
    frame_tcp(&frame, 1, 2, 3, 0);
    frame_text(&frame, "jumbo");
    assert_int_equal(decode(), WIRE_OK);
    assert_body("jumbo");
}

static void the_capture_cuts_a_body(void **state)
{
    (void)state;
    udp_v4("0123456789");
    assert_int_equal(decode_cut(frame.len - 6), WIRE_OK);
    assert_int_equal(view.wire, frame.len);
    assert_int_equal(view.body_wire, 10);
    assert_body("0123");
    tcp_v4("0123456789");
    assert_int_equal(decode_cut(frame.len - 9), WIRE_OK);
    assert_int_equal(view.body_wire, 10);
    assert_body("0");
    assert_int_equal(decode_cut(ETHERNET + IPV4_HEADER + 14), WIRE_OK); // flags are still there
    assert_int_equal(view.tcp_flags, TCP_ACK | TCP_PSH);
    assert_int_equal(view.body_wire, 10);
    assert_int_equal(view.body_captured, 0);
    assert_int_equal(view.body_at, view.captured);
}

static void the_capture_cuts_a_header(void **state)
{
    (void)state;
    udp_v4("x");
    assert_int_equal(decode_cut(0), WIRE_ETHERNET_SHORT);
    assert_int_equal(decode_cut(ETHERNET - 1), WIRE_ETHERNET_SHORT);
    assert_int_equal(decode_cut(ETHERNET + IPV4_HEADER - 1), WIRE_IPV4_SHORT);
    assert_int_equal(view.l3, L3_NONE);
    assert_int_equal(decode_cut(ETHERNET + IPV4_HEADER + 3), WIRE_UDP_SHORT);
    assert_int_equal(view.l4, L4_UDP);
    assert_int_equal(view.src_port | view.dst_port, 0);
    assert_int_equal(decode_cut(ETHERNET + IPV4_HEADER + 4), WIRE_UDP_SHORT);
    assert_int_equal(view.dst_port, 53);
    tcp_v4("x");
    assert_int_equal(decode_cut(ETHERNET + IPV4_HEADER + 13), WIRE_TCP_SHORT);
    assert_int_equal(view.l4, L4_TCP);
    assert_int_equal(view.dst_port, 53);
    start_v6(UDP);
    frame_done(&frame);
    assert_int_equal(decode_cut(ETHERNET + IPV6_HEADER - 1), WIRE_IPV6_SHORT);
}

// Sets one byte of a good frame, which makes it a bad one.
static const struct {
    bool tcp;
    uint32_t at;
    uint8_t value;
    enum wire_event event;
} broken_v4[] = {
    {false, ETHERNET, 0x65, WIRE_IPV4_VERSION},
    {false, ETHERNET, 0x44, WIRE_IPV4_HEADER_LENGTH},
    {false, ETHERNET, 0x4f, WIRE_IPV4_HEADER_LENGTH},
    {false, ETHERNET + 3, 19, WIRE_IPV4_TOTAL_LENGTH},
    {false, ETHERNET + 3, 34, WIRE_IPV4_TOTAL_LENGTH},
    {false, ETHERNET + 3, 27, WIRE_UDP_SHORT},
    {true, ETHERNET + 3, 39, WIRE_TCP_SHORT},
    {false, ETHERNET + IPV4_HEADER + 5, 7, WIRE_UDP_LENGTH},
    {false, ETHERNET + IPV4_HEADER + 5, 14, WIRE_UDP_LENGTH},
    {true, ETHERNET + IPV4_HEADER + 12, 0x40, WIRE_TCP_HEADER_LENGTH},
    {true, ETHERNET + IPV4_HEADER + 12, 0xf0, WIRE_TCP_HEADER_LENGTH},
};

static void broken_ipv4_packets_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken_v4 / sizeof *broken_v4; i++) {
        if (broken_v4[i].tcp)
            tcp_v4("hello");
        else
            udp_v4("hello");
        assert_int_equal(decode(), WIRE_OK);
        frame.bytes[broken_v4[i].at] = broken_v4[i].value;
        assert_int_equal(decode(), broken_v4[i].event);
        assert_int_equal(view.event, broken_v4[i].event);
    }
}

static void what_can_be_trusted_of_a_broken_packet_is_there(void **state)
{
    (void)state;
    udp_v4("hello");
    frame_set16(&frame, ETHERNET + 2, 1000); // says more than there is
    frame_set16(&frame, frame.l4_at + 4, 980);
    assert_int_equal(decode(), WIRE_IPV4_TOTAL_LENGTH);
    assert_int_equal(view.dst_port, 53);
    assert_int_equal(view.body_wire, 972);
    assert_body("hello");
    udp_v4("hello");
    frame_set16(&frame, frame.l4_at + 4, 100);
    assert_int_equal(decode(), WIRE_UDP_LENGTH);
    assert_int_equal(view.body_wire, 5);
    assert_body("hello");
    tcp_v4("hello"); // broken twice: that its TCP header is, must not be hidden from streams
    frame_set16(&frame, ETHERNET + 2, 1000);
    frame.bytes[frame.l4_at + 12] = 0x40;
    assert_int_equal(decode(), WIRE_TCP_HEADER_LENGTH);
}

static void broken_ipv6_packets_are_named(void **state)
{
    (void)state;
    start_v6(UDP);
    frame_udp(&frame, 1, 2);
    frame_done(&frame);
    frame.bytes[ETHERNET] = 0x40;
    assert_int_equal(decode(), WIRE_IPV6_VERSION);
    frame.bytes[ETHERNET] = 0x60;
    frame_set16(&frame, ETHERNET + 4, 9);
    assert_int_equal(decode(), WIRE_IPV6_PAYLOAD_LENGTH);
    assert_int_equal(view.dst_port, 2);
}

static void a_wire_length_below_the_captured_one_counts_as_equal(void **state)
{
    (void)state;
    udp_v4("hello");
    assert_int_equal(packet_decode(&view, LINK_ETHERNET, frame.bytes, frame.len, 3), WIRE_OK);
    assert_int_equal(view.wire, frame.len);
    assert_body("hello");
}

// Whatever the bytes, bodies lie inside the captured ones. Each frame lies in memory of its own
// size, so that the sanitizer sees a byte read too far.
static void property_random_damage_stays_inside_the_frame(void **state)
{
    (void)state;
    struct random_stream random = {7};
    for (int i = 0; i < 100000; i++) {
        if (i % 3 == 0)
            udp_v4("some payload");
        else if (i % 3 == 1)
            tcp_v4("some payload");
        else {
            start_v6(60);
            frame_extension(&frame, 44, 1);
            frame_ipv6_fragment(&frame, UDP, 0, i % 2);
            frame_udp(&frame, 1, 2);
            frame_done(&frame);
        }
        for (uint64_t flips = random_below(&random, 6); flips > 0; flips--)
            frame.bytes[ETHERNET + random_below(&random, frame.len - ETHERNET)] =
                (uint8_t)random_next(&random);
        uint32_t captured = (uint32_t)random_below(&random, frame.len + 1);
        uint8_t *copy = malloc(captured + 1);
        assert_non_null(copy);
        memcpy(copy + 1, frame.bytes, captured);
        packet_decode(&view, LINK_ETHERNET, copy + 1, captured, frame.len);
        assert_true(view.body_at <= captured && view.body_captured <= captured - view.body_at);
        assert_true(view.body_captured <= view.body_wire);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_over_ipv4),
        cmocka_unit_test(tcp_over_ipv4),
        cmocka_unit_test(udp_and_tcp_over_ipv6),
        cmocka_unit_test(other_protocols_have_no_ports),
        cmocka_unit_test(what_is_not_ip_is_no_event),
        cmocka_unit_test(a_view_depends_on_the_frame_alone),
        cmocka_unit_test(ethernet_padding_is_no_payload),
        cmocka_unit_test(ipv4_options_are_skipped),
        cmocka_unit_test(tcp_options_are_skipped),
        cmocka_unit_test(fragments_of_ipv4),
        cmocka_unit_test(fragments_of_ipv6),
        cmocka_unit_test(every_extension_header_is_walked),
        cmocka_unit_test(authentication_header_counts_in_words_of_four),
        cmocka_unit_test(walking_ends_where_nothing_can_be_read),
        cmocka_unit_test(ipv6_extension_chains_that_go_wrong),
        cmocka_unit_test(lengths_that_are_not_filled_in_yet),
        cmocka_unit_test(the_capture_cuts_a_body),
        cmocka_unit_test(the_capture_cuts_a_header),
        cmocka_unit_test(broken_ipv4_packets_are_named),
        cmocka_unit_test(what_can_be_trusted_of_a_broken_packet_is_there),
        cmocka_unit_test(broken_ipv6_packets_are_named),
        cmocka_unit_test(a_wire_length_below_the_captured_one_counts_as_equal),
        cmocka_unit_test(property_random_damage_stays_inside_the_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
