// Messages out of segments: boundaries, order, repetition, framing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "stream_rig.h"

static struct rig rig;

// Three messages, abc, and where each begins.
static uint8_t abc[200];
static size_t abc_len, b_at, c_at;

static int set_up(void **state)
{
    (void)state;
    rig_start(&rig, NULL);
    b_at = dns(abc, 'a', 20);
    c_at = b_at + dns(abc + b_at, 'b', 30);
    abc_len = c_at + dns(abc + c_at, 'c', 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static void send_part(size_t from, size_t to)
{
    client_sends(&rig, 1001 + (uint32_t)from, abc + from, to - from);
}

static void a_message_in_one_segment_is_not_copied(void **state)
{
    (void)state;
    shake_hands(&rig);
    struct packet_view view = rig_view(&rig, true, 1001, TCP_ACK, abc, b_at);
    streams_push(rig.streams, &view, &rig.keep, rig_emit, &rig);
    assert_out(&rig, "a");
    assert_ptr_equal(rig.where, abc + DNS_PREFIX);
    assert_int_equal(rig.lengths, DNS_HEADER + 20);
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
}

static void all_messages_of_a_segment_come_out(void **state)
{
    (void)state;
    shake_hands(&rig);
    send_part(0, abc_len);
    assert_out(&rig, "abc");
    server_sends(&rig, 5001, abc, abc_len);
    assert_out(&rig, "abcabc");
}

static void two_segments_split_anywhere(void **state)
{
    (void)state;
    for (size_t at = 1; at < abc_len; at++) {
        rig.client++;
        rig.emitted = 0;
        shake_hands(&rig);
        send_part(0, at);
        assert_int_equal(rig.emitted, (at >= b_at) + (at >= c_at));
        send_part(at, abc_len);
        assert_out(&rig, "abc");
    }
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
    for (int i = 0; i < WIRE_EVENT_COUNT; i++)
        assert_int_equal(rig.counters.count[i], 0);
}

static void single_bytes(void **state)
{
    (void)state;
    shake_hands(&rig);
    for (size_t at = 0; at < abc_len; at++)
        send_part(at, at + 1);
    assert_out(&rig, "abc");
}

static void a_message_of_greatest_length_in_small_segments(void **state)
{
    (void)state;
    static uint8_t big[70000];
    size_t len = dns(big, 'z', 65535 - DNS_HEADER);
    shake_hands(&rig);
    for (size_t at = 0; at < len; at += 7)
        client_sends(&rig, 1001 + (uint32_t)at, big + at, len - at < 7 ? len - at : 7);
    assert_out(&rig, "z");
    assert_int_equal(rig.lengths, 65535);
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
}

static void segments_in_every_order(void **state)
{
    (void)state;
    static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const size_t begins[4] = {0, 10, 60, abc_len};
    for (int i = 0; i < 6; i++) {
        rig.client++;
        rig.emitted = 0;
        shake_hands(&rig);
        for (int j = 0; j < 3; j++)
            send_part(begins[orders[i][j]], begins[orders[i][j] + 1]);
        assert_out(&rig, "abc");
    }
    assert_count(&rig, OVERLAP, 0);
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
}

static void what_comes_twice_is_delivered_once(void **state)
{
    (void)state;
    shake_hands(&rig);
    send_part(0, b_at);
    send_part(0, b_at); // the same
    send_part(0, c_at); // with what follows
    assert_out(&rig, "ab");
    assert_count(&rig, OVERLAP, 2);
    send_part(b_at + 3, c_at + 4); // other boundaries
    send_part(c_at + 2, abc_len);
    assert_out(&rig, "abc");
    assert_count(&rig, OVERLAP, 4);
}

static void early_segments_that_overlap(void **state)
{
    (void)state;
    shake_hands(&rig);
    send_part(30, 40);
    send_part(50, 60);
    send_part(25, 65); // around both
    send_part(35, 38); // inside
    assert_count(&rig, OVERLAP, 2);
    send_part(10, abc_len);
    assert_out(&rig, "");
    send_part(0, 12);
    assert_out(&rig, "abc");
    assert_count(&rig, OVERLAP, 4);
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
}

// Of bytes that come twice the first ones count.
static void the_first_bytes_win(void **state)
{
    (void)state;
    uint8_t other[200];
    memset(other, 'x', sizeof other);
    shake_hands(&rig);
    send_part(20, abc_len);
    client_sends(&rig, 1001 + 20, other, abc_len - 20);
    send_part(0, 30);
    assert_out(&rig, "abc");
}

static void sequence_numbers_wrap(void **state)
{
    (void)state;
    for (uint32_t before = 0; before <= abc_len + 1; before++) {
        uint32_t first = 0u - before;
        rig.client++;
        rig.emitted = 0;
        client_flags(&rig, first - 1, TCP_SYN);
        client_sends(&rig, first + 50, abc + 50, abc_len - 50);
        client_sends(&rig, first, abc, 20);
        client_sends(&rig, first + 10, abc + 10, 50);
        assert_out(&rig, "abc");
    }
}

static void keep_alive_probes_are_nothing(void **state)
{
    (void)state;
    shake_hands(&rig);
    send_part(0, b_at);
    client_sends(&rig, 1001 + (uint32_t)b_at - 1, "\0", 1);
    client_sends(&rig, 1001 + (uint32_t)b_at - 1, "", 0);
    send_part(b_at, c_at);
    assert_out(&rig, "ab");
    assert_count(&rig, OVERLAP, 0);
}

static void data_on_the_syn(void **state)
{
    (void)state;
    rig_push(&rig, true, 1000, TCP_SYN, abc, c_at);
    assert_out(&rig, "ab");
    send_part(c_at, abc_len);
    assert_out(&rig, "abc");
}

static void a_syn_sent_again_changes_nothing(void **state)
{
    (void)state;
    shake_hands(&rig);
    send_part(0, b_at + 1);
    client_flags(&rig, 1000, TCP_SYN);
    server_flags(&rig, 5000, TCP_SYN | TCP_ACK);
    send_part(b_at + 1, abc_len);
    assert_out(&rig, "abc");
}

static void a_syn_behind_its_data_changes_nothing(void **state)
{
    (void)state;
    send_part(b_at, c_at);
    client_flags(&rig, 1000, TCP_SYN);
    send_part(c_at, abc_len);
    assert_out(&rig, "bc");
}

static void dns_is_picked_up_between_messages(void **state)
{
    (void)state;
    client_sends(&rig, 77, abc, 1); // the begin, in small parts
    client_sends(&rig, 78, abc + 1, 5);
    client_sends(&rig, 83, abc + 6, abc_len - 6);
    assert_out(&rig, "abc");
    server_sends(&rig, 99, abc, abc_len);
    assert_out(&rig, "abcabc");
}

static void dns_is_not_picked_up_inside_a_message(void **state)
{
    (void)state;
    client_sends(&rig, 77, "abcdefghijklmnopqrstuvwxyz", 26); // its header would be nonsense
    client_sends(&rig, 77 + 26, abc, abc_len);
    assert_out(&rig, "");
    assert_count(&rig, FRAMING, 1);
    server_sends(&rig, 99, abc, abc_len); // the other side is another matter
    assert_out(&rig, "abc");
}

static void a_dns_length_below_its_header_ends_the_side(void **state)
{
    (void)state;
    shake_hands(&rig);
    send_part(0, b_at);
    client_sends(&rig, 1001 + (uint32_t)b_at,
                 "\0\x0b"
                 "01234567890",
                 13);
    assert_count(&rig, FRAMING, 1);
    client_sends(&rig, 1001 + (uint32_t)b_at + 13, abc, b_at);
    assert_out(&rig, "a");
    assert_count(&rig, FRAMING, 1);
}

static void a_dns_header_alone_is_a_message(void **state)
{
    (void)state;
    uint8_t bare[DNS_PREFIX + DNS_HEADER];
    shake_hands(&rig);
    client_sends(&rig, 1001, bare, dns(bare, ' ', 0));
    assert_out(&rig, "-");
}

// OPEN, KEEPALIVE, UPDATE: 1, 4, 2.
static size_t bgp_messages(uint8_t *out)
{
    size_t len = bgp(out, 1, 45);
    len += bgp(out + len, 4, 19);
    return len + bgp(out + len, 2, 300);
}

static void bgp_messages_split_anywhere(void **state)
{
    (void)state;
    uint8_t bytes[500];
    size_t len = bgp_messages(bytes);
    rig.port = BGP_PORT;
    for (size_t at = 1; at < len; at++) {
        rig.client++;
        rig.emitted = 0;
        shake_hands(&rig);
        client_sends(&rig, 1001, bytes, at);
        client_sends(&rig, 1001 + (uint32_t)at, bytes + at, len - at);
        assert_out(&rig, "142");
    }
}

// Picked up inside the UPDATE, which ends in bytes 0xff: the next marker begins right behind.
static void bgp_is_picked_up_at_the_next_marker(void **state)
{
    (void)state;
    uint8_t bytes[600];
    for (size_t step = 1; step < 40; step++) {
        memset(bytes, 0xff, 100);
        size_t len = 100 + bgp_messages(bytes + 100);
        rig.port = BGP_PORT;
        rig.client++;
        rig.emitted = 0;
        for (size_t at = 0; at < len; at += step)
            client_sends(&rig, 1 + (uint32_t)at, bytes + at, len - at < step ? len - at : step);
        assert_out(&rig, "142");
    }
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
}

static void bgp_without_marker_ends_the_side(void **state)
{
    (void)state;
    static const size_t places[] = {0, 15, 16, 17}; // marker, length
    rig.port = BGP_PORT;
    for (size_t i = 0; i < 4; i++) {
        uint8_t bytes[500];
        size_t len = bgp_messages(bytes);
        rig.client++;
        rig.emitted = 0;
        shake_hands(&rig);
        bytes[45 + places[i]] = 0;
        client_sends(&rig, 1001, bytes, len);
        // A length of zero in its upper byte alone is that of a KEEPALIVE.
        assert_out(&rig, places[i] == 16 ? "142" : "1");
    }
    assert_count(&rig, FRAMING, 3);
}

// Random messages, cut at random, sent in random order within a window, some parts again with other
// boundaries: what comes out is what went in.
static void property_random_segments_give_the_messages(void **state)
{
    (void)state;
    enum { MESSAGES = 60, WINDOW = 20 };
    static uint8_t bytes[MESSAGES * 700];
    struct random_stream random = {3};
    for (int round = 0; round < 400; round++) {
        char expected[MESSAGES + 1] = {0};
        size_t len = 0;
        for (int i = 0; i < MESSAGES; i++) {
            expected[i] = (char)('a' + random_below(&random, 26));
            len += dns(bytes + len, expected[i], 1 + random_below(&random, 600));
        }
        uint32_t first = (uint32_t)random_next(&random);
        struct {
            size_t at, n;
        } parts[WINDOW];
        size_t at = 0, held = 0;
        rig.client++;
        rig.emitted = 0;
        client_flags(&rig, first - 1, TCP_SYN);
        while (at < len || held > 0) {
            if (at < len && held < WINDOW) {
                size_t n = 1 + random_below(&random, 900), back = random_below(&random, 4) ? 0 : 30;
                back = back < at ? back : at;
                n = n < len - at ? n : len - at;
                parts[held].at = at - back;
                parts[held++].n = n + back;
                at += n;
            }
            if (held == WINDOW || random_below(&random, 2) || at == len) {
                size_t which = random_below(&random, held);
                size_t from = parts[which].at, n = parts[which].n;
                client_sends(&rig, first + (uint32_t)from, bytes + from, n);
                if (random_below(&random, 8))
                    parts[which] = parts[--held]; // else it is sent again
            }
        }
        assert_out(&rig, expected);
    }
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
    assert_count(&rig, GAP, 0);
    assert_count(&rig, FRAMING, 0);
}

#define stream_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        stream_test(a_message_in_one_segment_is_not_copied),
        stream_test(all_messages_of_a_segment_come_out),
        stream_test(two_segments_split_anywhere),
        stream_test(single_bytes),
        stream_test(a_message_of_greatest_length_in_small_segments),
        stream_test(segments_in_every_order),
        stream_test(what_comes_twice_is_delivered_once),
        stream_test(early_segments_that_overlap),
        stream_test(the_first_bytes_win),
        stream_test(sequence_numbers_wrap),
        stream_test(keep_alive_probes_are_nothing),
        stream_test(data_on_the_syn),
        stream_test(a_syn_sent_again_changes_nothing),
        stream_test(a_syn_behind_its_data_changes_nothing),
        stream_test(dns_is_picked_up_between_messages),
        stream_test(dns_is_not_picked_up_inside_a_message),
        stream_test(a_dns_length_below_its_header_ends_the_side),
        stream_test(a_dns_header_alone_is_a_message),
        stream_test(bgp_messages_split_anywhere),
        stream_test(bgp_is_picked_up_at_the_next_marker),
        stream_test(bgp_without_marker_ends_the_side),
        stream_test(property_random_segments_give_the_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
