// Every link layer: the same datagram behind each of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/frames.h"

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd, VLAN = 0x8100, MPLS = 0x8847 };
enum { PPPOE = 0x8864, UDP = 17 };

static struct test_frame frame;
static struct packet_view view;

static void datagram_v4(void)
{
    frame_ipv4(&frame, "192.0.2.1", "192.0.2.2", UDP);
    frame_udp(&frame, 1000, 53);
    frame_text(&frame, "abc");
    frame_done(&frame);
}

static void datagram_v6(void)
{
    frame_ipv6(&frame, "2001:db8::1", "2001:db8::2", UDP);
    frame_udp(&frame, 1000, 53);
    frame_text(&frame, "abc");
    frame_done(&frame);
}

static void assert_datagram(unsigned link, enum l3_kind l3)
{
    assert_int_equal(frame_decode(&frame, link, &view), WIRE_OK);
    assert_int_equal(view.l3, l3);
    assert_int_equal(view.dst_port, 53);
    assert_int_equal(view.body_wire, 3);
    assert_int_equal(view.body_captured, 3);
    assert_memory_equal(packet_body(&view).ptr, "abc", 3);
}

// Both versions behind what was built so far.
static void assert_carries_ip(unsigned link, uint32_t header, void (*build)(unsigned ethertype))
{
    frame_start(&frame);
    build(ETHERTYPE_IPV4);
    assert_int_equal(frame.len, header);
    datagram_v4();
    assert_datagram(link, L3_IPV4);
    frame_start(&frame);
    build(ETHERTYPE_IPV6);
    datagram_v6();
    assert_datagram(link, L3_IPV6);
    for (uint32_t captured = 0; captured < header; captured++) {
        assert_int_not_equal(packet_decode(&view, link, frame.bytes, captured, frame.len), WIRE_OK);
        assert_int_equal(view.l3, L3_NONE);
        assert_int_equal(view.body_captured, 0);
    }
}

static void build_ethernet(unsigned ethertype)
{
    frame_ethernet(&frame, ethertype);
}

static void ethernet(void **state)
{
    (void)state;
    assert_carries_ip(LINK_ETHERNET, 14, build_ethernet);
    assert_int_equal(view.src_mac_at, 0); // the last one was cut
}

static void vlan_tags_to_depth_four(void **state)
{
    (void)state;
    static const unsigned tags[] = {0x8100, 0x88a8, 0x9100, 0x9200, 0x9300};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        for (int depth = 1; depth <= 5; depth++) {
            frame_start(&frame);
            frame_ethernet(&frame, tags[i]);
            for (int d = 1; d < depth; d++)
                frame_vlan(&frame, 7, tags[i]);
            frame_vlan(&frame, 7, ETHERTYPE_IPV4);
            datagram_v4();
            if (depth <= 4) {
                assert_datagram(LINK_ETHERNET, L3_IPV4);
                assert_int_equal(view.src_mac_at, 6);
                continue;
            }
            assert_int_equal(frame_decode(&frame, LINK_ETHERNET, &view), WIRE_LINK_TOO_DEEP);
            assert_int_equal(view.l3, L3_NONE);
        }
    }
}

static void build_vlan(unsigned ethertype)
{
    frame_ethernet(&frame, VLAN);
    frame_vlan(&frame, 100, ethertype);
}

static void vlan(void **state)
{
    (void)state;
    assert_carries_ip(LINK_ETHERNET, 18, build_vlan);
    frame_start(&frame);
    frame_ethernet(&frame, VLAN);
    assert_int_equal(frame_decode(&frame, LINK_ETHERNET, &view), WIRE_LINK_SHORT);
}

static void build_snap(unsigned ethertype)
{
    frame_ethernet(&frame, 200); // a length, with room for padding
    frame_bytes(&frame, "\xaa\xaa\x03\0\0", 6);
    frame_u16(&frame, ethertype);
}

static void llc_and_snap(void **state)
{
    (void)state;
    assert_carries_ip(LINK_ETHERNET, 22, build_snap);
    frame_start(&frame); // IP by its own service access point
    frame_ethernet(&frame, 100);
    frame_bytes(&frame, "\x06\x06\x03", 3);
    datagram_v4();
    assert_datagram(LINK_ETHERNET, L3_IPV4);
    frame_start(&frame); // spanning tree
    frame_ethernet(&frame, 38);
    frame_bytes(&frame, "\x42\x42\x03", 3);
    frame_fill(&frame, 0, 43);
    assert_int_equal(frame_decode(&frame, LINK_ETHERNET, &view), WIRE_OK);
    assert_int_equal(view.l3, L3_NONE);
    frame_start(&frame); // another organisation's number is no EtherType
    frame_ethernet(&frame, 100);
    frame_bytes(&frame, "\xaa\xaa\x03\0\0\x0c\x08\0", 8);
    datagram_v4();
    assert_int_equal(frame_decode(&frame, LINK_ETHERNET, &view), WIRE_OK);
    assert_int_equal(view.l3, L3_NONE);
}

// A length of IEEE 802.3 ends the packet, whatever IP says.
static void length_of_802_3_ends_the_packet(void **state)
{
    (void)state;
    frame_start(&frame);
    build_snap(ETHERTYPE_IPV4);
    datagram_v4();
    frame_set16(&frame, 12, 8 + 30); // of the 31 bytes
    assert_int_equal(frame_decode(&frame, LINK_ETHERNET, &view), WIRE_IPV4_TOTAL_LENGTH);
    frame_set16(&frame, 12, 8 + 19);
    assert_int_equal(frame_decode(&frame, LINK_ETHERNET, &view), WIRE_IPV4_SHORT);
    frame_set16(&frame, 12, 1);
    assert_int_equal(frame_decode(&frame, LINK_ETHERNET, &view), WIRE_IPV4_SHORT);
}

static void build_cooked(unsigned ethertype)
{
    frame_bytes(&frame, "\0\0\0\1\0\6\2\3\4\5\6\7\0\0", 14);
    frame_u16(&frame, ethertype);
}

static void build_cooked2(unsigned ethertype)
{
    frame_u16(&frame, ethertype);
    frame_bytes(&frame, "\0\0\0\0\0\3\0\1\0\6\2\3\4\5\6\7\0\0", 18);
}

static void linux_cooked(void **state)
{
    (void)state;
    assert_carries_ip(LINK_LINUX_SLL, 16, build_cooked);
    frame_decode(&frame, LINK_LINUX_SLL, &view);
    assert_int_equal(view.src_mac_at, 6);
    assert_carries_ip(LINK_LINUX_SLL2, 20, build_cooked2);
    frame_decode(&frame, LINK_LINUX_SLL2, &view);
    assert_int_equal(view.src_mac_at, 12);
    assert_int_equal(frame.bytes[view.src_mac_at], 2);
}

static void linux_cooked_with_tag_llc_or_neither(void **state)
{
    (void)state;
    frame_start(&frame);
    build_cooked(VLAN);
    frame_vlan(&frame, 1, ETHERTYPE_IPV4);
    datagram_v4();
    assert_datagram(LINK_LINUX_SLL, L3_IPV4);
    frame_start(&frame);
    build_cooked(4);
    frame_bytes(&frame, "\xaa\xaa\x03\0\0\0\x08\0", 8);
    datagram_v4();
    assert_datagram(LINK_LINUX_SLL, L3_IPV4);
    frame_start(&frame);
    build_cooked(12); // CAN
    frame_fill(&frame, 0x45, 16);
    assert_int_equal(frame_decode(&frame, LINK_LINUX_SLL, &view), WIRE_OK);
    assert_int_equal(view.l3, L3_NONE);
}

static void raw_ip(void **state)
{
    (void)state;
    static const unsigned links[] = {LINK_RAW, LINK_RAW_BSD, LINK_RAW_OPENBSD, LINK_IPV4,
                                     LINK_IPV6};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        frame_start(&frame);
        datagram_v4();
        assert_datagram(links[i], L3_IPV4);
        assert_int_equal(view.src_mac_at, 0);
        frame_start(&frame);
        datagram_v6();
        assert_datagram(links[i], L3_IPV6);
        assert_int_equal(packet_decode(&view, links[i], frame.bytes, 0, 48), WIRE_LINK_SHORT);
    }
}

static void null_and_loopback(void **state)
{
    (void)state;
    static const uint8_t v6_families[] = {10, 23, 24, 28, 30};
    for (size_t i = 0; i < sizeof v6_families; i++) {
        frame_start(&frame);
        frame_u32(&frame, v6_families[i]);
        datagram_v6();
        assert_datagram(LINK_NULL, L3_IPV6);
        assert_datagram(LINK_LOOP, L3_IPV6);
        frame_start(&frame);
        frame_u32(&frame, (uint32_t)v6_families[i] << 24);
        datagram_v6();
        assert_datagram(LINK_NULL, L3_IPV6);
    }
    frame_start(&frame);
    frame_bytes(&frame, "\2\0\0", 4);
    datagram_v4();
    assert_datagram(LINK_NULL, L3_IPV4);
    frame.bytes[0] = 7;
    assert_int_equal(frame_decode(&frame, LINK_NULL, &view), WIRE_OK);
    assert_int_equal(view.l3, L3_NONE);
    assert_int_equal(packet_decode(&view, LINK_NULL, frame.bytes, 3, 30), WIRE_LINK_SHORT);
}

static unsigned ppp_protocol(unsigned ethertype)
{
    return ethertype == ETHERTYPE_IPV4 ? 0x0021 : 0x0057;
}

static void build_ppp_hdlc(unsigned ethertype)
{
    frame_u16(&frame, 0xff03);
    frame_u16(&frame, ppp_protocol(ethertype));
}

static void build_ppp_bare(unsigned ethertype)
{
    frame_u16(&frame, ppp_protocol(ethertype));
}

static void build_ppp_compressed(unsigned ethertype)
{
    frame_u8(&frame, ppp_protocol(ethertype));
}

static void build_cisco_hdlc(unsigned ethertype)
{
    frame_u16(&frame, 0x0f00);
    frame_u16(&frame, ethertype);
}

static void ppp(void **state)
{
    (void)state;
    assert_carries_ip(LINK_PPP_HDLC, 4, build_ppp_hdlc);
    assert_carries_ip(LINK_PPP, 4, build_ppp_hdlc);
    assert_carries_ip(LINK_PPP, 2, build_ppp_bare);
    assert_carries_ip(LINK_PPP, 1, build_ppp_compressed);
    assert_carries_ip(LINK_PPP_HDLC, 4, build_cisco_hdlc);
    frame_start(&frame);
    frame_u16(&frame, 0xff03);
    frame_u16(&frame, 0xc021); // link control
    frame_fill(&frame, 0x45, 30);
    assert_int_equal(frame_decode(&frame, LINK_PPP, &view), WIRE_OK);
    assert_int_equal(view.l3, L3_NONE);
}

static void build_pppoe(unsigned ethertype)
{
    frame_ethernet(&frame, PPPOE);
    frame_bytes(&frame, "\x11\0\0\1\0\xff", 6);
    frame_u16(&frame, ppp_protocol(ethertype));
}

static void pppoe_session(void **state)
{
    (void)state;
    assert_carries_ip(LINK_ETHERNET, 22, build_pppoe);
    frame_set16(&frame, 18, 2 + 20); // its length ends the packet
    assert_int_equal(frame_decode(&frame, LINK_ETHERNET, &view), WIRE_IPV6_SHORT);
}

static void mpls_to_the_bottom_of_the_stack(void **state)
{
    (void)state;
    for (int labels = 1; labels <= 17; labels++) {
        frame_start(&frame);
        frame_ethernet(&frame, MPLS);
        for (int i = 1; i <= labels; i++)
            frame_u32(&frame, 0x00064040u | (i == labels ? 0x100 : 0));
        if (labels % 2)
            datagram_v4();
        else
            datagram_v6();
        if (labels <= 16)
            assert_datagram(LINK_ETHERNET, labels % 2 ? L3_IPV4 : L3_IPV6);
        else
            assert_int_equal(frame_decode(&frame, LINK_ETHERNET, &view), WIRE_LINK_TOO_DEEP);
    }
}

static void mpls_cut_or_without_ip(void **state)
{
    (void)state;
    frame_start(&frame);
    frame_ethernet(&frame, 0x8848);
    frame_u32(&frame, 0x140);
    frame_u32(&frame, 0); // a pseudowire's control word
    frame_fill(&frame, 0x45, 40);
    assert_int_equal(frame_decode(&frame, LINK_ETHERNET, &view), WIRE_OK);
    assert_int_equal(view.l3, L3_NONE);
    assert_int_equal(packet_decode(&view, LINK_ETHERNET, frame.bytes, 17, 62), WIRE_LINK_SHORT);
    assert_int_equal(packet_decode(&view, LINK_ETHERNET, frame.bytes, 18, 62), WIRE_OK);
    frame_start(&frame);
    frame_u16(&frame, 0x0281); // on PPP
    frame_u32(&frame, 0x140);
    datagram_v4();
    assert_datagram(LINK_PPP, L3_IPV4);
}

static void tags_pppoe_and_labels_together(void **state)
{
    (void)state;
    frame_start(&frame);
    frame_ethernet(&frame, 0x88a8);
    frame_vlan(&frame, 1, VLAN);
    frame_vlan(&frame, 2, PPPOE);
    frame_bytes(&frame, "\x11\0\0\1\0\xff", 6);
    frame_u16(&frame, 0x0281);
    frame_u32(&frame, 0x140);
    datagram_v6();
    assert_datagram(LINK_ETHERNET, L3_IPV6);
}

static void other_link_types_are_unsupported(void **state)
{
    (void)state;
    static const unsigned links[] = {2, 105, 127, 147, 275, 277, 0xfffe};
    frame_start(&frame);
    datagram_v4();
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        assert_int_equal(frame_decode(&frame, links[i], &view), WIRE_LINK_UNSUPPORTED);
        assert_int_equal(view.l3, L3_NONE);
        assert_int_equal(view.link, links[i]);
    }
}

static void upper_bits_of_a_link_type_are_ignored(void **state)
{
    (void)state;
    frame_start(&frame);
    frame_ethernet(&frame, ETHERTYPE_IPV4);
    datagram_v4();
    assert_datagram(0xf4000000u | LINK_ETHERNET, L3_IPV4);
    assert_int_equal(view.link, LINK_ETHERNET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet),
        cmocka_unit_test(vlan_tags_to_depth_four),
        cmocka_unit_test(vlan),
        cmocka_unit_test(llc_and_snap),
        cmocka_unit_test(length_of_802_3_ends_the_packet),
        cmocka_unit_test(linux_cooked),
        cmocka_unit_test(linux_cooked_with_tag_llc_or_neither),
        cmocka_unit_test(raw_ip),
        cmocka_unit_test(null_and_loopback),
        cmocka_unit_test(ppp),
        cmocka_unit_test(pppoe_session),
        cmocka_unit_test(mpls_to_the_bottom_of_the_stack),
        cmocka_unit_test(mpls_cut_or_without_ip),
        cmocka_unit_test(tags_pppoe_and_labels_together),
        cmocka_unit_test(other_link_types_are_unsupported),
        cmocka_unit_test(upper_bits_of_a_link_type_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
