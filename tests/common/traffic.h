// Batches for handlers, made in memory: frames are built by frames.h and decoded as the input would
// do it, messages of TCP streams come whole behind the segment that completes them. Times and
// directions are what the test says.
//
//     static const struct flow flow = {"192.0.2.1", "198.51.100.1", 4000, 53, .to = DIRECTION_OUT};
//     traffic_query(&traffic, 0, &flow, 7, "www.example.com", DNS_A);
//     traffic_reply(&traffic, 2 * MILLISECOND, &flow, 7, "www.example.com", DNS_A, 0, 1);
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dns_build.h"
#include "frames.h"
#include "input/batch.h"

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)
#define MINUTE      (60 * SECOND)

enum { DNS_A = 1, DNS_TXT = 16, DNS_AAAA = 28, DNS_RRSIG = 46 };

// A client and whom it talks to. Answers go the other way.
struct flow {
    const char *client, *server;
    uint16_t client_port, server_port;
    enum direction to; // of what the client sends
    bool tcp;          // DNS messages come from a TCP stream
};

struct traffic {
    struct wire_counters counters;
    struct batch batch;
};

static inline bool traffic_init(struct traffic *t)
{
    *t = (struct traffic){0};
    return batch_init(&t->batch, &t->counters);
}

static inline void traffic_done(struct traffic *t)
{
    batch_done(&t->batch);
}

static inline enum direction direction_back(enum direction d)
{
    if (d == DIRECTION_UNKNOWN)
        return d;
    return d == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_IN;
}

// The frame's bytes are copied. No more of them than a batch holds: run the batch before.
static inline struct event *traffic_frame(struct traffic *t, int64_t time, enum direction direction,
                                          const struct test_frame *f)
{
    struct batch *batch = &t->batch;
    assert_true(batch->n_packets < BATCH_PACKETS && batch->n_events < BATCH_EVENTS);
    uint8_t *bytes = arena_alloc(&batch->arena, f->len);
    assert_non_null(bytes);
    memcpy(bytes, f->bytes, f->len);
    struct packet_view *view = &batch->packets[batch->n_packets++];
    packet_decode(view, LINK_ETHERNET, bytes, f->len, f->len);
    view->time = time;
    view->second = time / SECOND - (time % SECOND < 0);
    view->direction = (uint8_t)direction;
    if (time > batch->newest)
        batch->newest = time;
    struct event *event = &batch->events[batch->n_events++];
    *event = (struct event){
        .kind = EVENT_PACKET,
        .dns_port = view->l4 == L4_UDP && (dns_port(view->src_port) || dns_port(view->dst_port)),
        .body_wire = view->body_wire,
        .body = packet_body(view),
        .packet = view,
    };
    return event;
}

// Ethernet and IP headers of one way of a flow.
static inline void traffic_headers(struct test_frame *f, const struct flow *flow, bool back,
                                   unsigned protocol)
{
    const char *src = back ? flow->server : flow->client;
    const char *dst = back ? flow->client : flow->server;
    bool v6 = strchr(src, ':') != NULL;
    frame_start(f);
    frame_ethernet(f, v6 ? 0x86dd : 0x0800);
    (v6 ? frame_ipv6 : frame_ipv4)(f, src, dst, protocol);
}

static inline void traffic_ports(const struct flow *flow, bool back, unsigned *src, unsigned *dst)
{
    *src = back ? flow->server_port : flow->client_port;
    *dst = back ? flow->client_port : flow->server_port;
}

// back: from the server to the client.
static inline struct event *traffic_udp(struct traffic *t, int64_t time, const struct flow *flow,
                                        bool back, struct span body)
{
    struct test_frame f;
    unsigned src, dst;
    traffic_headers(&f, flow, back, 17);
    traffic_ports(flow, back, &src, &dst);
    frame_udp(&f, src, dst);
    frame_bytes(&f, body.ptr, body.len);
    frame_done(&f);
    return traffic_frame(t, time, back ? direction_back(flow->to) : flow->to, &f);
}

// A segment without data.
static inline struct event *traffic_tcp(struct traffic *t, int64_t time, const struct flow *flow,
                                        bool back, unsigned flags)
{
    struct test_frame f;
    unsigned src, dst;
    traffic_headers(&f, flow, back, 6);
    traffic_ports(flow, back, &src, &dst);
    frame_tcp(&f, src, dst, 0, flags);
    frame_done(&f);
    return traffic_frame(t, time, back ? direction_back(flow->to) : flow->to, &f);
}

// Something that is neither UDP nor TCP.
static inline struct event *traffic_icmp(struct traffic *t, int64_t time, const struct flow *flow,
                                         bool back)
{
    struct test_frame f;
    bool v6 = strchr(flow->client, ':') != NULL;
    traffic_headers(&f, flow, back, v6 ? 58 : 1);
    frame_fill(&f, 0, 8);
    frame_done(&f);
    return traffic_frame(t, time, back ? direction_back(flow->to) : flow->to, &f);
}

// A whole message of a stream, behind the segment that completes it.
static inline struct event *traffic_message(struct traffic *t, int64_t time,
                                            const struct flow *flow, bool back,
                                            enum event_kind kind, struct span message)
{
    const struct packet_view *packet = traffic_tcp(t, time, flow, back, TCP_ACK | TCP_PSH)->packet;
    uint8_t *bytes = arena_alloc(&t->batch.arena, message.len);
    assert_non_null(bytes);
    assert_true(t->batch.n_events < BATCH_EVENTS);
    memcpy(bytes, message.ptr, message.len);
    struct event *event = &t->batch.events[t->batch.n_events++];
    *event = (struct event){
        .kind = (uint8_t)kind,
        .body_wire = (uint32_t)message.len,
        .body = span_of(bytes, message.len),
        .packet = packet,
    };
    return event;
}

// Whatever was built; the QR bit says which way it goes.
static inline struct event *traffic_dns(struct traffic *t, int64_t time, const struct flow *flow,
                                        const struct dns_build *b)
{
    bool back = b->data[2] & 0x80;
    if (flow->tcp)
        return traffic_message(t, time, flow, back, EVENT_DNS_MESSAGE, dns_build_span(b));
    return traffic_udp(t, time, flow, back, dns_build_span(b));
}

static inline struct event *traffic_query(struct traffic *t, int64_t time, const struct flow *flow,
                                          unsigned id, const char *name, unsigned qtype)
{
    struct dns_build b;
    dns_build_begin(&b, id, DNS_BUILD_QUERY);
    dns_build_question(&b, name, qtype);
    return traffic_dns(t, time, flow, &b);
}

// With so many answers, all of them addresses.
static inline struct event *traffic_reply(struct traffic *t, int64_t time, const struct flow *flow,
                                          unsigned id, const char *name, unsigned qtype,
                                          unsigned rcode, unsigned answers)
{
    struct dns_build b;
    dns_build_begin(&b, id, DNS_BUILD_RESPONSE | rcode);
    dns_build_question(&b, name, qtype);
    for (unsigned i = 0; i < answers; i++)
        dns_build_record(&b, DNS_BUILD_ANSWER, name, DNS_A, span_of("\xc0\0\2\1", 4));
    return traffic_dns(t, time, flow, &b);
}
