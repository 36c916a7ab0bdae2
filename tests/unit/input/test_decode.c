#include "cmocka_input.h"

#include "common/dns_build.h"
#include "common/frames.h"
#include "input/decode.h"

#include <stdio.h>
#include <unistd.h>

static const struct stream_port ports[] = {
    {53, STREAM_DNS}, {53000, STREAM_DNS}, {179, STREAM_BGP}};

enum { BGP_KEEPALIVE_SIZE = 19, BGP_KEEPALIVE = 4, BGP_TYPE_AT = 18 };

struct fixture {
    struct capture_build file;
    struct host_spec hosts;
    struct wire_counters counters;
    struct decoder *decoder;
    struct batch batch;
    struct chunk chunk;
    struct test_frame frame;
    uint32_t records;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    assert_non_null(f);
    capture_build_begin(&f->file, false);
    capture_build_pcap(&f->file, PCAP_MAGIC_MICRO, LINK_ETHERNET);
    struct error err;
    assert_true(host_spec_parse(&f->hosts, "192.0.2.0/24", &err));
    struct decoder_options options = {.hosts = &f->hosts,
                                      .limits = stream_default_limits,
                                      .ports = ports,
                                      .n_ports = COUNT(ports)};
    f->decoder = decoder_new(&options, &f->counters);
    assert_non_null(f->decoder);
    assert_true(batch_init(&f->batch, &f->counters));
    assert_true(chunk_init(&f->chunk));
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    capture_build_done(&f->file);
    chunk_done(&f->chunk);
    batch_done(&f->batch);
    decoder_free(f->decoder);
    host_spec_done(&f->hosts);
    free(f);
    return 0;
}

// One second between two records.
static void add_record(struct fixture *f)
{
    struct span bytes = span_of(f->frame.bytes, f->frame.len);
    capture_build_record(&f->file, 1000 + f->records++, 0, f->frame.len, bytes);
}

static void add_udp(struct fixture *f, const char *src, const char *dst, unsigned port)
{
    frame_start(&f->frame);
    frame_ethernet(&f->frame, 0x0800);
    frame_ipv4(&f->frame, src, dst, 17);
    frame_udp(&f->frame, 4000, port);
    frame_text(&f->frame, "payload");
    frame_done(&f->frame);
    add_record(f);
}

static void add_tcp(struct fixture *f, unsigned port, uint32_t seq, struct span payload)
{
    frame_start(&f->frame);
    frame_ethernet(&f->frame, 0x0800);
    frame_ipv4(&f->frame, "192.0.2.1", "203.0.113.1", 6);
    frame_tcp(&f->frame, 4000, port, seq, TCP_ACK);
    frame_bytes(&f->frame, payload.ptr, payload.len);
    frame_done(&f->frame);
    add_record(f);
}

static void read_chunk(struct fixture *f)
{
    struct error err;
    struct capture *capture = capture_open_memory(capture_build_span(&f->file), &err);
    assert_non_null(capture);
    assert_int_equal(capture_next(capture, &f->chunk, &err), 1);
    assert_int_equal(f->chunk.count, f->records);
    capture_close(capture);
}

static uint32_t fill(struct fixture *f, const uint32_t *list, uint32_t first, uint32_t end)
{
    batch_reset(&f->batch);
    return decoder_fill(f->decoder, &f->batch, &f->chunk, list, first, end);
}

static void test_packets(void **state)
{
    struct fixture *f = *state;
    add_udp(f, "192.0.2.1", "203.0.113.1", 53);
    add_udp(f, "203.0.113.1", "192.0.2.1", 5000);
    add_udp(f, "203.0.113.1", "203.0.113.2", 5355);
    add_tcp(f, 80, 1, span_text("GET"));
    read_chunk(f);
    static const uint8_t directions[] = {DIRECTION_OUT, DIRECTION_IN, DIRECTION_UNKNOWN,
                                         DIRECTION_OUT};
    static const bool dns[] = {true, false, true, false};
    assert_int_equal(fill(f, NULL, 0, 4), 4);
    assert_int_equal(f->batch.n_packets, 4);
    assert_int_equal(f->batch.n_events, 4);
    assert_int_equal(f->batch.newest, 1003 * SECOND);
    for (unsigned i = 0; i < 4; i++) {
        const struct event *event = &f->batch.events[i];
        assert_int_equal(event->kind, EVENT_PACKET);
        assert_ptr_equal(event->packet, &f->batch.packets[i]);
        assert_int_equal(event->packet->time, (1000 + i) * SECOND);
        assert_int_equal(event->packet->direction, directions[i]);
        assert_int_equal(event->dns_port, dns[i]);
        assert_null(event->dns);
        assert_true(span_equal(event->body, span_text(i < 3 ? "payload" : "GET")));
        assert_int_equal(event->body_wire, event->body.len);
    }
    assert_ptr_equal(f->batch.events[2].packet->frame, f->chunk.records[2].data);
}

// Lists of a worker: only those records, in order.
static void test_lists(void **state)
{
    struct fixture *f = *state;
    static const uint32_t list[] = {1, 3, 4, 8, 9};
    for (unsigned i = 0; i < 10; i++)
        add_udp(f, "192.0.2.1", "203.0.113.1", 100 + i);
    read_chunk(f);
    assert_int_equal(fill(f, list, 1, 4), 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(f->batch.packets[i].dst_port, 100 + list[1 + i]);
    assert_int_equal(fill(f, NULL, 7, 9), 2);
    assert_int_equal(f->batch.packets[1].dst_port, 108);
    assert_int_equal(f->batch.newest, 1008 * SECOND);
}

static void test_full_of_packets(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < BATCH_PACKETS + 10; i++)
        add_udp(f, "192.0.2.1", "203.0.113.1", i);
    read_chunk(f);
    assert_int_equal(fill(f, NULL, 0, f->records), BATCH_PACKETS);
    assert_int_equal(fill(f, NULL, BATCH_PACKETS, f->records), 10);
    assert_int_equal(f->batch.packets[9].dst_port, BATCH_PACKETS + 9);
}

static void test_malformed(void **state)
{
    struct fixture *f = *state;
    frame_start(&f->frame);
    frame_ethernet(&f->frame, 0x0800);
    frame_text(&f->frame, "E");
    add_record(f);
    add_udp(f, "192.0.2.1", "203.0.113.1", 53);
    read_chunk(f);
    assert_int_equal(fill(f, NULL, 0, 2), 2);
    assert_int_equal(f->batch.n_events, 2); // a packet all the same
    assert_int_equal(f->batch.events[0].packet->event, WIRE_IPV4_SHORT);
    assert_int_equal(f->batch.events[0].packet->direction, DIRECTION_UNKNOWN);
    assert_int_equal(f->counters.count[WIRE_IPV4_SHORT], 1);
    assert_int_equal(f->counters.count[WIRE_OK], 0);
}

static void test_no_hosts(void **state)
{
    struct fixture *f = *state;
    struct decoder_options options = {.limits = stream_default_limits};
    struct decoder *decoder = decoder_new(&options, &f->counters);
    assert_non_null(decoder);
    add_udp(f, "192.0.2.1", "203.0.113.1", 53);
    read_chunk(f);
    uint32_t done = decoder_fill(decoder, &f->batch, &f->chunk, NULL, 0, 1);
    decoder_free(decoder);
    assert_int_equal(done, 1);
    assert_int_equal(f->batch.packets[0].direction, DIRECTION_UNKNOWN);
}

// Messages stand right behind the packet that completed them, across batches too.
static void test_messages(void **state)
{
    struct fixture *f = *state;
    static struct dns_build message;
    uint8_t stream[200];
    size_t len = 0;
    for (unsigned i = 0; i < 2; i++) {
        dns_build_begin(&message, 100 + i, DNS_BUILD_QUERY);
        dns_build_question(&message, i ? "second.org" : "first.org", 1);
        stream[len++] = (uint8_t)(message.len >> 8);
        stream[len++] = (uint8_t)message.len;
        memcpy(stream + len, message.data, message.len);
        len += message.len;
    }
    add_tcp(f, 53, 1, span_of(stream, 10));
    add_udp(f, "192.0.2.1", "203.0.113.1", 53);
    add_tcp(f, 53, 11, span_of(stream + 10, len - 10));
    add_udp(f, "192.0.2.1", "203.0.113.1", 53);
    read_chunk(f);
    assert_int_equal(fill(f, NULL, 0, 2), 2);
    assert_int_equal(f->batch.n_events, 2);
    assert_int_equal(fill(f, NULL, 2, 4), 2);
    static const uint8_t kinds[] = {EVENT_PACKET, EVENT_DNS_MESSAGE, EVENT_DNS_MESSAGE,
                                    EVENT_PACKET};
    assert_int_equal(f->batch.n_events, COUNT(kinds));
    for (unsigned i = 0; i < COUNT(kinds); i++)
        assert_int_equal(f->batch.events[i].kind, kinds[i]);
    for (unsigned i = 1; i < 3; i++) {
        struct event *event = &f->batch.events[i];
        assert_ptr_equal(event->packet, &f->batch.packets[0]);
        assert_false(event->dns_port);
        assert_int_equal(event->body_wire, event->body.len);
        assert_int_equal(event_dns(&f->batch, event)->id, 99 + i);
    }
}

static struct span keepalives(uint8_t *room, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint8_t *p = room + i * (size_t)BGP_KEEPALIVE_SIZE;
        memset(p, 0xff, BGP_KEEPALIVE_SIZE);
        p[16] = 0;
        p[17] = BGP_KEEPALIVE_SIZE;
        p[BGP_TYPE_AT] = BGP_KEEPALIVE;
    }
    return span_of(room, count * (size_t)BGP_KEEPALIVE_SIZE);
}

// One packet with more messages than a batch has events: it is done when all have come.
static void test_more_messages_than_events(void **state)
{
    struct fixture *f = *state;
    enum { MESSAGES = 2 * BATCH_EVENTS + 100 };
    static uint8_t bytes[MESSAGES * BGP_KEEPALIVE_SIZE];
    add_udp(f, "192.0.2.1", "203.0.113.1", 53);
    add_tcp(f, 179, 1, keepalives(bytes, MESSAGES));
    add_udp(f, "192.0.2.1", "203.0.113.1", 53);
    read_chunk(f);
    assert_int_equal(fill(f, NULL, 0, 3), 1);
    assert_int_equal(f->batch.n_packets, 2);
    assert_int_equal(f->batch.n_events, BATCH_EVENTS);
    unsigned messages = BATCH_EVENTS - 2;
    uint32_t done;
    do {
        done = fill(f, NULL, 1, 3);
        assert_int_equal(f->batch.n_packets, 1);
        for (uint32_t i = 0; i < f->batch.n_events; i++) {
            const struct event *event = &f->batch.events[i];
            assert_int_equal(event->kind, EVENT_BGP_MESSAGE);
            assert_ptr_equal(event->packet, &f->batch.packets[0]);
            assert_int_equal(event->packet->time, 1001 * SECOND);
            assert_int_equal(event->body.len, BGP_KEEPALIVE_SIZE);
            assert_int_equal(event->body.ptr[BGP_TYPE_AT], BGP_KEEPALIVE);
        }
        messages += f->batch.n_events;
    } while (done == 0);
    assert_int_equal(done, 1);
    assert_int_equal(messages, MESSAGES);
    assert_int_equal(fill(f, NULL, 2, 3), 1);
    assert_int_equal(f->batch.events[0].kind, EVENT_PACKET);
    assert_int_equal(f->counters.count[WIRE_STREAM_MEMORY], 0);
}

// Segments that wait for one before them: its coming brings more messages than are kept.
static void test_too_many_messages(void **state)
{
    struct fixture *f = *state;
    enum { SEGMENTS = 40, EACH = 3000, SIZE = EACH * BGP_KEEPALIVE_SIZE };
    static uint8_t bytes[SIZE];
    struct span segment = keepalives(bytes, EACH);
    add_tcp(f, 179, 1, span_of(bytes, BGP_KEEPALIVE_SIZE));
    for (uint32_t i = 1; i < SEGMENTS; i++)
        add_tcp(f, 179, 1 + BGP_KEEPALIVE_SIZE + i * SIZE, segment);
    add_tcp(f, 179, 1 + BGP_KEEPALIVE_SIZE, segment);
    struct error err;
    struct capture *capture = capture_open_memory(capture_build_span(&f->file), &err);
    assert_non_null(capture);
    uint64_t messages = 0;
    while (capture_next(capture, &f->chunk, &err) > 0)
        for (uint32_t first = 0; first < f->chunk.count;) {
            first += fill(f, NULL, first, f->chunk.count);
            for (uint32_t i = 0; i < f->batch.n_events; i++)
                messages += f->batch.events[i].kind == EVENT_BGP_MESSAGE;
        }
    capture_close(capture);
    uint64_t dropped = f->counters.count[WIRE_STREAM_MEMORY];
    assert_true(dropped > 0);
    assert_int_equal(messages + dropped, 1 + SEGMENTS * EACH);
    // The last packet's batch had room for some beside those that waited.
    assert_in_range(messages, DECODER_WAITING_MAX, DECODER_WAITING_MAX + BATCH_EVENTS);
}

// Recorded captures: packets, messages from streams, directions (specification 10.1).
static void test_recorded(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name, *hosts;
        unsigned packets, dns, bgp, in, out;
    } facts[] = {
        {"dns_ipv4_tcp", "127.0.0.1/32", 2100, 420, 0, 2100, 0},
        {"dns_ipv6_tcp", "::/0", 1800, 360, 0, 1800, 0},
        {"dns_udp_tcp_random", "192.168.0.0/24", 16147, 2880, 0, 6648, 9499},
        {"bgp", "10.1.1.1/32", 22, 0, 9, 12, 10},
    };
    const char *shared = getenv("PKTVISOR_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/captures", shared ? shared : "");
    if (!shared || access(path, R_OK) != 0)
        skip();
    for (size_t n = 0; n < COUNT(facts); n++) {
        struct error err;
        host_spec_done(&f->hosts);
        assert_true(host_spec_parse(&f->hosts, facts[n].hosts, &err));
        snprintf(path, sizeof path, "%s/captures/%s.pcap", shared, facts[n].name);
        struct capture *capture = capture_open(path, &err);
        assert_non_null(capture);
        unsigned kinds[3] = {0}, directions[3] = {0};
        while (capture_next(capture, &f->chunk, &err) > 0)
            for (uint32_t first = 0; first < f->chunk.count;) {
                first += fill(f, NULL, first, f->chunk.count);
                for (uint32_t i = 0; i < f->batch.n_events; i++)
                    kinds[f->batch.events[i].kind]++;
                for (uint32_t i = 0; i < f->batch.n_packets; i++)
                    directions[f->batch.packets[i].direction]++;
            }
        capture_close(capture);
        assert_int_equal(kinds[EVENT_PACKET], facts[n].packets);
        assert_int_equal(kinds[EVENT_DNS_MESSAGE], facts[n].dns);
        assert_int_equal(kinds[EVENT_BGP_MESSAGE], facts[n].bgp);
        assert_int_equal(directions[DIRECTION_IN], facts[n].in);
        assert_int_equal(directions[DIRECTION_OUT], facts[n].out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_packets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_of_packets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_malformed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_hosts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_more_messages_than_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_recorded, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
