// Recorded captures through reassembly: how many messages of which kind come out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/pcap_read.h"
#include "wire/stream.h"

static const struct stream_port ports[] = {{53, STREAM_DNS},
                                           {5353, STREAM_DNS},
                                           {5355, STREAM_DNS},
                                           {53000, STREAM_DNS},
                                           {179, STREAM_BGP}};

enum { BGP_TYPE_AT = 18, BGP_TYPES = 6, DNS_FLAGS_AT = 2, DNS_RESPONSE = 0x80 };

struct seen {
    unsigned messages, queries, responses;
    unsigned bgp[BGP_TYPES];
    struct wire_counters counters;
};

static void emit(void *context, const struct stream_message *message)
{
    struct seen *seen = context;
    seen->messages++;
    if (message->protocol == STREAM_BGP) {
        uint8_t type = message->bytes.ptr[BGP_TYPE_AT];
        assert_true(type < BGP_TYPES);
        seen->bgp[type]++;
    } else if (message->bytes.ptr[DNS_FLAGS_AT] & DNS_RESPONSE) {
        seen->responses++;
    } else {
        seen->queries++;
    }
}

static void run(const char *name, const struct stream_limits *limits, struct seen *seen)
{
    *seen = (struct seen){0};
    struct pcap_file file;
    if (!pcap_read_open(&file, name)) {
        print_message("%s is not there\n", name);
        skip();
    }
    struct streams *streams =
        streams_new(limits, ports, sizeof ports / sizeof *ports, &seen->counters);
    assert_non_null(streams);
    struct arena keep;
    arena_init(&keep, 4096, 0);
    struct pcap_packet packet;
    while (pcap_read_next(&file, &packet)) {
        struct packet_view view = {.time = packet.time};
        assert_int_equal(
            packet_decode(&view, file.link, packet.frame, packet.captured, packet.wire), WIRE_OK);
        streams_push(streams, &view, &keep, emit, seen);
        arena_reset(&keep);
    }
    streams_free(streams);
    arena_done(&keep);
    pcap_read_close(&file);
}

static void dns_over_ipv4(void **state)
{
    (void)state;
    struct seen seen;
    run("dns_ipv4_tcp.pcap", &stream_default_limits, &seen);
    assert_int_equal(seen.messages, 420);
    assert_int_equal(seen.queries, 210);
    assert_int_equal(seen.responses, 210);
}

// Thirty connections are opened, then used: with room for ten the first twenty are gone by then,
// and their marks keep them from being picked up.
static void dns_over_ipv4_with_room_for_ten(void **state)
{
    (void)state;
    struct stream_limits limits = stream_default_limits;
    limits.streams = 10;
    struct seen seen;
    run("dns_ipv4_tcp.pcap", &limits, &seen);
    assert_int_equal(seen.messages, 140);
    assert_int_equal(seen.queries, 70);
    assert_int_equal(seen.responses, 70);
    assert_int_equal(seen.counters.count[WIRE_STREAM_EVICTED], 140);
}

static void dns_over_ipv6(void **state)
{
    (void)state;
    struct seen seen;
    run("dns_ipv6_tcp.pcap", &stream_default_limits, &seen);
    assert_int_equal(seen.messages, 360);
    assert_int_equal(seen.queries, 180);
    assert_int_equal(seen.responses, 180);
}

static void dns_with_retransmissions(void **state)
{
    (void)state;
    struct seen seen;
    run("dns_udp_tcp_random.pcap", &stream_default_limits, &seen);
    assert_int_equal(seen.messages, 2880);
    assert_int_equal(seen.queries, 1440);
    assert_int_equal(seen.responses, 1440);
    assert_int_equal(seen.counters.count[WIRE_STREAM_OVERLAP], 44);
    assert_int_equal(seen.counters.count[WIRE_STREAM_GAP], 0);
}

static void bgp_session(void **state)
{
    (void)state;
    struct seen seen;
    run("bgp.pcap", &stream_default_limits, &seen);
    assert_int_equal(seen.messages, 9);
    assert_int_equal(seen.bgp[1], 2);
    assert_int_equal(seen.bgp[2], 4);
    assert_int_equal(seen.bgp[4], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_over_ipv4), cmocka_unit_test(dns_over_ipv4_with_room_for_ten),
        cmocka_unit_test(dns_over_ipv6), cmocka_unit_test(dns_with_retransmissions),
        cmocka_unit_test(bgp_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
