// The mix: conversations of all kinds begin at random times, so that each kind gets its share of
// the packets; the earliest planned packet is written next.
#include "conversation.h"
#include "must.h"

#include <math.h>

enum { DISPLACED_MAX = 2000000, DUPLICATE_MAX = 200000, SERVERS = 8, OWN_CLIENTS = 50 };

struct conversation *conversation_new(const struct path *path, unsigned n_exchanges)
{
    struct conversation *c = must_zalloc(sizeof *c + n_exchanges * sizeof c->exchanges[0]);
    c->references = 1;
    c->path = *path;
    c->n_exchanges = n_exchanges;
    return c;
}

void conversation_release(struct conversation *c)
{
    if (--c->references > 0)
        return;
    stream_done(&c->sides[0]);
    stream_done(&c->sides[1]);
    mem_free(c);
}

static void plan_one(struct traffic *traffic, struct conversation *c, const struct plan *plan)
{
    c->references++;
    traffic->planned++;
    schedule_add(&traffic->schedule, plan);
}

void plan_packet(struct traffic *traffic, struct conversation *c, struct plan plan)
{
    const struct settings *s = traffic->settings;
    plan.conversation = c;
    plan.written = plan.time;
    bool datagram = plan.kind == PLAN_DNS || plan.kind == PLAN_DATAGRAM;
    if (datagram && random_chance(&traffic->random, s->displace))
        plan.written += (int64_t)random_below(&traffic->random, DISPLACED_MAX);
    plan_one(traffic, c, &plan);
    if (datagram && random_chance(&traffic->random, s->duplicates)) {
        plan.time += (int64_t)random_below(&traffic->random, DUPLICATE_MAX);
        plan.written = plan.time;
        plan_one(traffic, c, &plan);
    }
}

enum { FIRST_PORT = 1024, PORTS = 65536 - FIRST_PORT };

// Ports by which readers tell protocols, so that no client has them.
static bool is_client_port(unsigned port)
{
    return port != 5353 && port != 5355 && port != 53000;
}

static uint16_t random_port(struct random_stream *random)
{
    for (;;) {
        unsigned port = FIRST_PORT + (unsigned)random_below(random, PORTS);
        if (is_client_port(port))
            return (uint16_t)port;
    }
}

uint16_t connection_port(struct traffic *traffic)
{
    enum { STEP = 40009 }; // has no divisor of PORTS
    for (;;) {
        uint64_t n = traffic->connections++;
        unsigned port = FIRST_PORT + (unsigned)((n * STEP + traffic->settings->seed) % PORTS);
        if (is_client_port(port))
            return (uint16_t)port;
    }
}

struct path draw_path(struct traffic *traffic, unsigned server_port)
{
    const struct settings *s = traffic->settings;
    struct random_stream *random = &traffic->random;
    bool v6 = random_chance(random, s->ipv6_share);
    enum family family = v6 ? FAMILY_IPV6 : FAMILY_IPV4;
    double role = random_unit(random);
    bool to_host = role < s->server_share;
    bool from_host = !to_host && role < s->server_share + s->client_share;
    bool inside =
        !to_host && !from_host && role < s->server_share + s->client_share + s->inside_share;
    struct path path = {.src_port = random_port(random), .dst_port = (uint16_t)server_port};
    if (from_host || inside) {
        path.src = hosts_address(&traffic->hosts, family,
                                 100 + (unsigned)random_below(random, OWN_CLIENTS));
    } else {
        uint64_t client = zipf_draw(v6 ? &traffic->clients6 : &traffic->clients4, random);
        path.src = client_address(family, client);
    }
    if (to_host || inside)
        path.dst =
            hosts_address(&traffic->hosts, family, 1 + (unsigned)random_below(random, SERVERS));
    else
        path.dst = outside_address(family, random_below(random, 4 * SERVERS));
    return path;
}

// A kind of conversation and its share of the packets; the deficit decides which one begins next.
struct part {
    void (*start)(struct traffic *traffic);
    double share;
    uint64_t planned;
};

enum { PARTS = 7 };

static void set_parts(struct part parts[static PARTS], const struct settings *s)
{
    double other = 1 - s->dns_share - s->dhcp_share;
    double weights = s->other_tcp + s->other_udp + s->other_icmp + s->other_arp;
    other = weights > 0 ? fmax(other, 0) / weights : 0;
    const struct part rows[PARTS] = {
        {start_dns, s->dns_share - s->multicast_share, 0},
        {start_multicast, s->multicast_share, 0},
        {start_dhcp, s->dhcp_share, 0},
        {start_web, other * s->other_tcp, 0},
        {start_datagrams, other * s->other_udp, 0},
        {start_echo, other * s->other_icmp, 0},
        {start_arp, other * s->other_arp, 0},
    };
    memcpy(parts, rows, sizeof rows);
}

// Starts the kind that lags most behind its share; returns how many packets it planned.
static uint64_t start_next(struct traffic *traffic, struct part parts[static PARTS])
{
    struct part *next = &parts[0];
    double most = -1;
    for (unsigned i = 0; i < PARTS; i++) {
        double lag = parts[i].share * (double)(traffic->planned + 1) - (double)parts[i].planned;
        if (parts[i].share > 0 && lag > most) {
            most = lag;
            next = &parts[i];
        }
    }
    uint64_t before = traffic->planned;
    next->start(traffic);
    next->planned += traffic->planned - before;
    return traffic->planned - before;
}

void traffic_init(struct traffic *traffic, const struct settings *s, struct output *output)
{
    *traffic = (struct traffic){.settings = s,
                                .output = output,
                                .random = {s->seed},
                                .start = (int64_t)s->start * 1000000000,
                                .latency = {s->latency, s->latency_sigma, s->latency_tail}};
    hosts_parse(&traffic->hosts, s->hosts);
    double clients6 = round((double)s->clients * s->ipv6_share);
    zipf_init(&traffic->names, s->names, s->name_exponent);
    zipf_init(&traffic->clients4, (uint64_t)fmax(1, (double)s->clients - clients6),
              s->client_exponent);
    zipf_init(&traffic->clients6, (uint64_t)fmax(1, clients6), s->client_exponent);
}

void traffic_done(struct traffic *traffic)
{
    struct plan plan;
    while (schedule_take(&traffic->schedule, &plan))
        conversation_release(plan.conversation);
    schedule_done(&traffic->schedule);
}

static void emit_next(struct traffic *traffic)
{
    struct plan plan;
    if (!schedule_take(&traffic->schedule, &plan))
        return;
    emit_plan(traffic->output, &plan);
    conversation_release(plan.conversation);
}

// Rates swing by a third over 17 seconds, so that seconds differ.
static double rate_at(const struct traffic *traffic, double rate)
{
    double seconds = (double)(traffic->now - traffic->start) * 1e-9;
    return rate * (1 + 0.33 * sin(seconds * 0.37));
}

void traffic_run(struct traffic *traffic)
{
    const struct settings *s = traffic->settings;
    struct part parts[PARTS];
    set_parts(parts, s);
    traffic->now = traffic->start;
    for (uint64_t i = 0; i < s->bgp_sessions; i++)
        start_bgp(traffic, s->seconds);
    double rate = (double)s->packets / s->seconds;
    while (traffic->output->packets < s->packets) {
        if (schedule_next(&traffic->schedule) < traffic->now) {
            emit_next(traffic);
            continue;
        }
        double packets = (double)start_next(traffic, parts);
        traffic->now += 1 + (int64_t)(random_exponential(&traffic->random, packets) * 1e9 /
                                      rate_at(traffic, rate));
    }
}
