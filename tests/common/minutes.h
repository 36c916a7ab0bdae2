// A capture of some minutes of traffic in memory: DNS over UDP with answers of all sorts, late and
// missing ones, DHCP, and other packets, between many clients and a host of 192.0.2.0/24.
// Repeatable.
#pragma once

#include "capture_build.h"
#include "traffic.h"

#include "base/random.h"

enum { MINUTES_START = 1700000000 }; // epoch second of the first packet

struct minutes_packet {
    int64_t time; // as written
    uint64_t order;
    struct span frame;
};

struct minutes {
    struct capture_build file;
    struct random_stream random;
    struct minutes_packet *packets;
    size_t n_packets, room;
};

// Packets are kept, and written in the order of `order` when all are there.
static inline void minutes_packet(struct minutes *m, int64_t time, const struct test_frame *f)
{
    if (m->n_packets == m->room) {
        m->room = m->room ? m->room * 2 : 64;
        m->packets = realloc(m->packets, m->room * sizeof *m->packets);
    }
    uint8_t *bytes = malloc(f->len);
    if (!m->packets || !bytes)
        abort();
    memcpy(bytes, f->bytes, f->len);
    // Some overtake others.
    uint64_t order = (uint64_t)time + random_below(&m->random, 2 * MILLISECOND);
    m->packets[m->n_packets++] = (struct minutes_packet){time, order, span_of(bytes, f->len)};
}

static inline void minutes_udp(struct minutes *m, int64_t time, const struct flow *flow, bool back,
                               struct span body)
{
    struct test_frame f;
    unsigned src, dst;
    traffic_headers(&f, flow, back, 17);
    traffic_ports(flow, back, &src, &dst);
    frame_udp(&f, src, dst);
    frame_bytes(&f, body.ptr, body.len);
    frame_done(&f);
    minutes_packet(m, time, &f);
}

// A query, and in 9 of 10 cases its answer; one in 50 of those is late (the ttl is 5 s).
static inline void minutes_exchange(struct minutes *m, int64_t time, const struct flow *flow)
{
    static const unsigned rcodes[] = {0, 0, 0, 3, 3, 2, 5};
    unsigned id = (unsigned)random_below(&m->random, 65536);
    char name[64];
    snprintf(name, sizeof name, "h%u.d%u.example", (unsigned)random_below(&m->random, 50),
             (unsigned)random_below(&m->random, 20));
    struct dns_build b;
    dns_build_begin(&b, id, DNS_BUILD_QUERY);
    dns_build_question(&b, name, DNS_A);
    minutes_udp(m, time, flow, false, dns_build_span(&b));
    if (random_below(&m->random, 10) == 0)
        return;
    dns_build_begin(&b, id, DNS_BUILD_RESPONSE | rcodes[random_below(&m->random, 7)]);
    dns_build_question(&b, name, DNS_A);
    int64_t elapsed = (int64_t)random_below(&m->random, 20 * MILLISECOND);
    if (random_below(&m->random, 50) == 0)
        elapsed = 6 * SECOND;
    minutes_udp(m, time + elapsed, flow, true, dns_build_span(&b));
}

static inline void minutes_step(struct minutes *m, int64_t time)
{
    char client[IP_TEXT_MAX], server[IP_TEXT_MAX];
    snprintf(client, sizeof client, "203.0.113.%u", (unsigned)random_below(&m->random, 250));
    snprintf(server, sizeof server, "192.0.2.%u", 1 + (unsigned)random_below(&m->random, 9));
    uint16_t port = (uint16_t)(1024 + random_below(&m->random, 60000));
    unsigned kind = (unsigned)random_below(&m->random, 10);
    if (kind == 0) {
        const struct flow other = {client, server, port, 443, .tcp = false};
        minutes_udp(m, time, &other, random_below(&m->random, 2), span_text("something else"));
    } else if (kind == 1) {
        const struct flow dhcp = {client, server, 68, 67, .tcp = false};
        minutes_udp(m, time, &dhcp, false, span_text("too short"));
    } else {
        const struct flow dns = {client, server, port, 53, .tcp = false};
        minutes_exchange(m, time, &dns);
    }
}

static inline int minutes_by_order(const void *a_, const void *b_)
{
    const struct minutes_packet *a = a_, *b = b_;
    return (a->order > b->order) - (a->order < b->order);
}

static inline void minutes_record(struct minutes *m, int64_t time, struct span frame)
{
    uint32_t second = (uint32_t)(time / SECOND), fraction = (uint32_t)(time % SECOND);
    capture_build_record(&m->file, second, fraction, (uint32_t)frame.len, frame);
}

static inline void minutes_start(struct minutes *m)
{
    *m = (struct minutes){.random = {42}};
    capture_build_begin(&m->file, false);
    capture_build_pcap(&m->file, PCAP_MAGIC_NANO, LINK_ETHERNET);
}

static inline void minutes_write(struct minutes *m)
{
    qsort(m->packets, m->n_packets, sizeof *m->packets, minutes_by_order);
    for (size_t i = 0; i < m->n_packets; i++)
        minutes_record(m, m->packets[i].time, m->packets[i].frame);
}

// Steps are about `gap` ns apart.
static inline void minutes_begin(struct minutes *m, unsigned steps, int64_t gap)
{
    minutes_start(m);
    int64_t time = MINUTES_START * SECOND;
    for (unsigned i = 0; i < steps;
         i++, time += (int64_t)random_below(&m->random, (uint64_t)gap * 2))
        minutes_step(m, time);
    minutes_write(m);
}

static inline void minutes_done(struct minutes *m)
{
    for (size_t i = 0; i < m->n_packets; i++)
        free((void *)(uintptr_t)m->packets[i].frame.ptr);
    free(m->packets);
    capture_build_done(&m->file);
}
