// Conversations of DNS: over UDP with retries, over TCP with several questions, to a multicast
// group.
#include "conversation.h"

#include <stdio.h>

enum {
    RETRIES = 2,
    RETRY_AFTER = 1000000000, // ns, doubled each time
    TCP_QUESTIONS_MAX = 4,
};

#define SECONDS(s) ((int64_t)((s)*1e9))

// Rcode and answers of an exchange; those without a name to give prefer names of their own.
static void draw_outcome(struct traffic *traffic, struct dns_exchange *x, uint64_t *number)
{
    const struct settings *s = traffic->settings;
    double luck = random_unit(&traffic->random);
    x->answers = (uint16_t)(1 + random_below(&traffic->random, 3));
    if ((luck -= s->nxdomain) < 0) {
        x->rcode = RCODE_NXDOMAIN;
        *number = s->names - 1 - *number;
    } else if ((luck -= s->servfail) < 0) {
        x->rcode = RCODE_SERVFAIL;
    } else if ((luck -= s->refused) < 0) {
        x->rcode = RCODE_REFUSED;
    } else if ((luck -= s->nodata) < 0) {
        x->answers = 0;
    }
    if (x->rcode)
        x->answers = 0;
}

static void draw_options(struct traffic *traffic, struct dns_exchange *x)
{
    const struct settings *s = traffic->settings;
    struct random_stream *random = &traffic->random;
    x->edns = random_chance(random, s->edns);
    x->checking_disabled = random_chance(random, 0.02);
    x->authoritative = random_chance(random, 0.5);
    x->mixed_case = random_chance(random, s->mixed_case);
    if (!x->edns)
        return;
    x->dnssec_ok = random_chance(random, 0.3);
    x->authenticated_data = x->dnssec_ok && random_chance(random, 0.5);
    x->answers = (uint16_t)(x->answers + (x->dnssec_ok && x->answers));
    x->cookie = random_chance(random, 0.1);
    if (random_chance(random, s->ecs)) {
        bool v6 = random_chance(random, s->ipv6_share);
        x->ecs = client_address(v6 ? FAMILY_IPV6 : FAMILY_IPV4, random_below(random, 1000));
        x->ecs_prefix = v6 ? 56 : 24;
        memset(x->ecs.bytes + x->ecs_prefix / 8, 0, sizeof x->ecs.bytes - x->ecs_prefix / 8);
    }
}

static void draw_exchange(struct traffic *traffic, struct dns_exchange *x)
{
    uint64_t number = zipf_draw(&traffic->names, &traffic->random);
    draw_outcome(traffic, x, &number);
    name_of_number(&x->name, number, traffic->settings->names / 8 + 1);
    x->id = (uint16_t)random_next(&traffic->random);
    x->qtype = (uint16_t)code_draw(qtype_rows, n_qtype_rows, &traffic->random);
    x->text_bytes = (uint16_t)(20 + random_below(&traffic->random, 200));
    draw_options(traffic, x);
}

// How long the server takes; a share answers too late, or never (0).
static int64_t draw_answer_time(struct traffic *traffic)
{
    struct random_stream *random = &traffic->random;
    if (!random_chance(random, traffic->settings->timeouts))
        return latency_draw(&traffic->latency, random);
    double fate = random_unit(random);
    if (fate < 0.5)
        return 0;
    // Clear of 5 and 10 seconds, where a microsecond more or less would decide.
    return SECONDS(fate < 0.8 ? random_between(random, 5.05, 9.95)
                              : random_between(random, 10.05, 12));
}

// A packet is lost with the probability of the settings, half of them only behind the capture.
static bool plan_datagram(struct traffic *traffic, struct conversation *c, unsigned side,
                          unsigned number, int64_t time)
{
    bool lost = random_chance(&traffic->random, traffic->settings->loss);
    if (!lost || random_chance(&traffic->random, 0.5))
        plan_packet(
            traffic, c,
            (struct plan){
                .time = time, .kind = PLAN_DNS, .side = (uint8_t)side, .number = (uint8_t)number});
    return !lost;
}

// Asks, and asks again when no answer has come: with the same id, or with a new one.
static void ask(struct traffic *traffic, struct conversation *c)
{
    struct random_stream *random = &traffic->random;
    bool patient = random_chance(random, 0.5); // never asks again
    unsigned number = 0;
    int64_t time = traffic->now, wait = RETRY_AFTER;
    for (unsigned attempt = 0;; attempt++) {
        bool answered = false;
        if (plan_datagram(traffic, c, 0, number, time)) {
            int64_t took = draw_answer_time(traffic);
            answered = took && plan_datagram(traffic, c, 1, number, time + took) && took < wait;
        }
        if (answered || patient || attempt == RETRIES)
            break;
        if (random_chance(random, 0.5)) {
            c->exchanges[number + 1] = c->exchanges[number];
            c->exchanges[++number].id = (uint16_t)random_next(random);
        }
        time += wait;
        wait *= 2;
    }
}

static void start_udp(struct traffic *traffic, const struct path *path)
{
    struct conversation *c = conversation_new(path, 1 + RETRIES);
    draw_exchange(traffic, &c->exchanges[0]);
    ask(traffic, c);
    conversation_release(c);
}

static void add_message(struct traffic *traffic, struct conversation *c, unsigned number,
                        bool response)
{
    struct put *out = &traffic->output->message;
    const struct dns_exchange *x = &c->exchanges[number];
    out->len = 0;
    (response ? dns_put_response : dns_put_query)(out, x);
    struct message note = dns_message_note(x, response, out->len);
    stream_add(&c->sides[response], put_span(out), true, &note);
}

// All questions at once, the answers in any order and together or one by one (RFC 7766 6.2.1).
static int64_t ask_pipelined(struct traffic *traffic, struct conversation *c, int64_t time)
{
    for (unsigned i = 0; i < c->n_exchanges; i++)
        add_message(traffic, c, i, false);
    time = tcp_send(traffic, c, 0, (uint32_t)c->sides[0].content.len, time);
    unsigned first = (unsigned)random_below(&traffic->random, c->n_exchanges);
    bool together = random_chance(&traffic->random, 0.5);
    for (unsigned i = 0; i < c->n_exchanges; i++) {
        int64_t took = draw_answer_time(traffic);
        if (took == 0)
            continue;
        time += took;
        add_message(traffic, c, (first + i) % c->n_exchanges, true);
        if (!together || i + 1 == c->n_exchanges)
            time = tcp_send(traffic, c, 1, (uint32_t)c->sides[1].content.len, time);
    }
    return tcp_send(traffic, c, 1, (uint32_t)c->sides[1].content.len, time);
}

static int64_t ask_in_turn(struct traffic *traffic, struct conversation *c, int64_t time)
{
    for (unsigned i = 0; i < c->n_exchanges; i++) {
        add_message(traffic, c, i, false);
        time = tcp_send(traffic, c, 0, (uint32_t)c->sides[0].content.len, time);
        int64_t took = draw_answer_time(traffic);
        if (took == 0)
            break;
        add_message(traffic, c, i, true);
        time = tcp_send(traffic, c, 1, (uint32_t)c->sides[1].content.len, time + took);
    }
    return time;
}

static void start_tcp(struct traffic *traffic, const struct path *path)
{
    struct random_stream *random = &traffic->random;
    unsigned questions = 1 + (unsigned)random_below(random, TCP_QUESTIONS_MAX);
    struct conversation *c = conversation_new(path, questions);
    c->seed = random_next(random);
    c->sides[0].first_seq = (uint32_t)random_next(random);
    c->sides[1].first_seq =
        (uint32_t)random_next(random) | 0xffffff00u * random_chance(random, 0.02);
    c->round_trip = SECONDS(random_between(random, 0.001, 0.06));
    for (unsigned i = 0; i < questions; i++) {
        draw_exchange(traffic, &c->exchanges[i]);
        c->exchanges[i].id = (uint16_t)(c->exchanges[0].id + i);
    }
    int64_t time = tcp_open(traffic, c, traffic->now);
    time = (random_chance(random, 0.4) ? ask_pipelined : ask_in_turn)(traffic, c, time);
    double end = random_unit(random);
    if (end < 0.85)
        tcp_close(traffic, c, end < 0.8 ? 0 : 1, time);
    else if (end < 0.95)
        tcp_plan(traffic, c, 0, BIT_RST, c->sides[0].delivered, c->sides[0].delivered, time);
    conversation_release(c);
}

void start_dns(struct traffic *traffic)
{
    struct path path = draw_path(traffic, 53);
    bool tcp = random_chance(&traffic->random, traffic->settings->tcp_share);
    if (tcp)
        path.src_port = connection_port(traffic);
    (tcp ? start_tcp : start_udp)(traffic, &path);
}

// mDNS (RFC 6762): everybody asks and answers on the group; LLMNR (RFC 4795): answers go to who
// asked.
void start_multicast(struct traffic *traffic)
{
    struct random_stream *random = &traffic->random;
    bool v6 = random_chance(random, traffic->settings->ipv6_share);
    bool mdns = random_chance(random, 0.7);
    struct path path = {v6 ? address_parse("fe80::7:1") : address_v4(192, 168, 7, 1),
                        address_parse(v6     ? mdns ? "ff02::fb" : "ff02::1:3"
                                      : mdns ? "224.0.0.251"
                                             : "224.0.0.252"),
                        mdns ? 5353 : 40000, mdns ? 5353 : 5355};
    path.src.bytes[address_span(&path.src).len - 1] = (uint8_t)(20 + random_below(random, 200));
    char name[64];
    snprintf(name, sizeof name, "printer-%u.local", (unsigned)random_below(random, 50));
    struct conversation *question = conversation_new(&path, 1);
    struct path back = path;
    if (!mdns)
        back.dst = path.src;
    back.src.bytes[address_span(&back.src).len - 1] = 19;
    // Planned packets of side 1 go along the reversed path.
    struct path reversed = {back.dst, back.src, back.src_port, back.dst_port};
    struct conversation *reply = conversation_new(&reversed, 1);
    struct dns_exchange *x = &question->exchanges[0];
    dns_name_parse(&x->name, name);
    x->qtype = TYPE_A;
    x->answers = 1;
    x->id = mdns ? 0 : (uint16_t)random_next(random);
    reply->exchanges[0] = *x;
    reply->exchanges[0].no_question = mdns;
    plan_packet(traffic, question, (struct plan){.time = traffic->now, .kind = PLAN_DNS});
    if (random_chance(random, 0.6))
        plan_packet(
            traffic, reply,
            (struct plan){.time = traffic->now + SECONDS(0.02), .kind = PLAN_DNS, .side = 1});
    conversation_release(question);
    conversation_release(reply);
}
