// The steps of which the cases are made.
#include "cases.h"
#include "links.h"

#include <stdio.h>

void stage_udp(struct stage *stage, unsigned interface, const struct link_kind *link,
               const struct path *path, struct span payload, const struct message *message)
{
    struct put *frame = &stage->output.frame;
    link_begin(frame, link, path);
    frame_udp(frame, path, (unsigned)stage->output.packets, payload);
    link_end(frame, link);
    struct note note = {.time = stage->now,
                        .path = *path,
                        .transport = TRANSPORT_UDP,
                        .messages = message,
                        .n_messages = message != NULL};
    output_frame(&stage->output, interface, &note);
}

void stage_dns(struct stage *stage, unsigned interface, const struct link_kind *link,
               const struct path *path, const struct dns_exchange *x, bool response)
{
    struct put *out = &stage->output.message;
    out->len = 0;
    (response ? dns_put_response : dns_put_query)(out, x);
    struct message message = dns_message_note(x, response, out->len);
    struct path direction = response ? path_reversed(path) : *path;
    stage_udp(stage, interface, link, &direction, put_span(out), &message);
}

void stage_query(struct stage *stage, const struct path *path, const struct dns_exchange *x)
{
    stage_dns(stage, 0, &link_kinds[0], path, x, false);
}

void stage_response(struct stage *stage, const struct path *path, const struct dns_exchange *x)
{
    stage_dns(stage, 0, &link_kinds[0], path, x, true);
}

void stage_exchange(struct stage *stage, const struct path *path, const struct dns_exchange *x)
{
    stage_query(stage, path, x);
    stage->now += 20 * MILLISECOND;
    stage_response(stage, path, x);
    stage->now += 80 * MILLISECOND;
}

void stage_segment(struct stage *stage, struct conversation *c, unsigned side, unsigned bits,
                   uint32_t from, uint32_t to)
{
    struct plan plan = {.time = stage->now,
                        .conversation = c,
                        .kind = PLAN_SEGMENT,
                        .side = (uint8_t)side,
                        .bits = (uint8_t)bits,
                        .from = from,
                        .to = to,
                        .ack = c->sides[!side].delivered};
    emit_plan(&stage->output, &plan);
    if (to > c->sides[side].delivered)
        c->sides[side].delivered = to;
}

struct dns_exchange stage_question(const char *name, unsigned id)
{
    struct dns_exchange x = {.id = (uint16_t)id, .qtype = TYPE_A, .answers = 1};
    dns_name_parse(&x.name, name);
    return x;
}

struct path stage_path(unsigned client, bool v6)
{
    struct path path = {client_address(v6 ? FAMILY_IPV6 : FAMILY_IPV4, client),
                        v6 ? address_parse("2001:db8:53::1") : address_v4(198, 51, 100, 1),
                        (uint16_t)(10000 + client % 40000), 53};
    return path;
}
