// Begin and end of streams: FIN, RST, marks, idle time, ports used again.
#include "stream_pair.h"

enum { SECOND = 1000 * MILLISECOND };

static void assert_usage(uint32_t tracked, uint32_t marks)
{
    struct streams_usage usage = streams_usage(rig.streams);
    assert_int_equal(usage.streams, tracked);
    assert_int_equal(usage.marks, marks);
}

static void close_both(uint32_t client_seq, uint32_t server_seq)
{
    client_flags(&rig, client_seq, TCP_FIN | TCP_ACK);
    server_flags(&rig, server_seq, TCP_FIN | TCP_ACK);
}

static void a_packet_without_data_opens_nothing(void **state)
{
    (void)state;
    client_flags(&rig, 1, TCP_ACK);
    client_flags(&rig, 1, TCP_FIN | TCP_ACK);
    client_flags(&rig, 1, TCP_RST);
    rig_push(&rig, true, 1, TCP_RST | TCP_ACK, "text of the reset", 17);
    assert_usage(0, 0);
    client_flags(&rig, 1, TCP_SYN);
    assert_usage(1, 0);
}

static void two_fins_close_and_leave_a_mark(void **state)
{
    (void)state;
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, ab_len);
    client_flags(&rig, 1001 + (uint32_t)ab_len, TCP_FIN | TCP_ACK);
    assert_usage(1, 0);
    server_sends(&rig, 5001, ab, b_at); // half closed
    server_flags(&rig, 5001 + (uint32_t)b_at, TCP_FIN | TCP_ACK);
    assert_usage(0, 1);
    assert_out(&rig, "aba");
}

static void the_last_packets_open_no_stream(void **state)
{
    (void)state;
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, ab_len);
    close_both(1001 + (uint32_t)ab_len, 5001);
    rig.now += 999 * MILLISECOND;
    client_sends(&rig, 1001, ab, ab_len);
    server_sends(&rig, 5001, ab, ab_len);
    assert_out(&rig, "ab");
    assert_usage(0, 1);
    rig.now += 1 * MILLISECOND; // a second after it was closed, whatever came meanwhile
    server_sends(&rig, 5001, ab, ab_len);
    assert_out(&rig, "abab");
    assert_usage(1, 0);
}

static void a_syn_opens_in_spite_of_the_mark(void **state)
{
    (void)state;
    shake_hands(&rig);
    close_both(1001, 5001);
    server_flags(&rig, 5000, TCP_SYN | TCP_ACK); // an answer is no begin
    assert_usage(0, 1);
    client_flags(&rig, 70000, TCP_SYN);
    assert_usage(1, 0);
    client_sends(&rig, 70001, ab, ab_len);
    assert_out(&rig, "ab");
}

static void a_fin_before_its_data_waits(void **state)
{
    (void)state;
    shake_hands(&rig);
    close_both(1001 + (uint32_t)ab_len, 5001);
    assert_usage(1, 0);
    client_sends(&rig, 1001 + (uint32_t)b_at, ab + b_at, ab_len - b_at);
    assert_usage(1, 0);
    client_sends(&rig, 1001, ab, b_at);
    assert_out(&rig, "ab");
    assert_usage(0, 1);
}

static void a_fin_with_data(void **state)
{
    (void)state;
    shake_hands(&rig);
    rig_push(&rig, true, 1001, TCP_FIN | TCP_ACK, ab, ab_len);
    rig_push(&rig, false, 5001, TCP_FIN | TCP_ACK, ab, ab_len);
    assert_out(&rig, "abab");
    assert_usage(0, 1);
}

static void fins_of_a_stream_that_was_picked_up(void **state)
{
    (void)state;
    client_sends(&rig, 77, ab, ab_len);
    client_flags(&rig, 77 + (uint32_t)ab_len, TCP_FIN | TCP_ACK);
    server_flags(&rig, 4711, TCP_FIN | TCP_ACK);
    assert_usage(0, 1);
    assert_count(&rig, GAP, 0);
}

static void a_fin_inside_a_message_is_counted(void **state)
{
    (void)state;
    shake_hands(&rig);
    rig_push(&rig, true, 1001, TCP_FIN | TCP_ACK, ab, b_at + 5);
    assert_out(&rig, "a");
    assert_count(&rig, FRAMING, 1);
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
}

static void a_reset_closes_at_once(void **state)
{
    (void)state;
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, b_at + 5);
    server_flags(&rig, 5001, TCP_RST);
    assert_usage(0, 1);
    assert_count(&rig, GAP, 1); // the rest of the second message never comes
    rig.client++;
    client_flags(&rig, 1000, TCP_SYN); // refused
    server_flags(&rig, 0, TCP_RST | TCP_ACK);
    assert_usage(0, 2);
}

static void a_reset_before_data_waits_and_an_old_one_is_ignored(void **state)
{
    (void)state;
    shake_hands(&rig);
    client_flags(&rig, 1001 + (uint32_t)ab_len, TCP_RST);
    assert_usage(1, 0);
    client_sends(&rig, 1001, ab, ab_len);
    assert_out(&rig, "ab");
    assert_usage(0, 1);
    rig.client++;
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, b_at);
    client_flags(&rig, 1001, TCP_RST);
    assert_usage(1, 1);
    client_sends(&rig, 1001 + (uint32_t)b_at, ab + b_at, ab_len - b_at);
    assert_out(&rig, "abab");
}

// The connection is used again without that its end was seen.
static void ports_used_again(void **state)
{
    (void)state;
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, b_at + 5);
    client_flags(&rig, 900000, TCP_SYN);
    server_flags(&rig, 800000, TCP_SYN | TCP_ACK);
    client_sends(&rig, 900001, ab, ab_len);
    server_sends(&rig, 800001, ab, ab_len);
    assert_out(&rig, "aabab");
    assert_count(&rig, GAP, 1);
    assert_usage(1, 0);
}

// Only the answer to the SYN of the next use is seen.
static void an_answer_with_another_number_begins_its_side_anew(void **state)
{
    (void)state;
    shake_hands(&rig);
    server_sends(&rig, 5001, ab, b_at + 1);
    server_flags(&rig, 700000, TCP_SYN | TCP_ACK);
    server_sends(&rig, 700001, ab, ab_len);
    assert_out(&rig, "aab");
    assert_count(&rig, GAP, 1);
}

static void idle_streams_are_closed_without_a_mark(void **state)
{
    (void)state;
    shake_hands(&rig);
    rig.client++;
    rig.now += 10 * (int64_t)SECOND;
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, 5);
    streams_expire(rig.streams, rig.now + 20 * (int64_t)SECOND);
    assert_usage(2, 0); // thirty seconds are not too many
    streams_expire(rig.streams, rig.now + 20 * (int64_t)SECOND + 1);
    assert_usage(1, 0);
    assert_count(&rig, GAP, 0);
    streams_expire(rig.streams, INT64_MAX);
    assert_usage(0, 0);
    assert_count(&rig, GAP, 1);
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
}

static void a_packet_after_idle_time_begins_anew(void **state)
{
    (void)state;
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, 5);
    rig.now += 31 * (int64_t)SECOND;
    client_sends(&rig, 500000, ab, ab_len); // as if picked up
    assert_out(&rig, "ab");
    assert_usage(1, 0);
}

static void packets_keep_a_stream_alive(void **state)
{
    (void)state;
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, 5);
    for (int i = 0; i < 10; i++) {
        rig.now += 29 * (int64_t)SECOND;
        server_flags(&rig, 5001, TCP_ACK);
        streams_expire(rig.streams, rig.now);
    }
    client_sends(&rig, 1006, ab + 5, ab_len - 5);
    assert_out(&rig, "ab");
}

static void packets_clear_away_others(void **state)
{
    (void)state;
    for (rig.client = 1; rig.client <= 20; rig.client++)
        shake_hands(&rig);
    for (rig.client = 21; rig.client <= 40; rig.client++) {
        shake_hands(&rig);
        close_both(1001, 5001);
    }
    assert_usage(20, 20);
    rig.now += 60 * (int64_t)SECOND;
    for (int i = 0; i < 10; i++)
        client_flags(&rig, 1, TCP_ACK);
    assert_usage(0, 0);
}

static void time_that_jumps(void **state)
{
    (void)state;
    int64_t year = 365 * 24 * 3600 * (int64_t)SECOND;
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, 5);
    rig.now -= 5 * MILLISECOND; // a little: packets of two queues
    client_sends(&rig, 1006, ab + 5, ab_len - 5);
    assert_out(&rig, "ab");
    close_both(1001 + (uint32_t)ab_len, 5001);
    rig.now -= 10 * year;
    client_sends(&rig, 77, ab, ab_len);
    assert_out(&rig, "abab");
    rig.now += 20 * year;
    client_sends(&rig, 77, ab, ab_len);
    assert_out(&rig, "ababab");
    rig.now = INT64_MIN;
    client_sends(&rig, 77, ab, ab_len);
    rig.now = INT64_MAX;
    client_sends(&rig, 77, ab, ab_len);
    assert_out(&rig, "ababababab");
    assert_usage(1, 0);
}

static void only_tcp_of_the_given_ports_is_wanted(void **state)
{
    (void)state;
    struct packet_view view = rig_view(&rig, true, 1, TCP_ACK, "", 0);
    assert_int_equal(streams_wants(rig.streams, &view), STREAM_DNS);
    view = rig_view(&rig, false, 1, TCP_ACK, "", 0);
    assert_int_equal(streams_wants(rig.streams, &view), STREAM_DNS);
    view.src_port = BGP_PORT;
    assert_int_equal(streams_wants(rig.streams, &view), STREAM_BGP);
    view.dst_port = DNS_PORT; // the first row holds, whatever the direction
    assert_int_equal(streams_wants(rig.streams, &view), STREAM_DNS);
    view.later_fragment = true;
    assert_int_equal(streams_wants(rig.streams, &view), STREAM_NONE);
    view.later_fragment = false;
    view.event = WIRE_TCP_HEADER_LENGTH;
    assert_int_equal(streams_wants(rig.streams, &view), STREAM_NONE);
    view.event = WIRE_TCP_SHORT;
    assert_int_equal(streams_wants(rig.streams, &view), STREAM_NONE);
    view.event = WIRE_OK;
    view.l4 = L4_UDP;
    assert_int_equal(streams_wants(rig.streams, &view), STREAM_NONE);
    rig.port = 80;
    shake_hands(&rig);
    assert_usage(0, 0);
}

static void ipv6_and_ipv4_streams_are_apart(void **state)
{
    (void)state;
    struct packet_view view = rig_view(&rig, true, 77, TCP_ACK, ab, ab_len);
    streams_push(rig.streams, &view, &rig.keep, rig_emit, &rig);
    view.src.bytes[0] = view.dst.bytes[0] = 0x20;
    streams_push(rig.streams, &view, &rig.keep, rig_emit, &rig);
    assert_out(&rig, "abab");
    assert_usage(2, 0);
}

#define stream_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        stream_test(a_packet_without_data_opens_nothing),
        stream_test(two_fins_close_and_leave_a_mark),
        stream_test(the_last_packets_open_no_stream),
        stream_test(a_syn_opens_in_spite_of_the_mark),
        stream_test(a_fin_before_its_data_waits),
        stream_test(a_fin_with_data),
        stream_test(fins_of_a_stream_that_was_picked_up),
        stream_test(a_fin_inside_a_message_is_counted),
        stream_test(a_reset_closes_at_once),
        stream_test(a_reset_before_data_waits_and_an_old_one_is_ignored),
        stream_test(ports_used_again),
        stream_test(an_answer_with_another_number_begins_its_side_anew),
        stream_test(idle_streams_are_closed_without_a_mark),
        stream_test(a_packet_after_idle_time_begins_anew),
        stream_test(packets_keep_a_stream_alive),
        stream_test(packets_clear_away_others),
        stream_test(time_that_jumps),
        stream_test(only_tcp_of_the_given_ports_is_wanted),
        stream_test(ipv6_and_ipv4_streams_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
