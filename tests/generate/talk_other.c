// Conversations of everything that is not DNS.
#include "bgp_message.h"
#include "conversation.h"
#include "dhcp_message.h"

#include <math.h>

#define SECONDS(s) ((int64_t)((s)*1e9))

static unsigned pick(struct random_stream *random, const uint16_t *ports, size_t count)
{
    return ports[random_below(random, count)];
}

static void begin_tcp(struct traffic *traffic, struct conversation *c)
{
    struct random_stream *random = &traffic->random;
    c->sides[0].first_seq = (uint32_t)random_next(random);
    c->sides[1].first_seq = (uint32_t)random_next(random);
    c->round_trip = SECONDS(random_between(random, 0.001, 0.08));
}

void start_web(struct traffic *traffic)
{
    static const uint16_t ports[] = {443, 443, 443, 80, 22, 8443, 25};
    struct random_stream *random = &traffic->random;
    struct path path = draw_path(traffic, pick(random, ports, sizeof ports / sizeof *ports));
    path.src_port = connection_port(traffic);
    struct conversation *c = conversation_new(&path, 0);
    begin_tcp(traffic, c);
    int64_t time = tcp_open(traffic, c, traffic->now);
    uint32_t request = 150 + (uint32_t)random_below(random, 700);
    uint32_t page = 100 + (uint32_t)random_exponential(random, traffic->settings->page_bytes);
    time = tcp_send(traffic, c, 0, request, time);
    time = tcp_send(traffic, c, 1, page, time + latency_draw(&traffic->latency, random));
    tcp_close(traffic, c, 0, time);
    conversation_release(c);
}

void start_datagrams(struct traffic *traffic)
{
    static const uint16_t ports[] = {443, 443, 443, 51820, 27015, 60001};
    struct random_stream *random = &traffic->random;
    struct path path = draw_path(traffic, pick(random, ports, sizeof ports / sizeof *ports));
    struct conversation *c = conversation_new(&path, 0);
    unsigned packets = 1 + (unsigned)random_below(random, 12);
    int64_t time = traffic->now;
    for (unsigned i = 0; i < packets; i++) {
        double size = random_exponential(random, traffic->settings->datagram_bytes);
        plan_packet(traffic, c,
                    (struct plan){.time = time,
                                  .kind = PLAN_DATAGRAM,
                                  .side = i % 2,
                                  .to = 8 + (uint32_t)fmin(size, 1400)});
        time += SECONDS(random_exponential(random, 0.02));
    }
    conversation_release(c);
}

void start_echo(struct traffic *traffic)
{
    struct random_stream *random = &traffic->random;
    struct path path = draw_path(traffic, 0);
    path.src_port = 0;
    struct conversation *c = conversation_new(&path, 0);
    c->seed = random_next(random);
    for (unsigned i = 0; i < 4; i++) {
        int64_t time = traffic->now + SECONDS(i);
        struct plan plan = {.time = time, .kind = PLAN_ECHO, .number = (uint8_t)i, .to = 56};
        plan_packet(traffic, c, plan);
        plan.side = 1;
        plan.time += latency_draw(&traffic->latency, random);
        plan_packet(traffic, c, plan);
    }
    conversation_release(c);
}

void start_arp(struct traffic *traffic)
{
    struct path path = {address_v4(192, 168, 7, 1),
                        address_v4(192, 168, 7, (uint8_t)(2 + random_below(&traffic->random, 250))),
                        0, 0};
    struct conversation *c = conversation_new(&path, 0);
    struct plan plan = {.time = traffic->now, .kind = PLAN_ARP};
    plan_packet(traffic, c, plan);
    plan.side = 1;
    plan.time += SECONDS(random_between(&traffic->random, 0.0001, 0.002));
    plan_packet(traffic, c, plan);
    conversation_release(c);
}

void start_dhcp(struct traffic *traffic)
{
    struct random_stream *random = &traffic->random;
    bool v6 = random_chance(random, 0.3);
    struct path path = {.src = {.family = v6 ? FAMILY_IPV6 : FAMILY_IPV4}};
    struct conversation *c = conversation_new(&path, 0);
    c->seed = random_next(random);
    int64_t time = traffic->now;
    for (unsigned step = 0; step < LEASE_STEPS; step++) {
        plan_packet(traffic, c,
                    (struct plan){.time = time, .kind = PLAN_DHCP, .number = (uint8_t)step});
        time += SECONDS(random_between(random, 0.001, 0.5));
    }
    conversation_release(c);
}

static int64_t say(struct traffic *traffic, struct conversation *c, unsigned side,
                   enum bgp_type type, int64_t time)
{
    struct put *out = &traffic->output->message;
    out->len = 0;
    struct message note = bgp_message(out, type, 1 + (unsigned)random_below(&traffic->random, 40));
    stream_add(&c->sides[side], put_span(out), false, &note);
    return tcp_send(traffic, c, side, (uint32_t)c->sides[side].content.len, time);
}

// A session that is up for nearly all of the capture: keepalives, now and then an update.
void start_bgp(struct traffic *traffic, double seconds)
{
    enum { KEEPALIVE_EVERY = 10 };
    struct random_stream *random = &traffic->random;
    struct path path = {outside_address(FAMILY_IPV4, random_below(random, 50)),
                        hosts_address(&traffic->hosts, FAMILY_IPV4, 1),
                        (uint16_t)(30000 + random_below(random, 10000)), 179};
    struct conversation *c = conversation_new(&path, 0);
    begin_tcp(traffic, c);
    int64_t time = tcp_open(traffic, c, traffic->now);
    for (unsigned side = 0; side < 2; side++)
        time = say(traffic, c, side, BGP_OPEN, time);
    int64_t end = traffic->now + SECONDS(seconds * 0.9);
    for (int64_t next = time; next < end; next += SECONDS(KEEPALIVE_EVERY)) {
        time = next > time ? next : time;
        for (unsigned side = 0; side < 2; side++) {
            time = say(traffic, c, side, BGP_KEEPALIVE, time);
            if (random_chance(random, 0.6))
                time = say(traffic, c, side, BGP_UPDATE, time);
        }
    }
    time = say(traffic, c, 0, BGP_ROUTE_REFRESH, time);
    time = say(traffic, c, 0, BGP_NOTIFICATION, time + SECONDS(1));
    tcp_close(traffic, c, 0, time);
    conversation_release(c);
}
