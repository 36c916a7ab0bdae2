// Every limit of TCP streams: what is given up at it, and that it is counted.
#include "stream_pair.h"

static void restart(uint32_t streams, size_t bytes)
{
    rig_stop(&rig);
    struct stream_limits limits = stream_default_limits;
    limits.streams = streams;
    limits.bytes = bytes;
    rig_start(&rig, &limits);
}

static void defaults_are_those_of_upstream(void **state)
{
    (void)state;
    assert_int_equal(stream_default_limits.streams, 300000);
    assert_int_equal(stream_default_limits.fragments, 50);
    assert_int_equal(stream_default_limits.bytes, 16 * 1024 * 1024);
    assert_int_equal(stream_default_limits.idle, 30000000000);
}

static void fifty_early_segments_wait_one_more_is_a_gap(void **state)
{
    (void)state;
    static uint8_t many[52 * 50];
    size_t each = 0;
    for (uint32_t i = 0; i < 52; i++)
        each = dns(many + i * each, 'm', 30);
    for (uint32_t limit = 50; limit <= 51; limit++) {
        rig.client++;
        rig.emitted = 0;
        shake_hands(&rig);
        for (uint32_t i = 1; i <= limit; i++)
            client_sends(&rig, 1001 + i * (uint32_t)each, many + i * each, each);
        client_sends(&rig, 1001, many, each);
        assert_int_equal(rig.emitted, limit == 50 ? 51 : 0);
        assert_count(&rig, GAP, limit == 50 ? 0 : 1);
        server_sends(&rig, 5001, many, each); // the other side goes on
        assert_int_equal(rig.emitted, limit == 50 ? 52 : 1);
    }
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
}

// Holes one after the other, each filled in time, are no gap.
static void what_was_filled_counts_no_more(void **state)
{
    (void)state;
    shake_hands(&rig);
    uint32_t seq = 1001, len = (uint32_t)ab_len, first = (uint32_t)b_at;
    for (int i = 0; i < 200; i++, seq += len) {
        client_sends(&rig, seq + first, ab + first, len - first);
        client_sends(&rig, seq, ab, first);
    }
    assert_int_equal(rig.emitted, 400);
    assert_count(&rig, GAP, 0);
}

static void bytes_that_the_capture_lacks_are_a_gap(void **state)
{
    (void)state;
    shake_hands(&rig);
    rig.cut = 3;
    client_sends(&rig, 1001, ab, ab_len);
    rig.cut = 0;
    assert_out(&rig, "a");
    assert_count(&rig, GAP, 1);
    client_sends(&rig, 1001 + (uint32_t)ab_len, ab, ab_len);
    assert_out(&rig, "a");
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
}

static void lacking_bytes_may_have_come_before(void **state)
{
    (void)state;
    shake_hands(&rig);
    client_sends(&rig, 1001 + (uint32_t)b_at, ab + b_at, ab_len - b_at);
    rig.cut = 10;
    client_sends(&rig, 1001, ab, ab_len);
    rig.cut = 0;
    assert_out(&rig, "ab");
    assert_count(&rig, GAP, 0);
}

static void a_segment_beyond_every_window_is_a_gap(void **state)
{
    (void)state;
    shake_hands(&rig);
    client_sends(&rig, 1001 + (1u << 30) + 1, ab, ab_len);
    assert_count(&rig, GAP, 1);
    assert_out(&rig, "");
}

static void buffered_bytes_have_a_limit(void **state)
{
    (void)state;
    restart(1000, 10 * 512);
    for (rig.client = 1; rig.client <= 12; rig.client++) {
        shake_hands(&rig);
        client_sends(&rig, 1001, ab, 5);
        assert_true(streams_usage(rig.streams).bytes <= 10 * 512);
    }
    assert_count(&rig, MEMORY, 2);
    for (rig.client = 1; rig.client <= 12; rig.client++)
        client_sends(&rig, 1006, ab + 5, ab_len - 5);
    assert_int_equal(rig.emitted, 20);
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
    rig.client = 100; // one side alone
    shake_hands(&rig);
    static uint8_t big[10000];
    client_sends(&rig, 1001, big, dns(big, 'z', 9000) - 1);
    assert_count(&rig, MEMORY, 3);
    assert_int_equal(streams_usage(rig.streams).bytes, 0);
}

static void a_full_arena_ends_the_side(void **state)
{
    (void)state;
    arena_done(&rig.keep);
    arena_init(&rig.keep, 16, 16);
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, 5);
    client_sends(&rig, 1006, ab + 5, ab_len - 5);
    assert_out(&rig, "");
    assert_count(&rig, MEMORY, 1);
}

static void the_least_recent_stream_is_evicted(void **state)
{
    (void)state;
    restart(3, 16 << 20);
    for (rig.client = 1; rig.client <= 3; rig.client++)
        shake_hands(&rig);
    rig.client = 1;
    server_flags(&rig, 5001, TCP_ACK); // so 2 is the oldest
    rig.client = 4;
    shake_hands(&rig);
    assert_count(&rig, EVICTED, 1);
    for (rig.client = 1; rig.client <= 4; rig.client++)
        client_sends(&rig, 1001, ab, ab_len);
    assert_out(&rig, "ababab"); // the mark of 2 kept it out
    assert_count(&rig, EVICTED, 1);
    rig.now += STREAM_MARK_NS;
    rig.client = 2;
    client_sends(&rig, 1001, ab, ab_len);
    assert_out(&rig, "abababab");
    assert_count(&rig, EVICTED, 2);
    assert_int_equal(streams_usage(rig.streams).streams, 3);
}

static void no_streams_at_all(void **state)
{
    (void)state;
    restart(0, 16 << 20);
    shake_hands(&rig);
    client_sends(&rig, 1001, ab, ab_len);
    assert_out(&rig, "");
    assert_int_equal(streams_usage(rig.streams).streams, 0);
}

static void tables_grow_to_the_limit_and_marks_to_theirs(void **state)
{
    (void)state;
    restart(5000, 16 << 20);
    for (rig.client = 1; rig.client <= 80000; rig.client++)
        client_flags(&rig, 1000, TCP_SYN);
    struct streams_usage usage = streams_usage(rig.streams);
    assert_int_equal(usage.streams, 5000);
    assert_int_equal(usage.marks, 65536);
    assert_count(&rig, EVICTED, 75000);
    for (rig.client = 75001; rig.client <= 80000; rig.client++)
        client_sends(&rig, 1001, ab, ab_len);
    assert_int_equal(rig.emitted, 10000);
}

static void a_steady_state_allocates_nothing(void **state)
{
    (void)state;
    uint64_t before = 0;
    for (int round = 0; round < 20; round++) {
        if (round == 10)
            before = mem_allocations();
        for (rig.client = 1; rig.client <= 200; rig.client++) {
            shake_hands(&rig);
            client_sends(&rig, 1001 + (uint32_t)b_at, ab + b_at, ab_len - b_at);
            client_sends(&rig, 1001, ab, b_at);
            client_flags(&rig, 1001 + (uint32_t)ab_len, TCP_FIN);
            server_flags(&rig, 5001, TCP_FIN);
        }
        rig.now += 2 * (int64_t)STREAM_MARK_NS;
    }
    assert_int_equal(mem_allocations(), before);
    assert_int_equal(rig.emitted, 20 * 200 * 2);
}

// When the table cannot grow, the oldest stream makes room; when chunks cannot, the side ends.
static void a_heap_that_gives_no_more(void **state)
{
    (void)state;
    for (rig.client = 1; rig.client <= 64; rig.client++)
        shake_hands(&rig);
    mem_fail_at(1);
    shake_hands(&rig);
    mem_fail_at(0);
    assert_count(&rig, EVICTED, 1);
    assert_int_equal(streams_usage(rig.streams).streams, 64);
    mem_fail_at(2); // records instead of buckets
    rig.client = 66;
    shake_hands(&rig);
    mem_fail_at(0);
    assert_count(&rig, EVICTED, 2);
    struct packet_view view = rig_view(&rig, true, 1001, TCP_ACK, ab, 5);
    mem_fail_at(1);
    streams_push(rig.streams, &view, &rig.keep, rig_emit, &rig);
    mem_fail_at(0);
    assert_count(&rig, MEMORY, 1);
    rig.client = 65;
    client_sends(&rig, 1001, ab, 5);
    client_sends(&rig, 1006, ab + 5, ab_len - 5);
    assert_out(&rig, "ab");
}

static void making_streams_may_fail(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 3; n++) {
        mem_fail_at(n);
        assert_null(streams_new(&stream_default_limits, rig_ports, 2, &rig.counters));
    }
    mem_fail_at(0);
    streams_free(NULL);
}

#define stream_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        stream_test(defaults_are_those_of_upstream),
        stream_test(fifty_early_segments_wait_one_more_is_a_gap),
        stream_test(what_was_filled_counts_no_more),
        stream_test(bytes_that_the_capture_lacks_are_a_gap),
        stream_test(lacking_bytes_may_have_come_before),
        stream_test(a_segment_beyond_every_window_is_a_gap),
        stream_test(buffered_bytes_have_a_limit),
        stream_test(a_full_arena_ends_the_side),
        stream_test(the_least_recent_stream_is_evicted),
        stream_test(no_streams_at_all),
        stream_test(tables_grow_to_the_limit_and_marks_to_theirs),
        stream_test(a_steady_state_allocates_nothing),
        stream_test(a_heap_that_gives_no_more),
        stream_test(making_streams_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
