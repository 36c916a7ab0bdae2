// From a planned packet to a frame and its note: one function for each kind of plan.
#include "conversation.h"
#include "dhcp_message.h"
#include "links.h"

enum { FILLER = 1 << 16 };

// Content of what nobody looks into: letters, in which no protocol recognises itself.
static struct span filler(uint32_t from, uint32_t len)
{
    static uint8_t bytes[2 * FILLER];
    static bool filled;
    for (uint32_t i = 0; !filled && i < sizeof bytes; i++)
        bytes[i] = (uint8_t)('a' + i % 23);
    filled = true;
    return span_of(bytes + from % FILLER, len);
}

static void begin_frame(struct output *output, const struct plan *plan, const struct path *path)
{
    output->frame.len = 0;
    frame_ethernet(&output->frame, plan->side ? router_mac : host_mac,
                   plan->side ? host_mac : router_mac, ethertype_of(path));
}

static struct note note_of(const struct plan *plan, enum transport transport)
{
    const struct conversation *c = plan->conversation;
    return (struct note){.time = plan->time,
                         .path = plan->side ? path_reversed(&c->path) : c->path,
                         .transport = (uint8_t)transport};
}

static void emit_dns(struct output *output, const struct plan *plan)
{
    const struct dns_exchange *x = &plan->conversation->exchanges[plan->number];
    struct note note = note_of(plan, TRANSPORT_UDP);
    output->message.len = 0;
    (plan->side ? dns_put_response : dns_put_query)(&output->message, x);
    struct message message = dns_message_note(x, plan->side, output->message.len);
    note.messages = &message;
    note.n_messages = 1;
    begin_frame(output, plan, &note.path);
    frame_udp(&output->frame, &note.path, (unsigned)plan->order, put_span(&output->message));
    output_frame(output, 0, &note);
}

static void emit_segment(struct output *output, const struct plan *plan)
{
    struct stream *stream = &plan->conversation->sides[plan->side];
    const struct stream *peer = &plan->conversation->sides[!plan->side];
    bool syn = plan->bits & BIT_SYN;
    struct tcp_fields tcp = {.bits = plan->bits,
                             .seq = stream->first_seq + (syn ? 0 : 1 + plan->from),
                             .ack = plan->bits & BIT_ACK ? peer->first_seq + 1 + plan->ack : 0};
    struct note note = note_of(plan, TRANSPORT_TCP);
    note.syn = syn;
    struct span payload = filler(plan->from, plan->to - plan->from);
    if (stream->content.len && plan->from < plan->to)
        payload.ptr = stream->content.bytes + plan->from;
    if (plan->from < plan->to)
        stream_show(stream, plan->from, plan->to, &note);
    begin_frame(output, plan, &note.path);
    frame_tcp(&output->frame, &note.path, (unsigned)plan->order, &tcp, payload);
    output_frame(output, 0, &note);
}

static void emit_datagram(struct output *output, const struct plan *plan)
{
    struct note note = note_of(plan, TRANSPORT_UDP);
    begin_frame(output, plan, &note.path);
    frame_udp(&output->frame, &note.path, (unsigned)plan->order,
              filler(plan->from, plan->to - plan->from));
    output_frame(output, 0, &note);
}

static void emit_echo(struct output *output, const struct plan *plan)
{
    struct note note = note_of(plan, TRANSPORT_OTHER);
    begin_frame(output, plan, &note.path);
    frame_echo(&output->frame, &note.path, (unsigned)plan->conversation->seed, plan->side,
               plan->number, filler(0, plan->to));
    output_frame(output, 0, &note);
}

static void emit_arp(struct output *output, const struct plan *plan)
{
    static const uint8_t everybody[MAC_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const struct path path = note_of(plan, TRANSPORT_OTHER).path;
    struct note note = {.time = plan->time, .transport = TRANSPORT_OTHER};
    const uint8_t *src = plan->side ? host_mac : router_mac;
    const uint8_t *dst = plan->side ? router_mac : everybody;
    output->frame.len = 0;
    frame_ethernet(&output->frame, dst, src, ETHERTYPE_ARP);
    frame_arp(&output->frame, plan->side, src, dst, &path.src, &path.dst);
    output_frame(output, 0, &note);
}

static void emit_dhcp(struct output *output, const struct plan *plan)
{
    static const uint8_t everybody[MAC_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const struct conversation *c = plan->conversation;
    struct lease lease = lease_of_seed(c->seed, c->path.src.family == FAMILY_IPV6);
    struct note note = note_of(plan, TRANSPORT_UDP);
    output->message.len = 0;
    struct message message = lease_message(&output->message, &lease, plan->number, &note.path);
    note.messages = &message;
    note.n_messages = 1;
    output->frame.len = 0;
    frame_ethernet(&output->frame, everybody, plan->number % 2 ? dhcp_server_mac : lease.client_mac,
                   ethertype_of(&note.path));
    frame_udp(&output->frame, &note.path, (unsigned)plan->order, put_span(&output->message));
    output_frame(output, 0, &note);
}

void emit_plan(struct output *output, const struct plan *plan)
{
    static void (*const emitters[PLAN_KINDS])(struct output *, const struct plan *) = {
        [PLAN_DNS] = emit_dns,   [PLAN_SEGMENT] = emit_segment, [PLAN_DATAGRAM] = emit_datagram,
        [PLAN_ECHO] = emit_echo, [PLAN_ARP] = emit_arp,         [PLAN_DHCP] = emit_dhcp,
    };
    emitters[plan->kind](output, plan);
}
