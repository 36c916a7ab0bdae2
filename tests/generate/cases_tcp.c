// TCP: zone transfers, ports used again, connections met in the middle.
#include "bgp_message.h"
#include "cases.h"

#include <stdio.h>

static void add_dns(struct stage *stage, struct conversation *c, const struct dns_exchange *x,
                    bool response)
{
    struct put *out = &stage->output.message;
    out->len = 0;
    (response ? dns_put_response : dns_put_query)(out, x);
    struct message message = dns_message_note(x, response, out->len);
    stream_add(&c->sides[response], put_span(out), true, &message);
}

// All that a side has to say and has not said yet.
static void send_rest(struct stage *stage, struct conversation *c, unsigned side)
{
    uint32_t from = c->sides[side].delivered, to = (uint32_t)c->sides[side].content.len;
    for (uint32_t end; from < to; from = end) {
        end = to - from > TCP_MSS ? from + TCP_MSS : to;
        stage_segment(stage, c, side, BIT_ACK | BIT_PSH, from, end);
        stage->now += MILLISECOND;
    }
    stage_segment(stage, c, !side, BIT_ACK, c->sides[!side].delivered, c->sides[!side].delivered);
    stage->now += MILLISECOND;
}

static void open_connection(struct stage *stage, struct conversation *c)
{
    c->sides[0].first_seq = (uint32_t)random_next(&stage->random);
    c->sides[1].first_seq = (uint32_t)random_next(&stage->random);
    stage_segment(stage, c, 0, BIT_SYN, 0, 0);
    stage->now += MILLISECOND;
    stage_segment(stage, c, 1, BIT_SYN | BIT_ACK, 0, 0);
    stage->now += MILLISECOND;
    stage_segment(stage, c, 0, BIT_ACK, 0, 0);
    stage->now += MILLISECOND;
}

static void close_connection(struct stage *stage, struct conversation *c)
{
    for (unsigned side = 0; side < 2; side++) {
        uint32_t at = c->sides[side].delivered;
        stage_segment(stage, c, side, BIT_FIN | BIT_ACK, at, at);
        c->sides[side].delivered++;
        stage->now += MILLISECOND;
    }
    uint32_t at = c->sides[0].delivered;
    stage_segment(stage, c, 0, BIT_ACK, at, at);
    stage->now += MILLISECOND;
}

void case_axfr(struct stage *stage)
{
    enum { TRANSFERS = 3, MESSAGES = 40, RECORDS = 200 };
    for (unsigned t = 0; t < TRANSFERS; t++) {
        struct path path = stage_path(t, t & 1);
        struct conversation *c = conversation_new(&path, 1);
        struct dns_exchange *x = &c->exchanges[0];
        *x = stage_question("zone.example.com", 500 + t);
        x->qtype = TYPE_AXFR;
        x->authoritative = true;
        open_connection(stage, c);
        add_dns(stage, c, x, false);
        send_rest(stage, c, 0);
        for (unsigned m = 0; m < MESSAGES; m++) {
            struct put *out = &stage->output.message;
            bool first = m == 0, last = m == MESSAGES - 1;
            out->len = 0;
            dns_put_transfer(out, x, RECORDS, first, last);
            struct message message = dns_message_note(x, true, out->len);
            message.dns.answers = (uint16_t)(RECORDS + first + last);
            stream_add(&c->sides[1], put_span(out), true, &message);
        }
        send_rest(stage, c, 1);
        close_connection(stage, c);
        conversation_release(c);
    }
}

static void one_connection(struct stage *stage, const struct path *path, unsigned id, bool closes)
{
    struct conversation *c = conversation_new(path, 1);
    c->exchanges[0] = stage_question("reuse.example.com", id);
    open_connection(stage, c);
    add_dns(stage, c, &c->exchanges[0], false);
    send_rest(stage, c, 0);
    add_dns(stage, c, &c->exchanges[0], true);
    send_rest(stage, c, 1);
    if (closes)
        close_connection(stage, c);
    conversation_release(c);
}

void case_port_reuse(struct stage *stage)
{
    static const int64_t pauses[] = {5 * MILLISECOND, 900 * MILLISECOND, 2 * SECOND, 40 * SECOND};
    for (unsigned i = 0; i < 8; i++) {
        struct path path = stage_path(7, i & 4);
        one_connection(stage, &path, 40 + i, i % 4 != 2);
        stage->now += pauses[i % 4];
    }
    // UDP: the same 5-tuple and id, one exchange after the other.
    for (unsigned i = 0; i < 5; i++) {
        struct path path = stage_path(8, false);
        struct dns_exchange x = stage_question("reuse.example.com", 4711);
        stage_exchange(stage, &path, &x);
    }
}

static struct conversation *met_in_the_middle(struct stage *stage, const struct path *path)
{
    enum { SAID_BEFORE = 5000 };
    struct conversation *c = conversation_new(path, 8);
    for (unsigned side = 0; side < 2; side++)
        c->sides[side].first_seq = (uint32_t)random_next(&stage->random) + SAID_BEFORE;
    return c;
}

static void midstream_dns(struct stage *stage)
{
    for (unsigned i = 0; i < 4; i++) {
        struct path path = stage_path(i, i & 1);
        struct conversation *c = met_in_the_middle(stage, &path);
        for (unsigned q = 0; q < c->n_exchanges; q++) {
            c->exchanges[q] = stage_question("middle.example.com", 10 * i + q);
            add_dns(stage, c, &c->exchanges[q], false);
            send_rest(stage, c, 0);
            add_dns(stage, c, &c->exchanges[q], true);
            send_rest(stage, c, 1);
        }
        close_connection(stage, c);
        conversation_release(c);
    }
}

static void midstream_bgp(struct stage *stage)
{
    static const enum bgp_type types[] = {BGP_KEEPALIVE, BGP_UPDATE, BGP_KEEPALIVE, BGP_UPDATE,
                                          BGP_ROUTE_REFRESH};
    struct path path = path_of("203.0.113.9", 30179, "198.51.100.1", 179);
    struct conversation *c = met_in_the_middle(stage, &path);
    struct put *out = &stage->output.message;
    for (unsigned i = 0; i < 20; i++) {
        unsigned side = i & 1;
        out->len = 0;
        struct message message = bgp_message(out, types[i % 5], 30);
        stream_add(&c->sides[side], put_span(out), false, &message);
        send_rest(stage, c, side);
        stage->now += 7 * SECOND;
    }
    conversation_release(c);
}

void case_tcp_midstream(struct stage *stage)
{
    midstream_dns(stage);
    midstream_bgp(stage);
}
