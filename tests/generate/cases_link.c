// Link types, interfaces, fragments.
#include "cases.h"
#include "links.h"

#include <stdio.h>

static void exchange_over(struct stage *stage, unsigned interface, const struct link_kind *link,
                          unsigned number, bool v6)
{
    char name[64];
    snprintf(name, sizeof name, "%s.example.com", link->name);
    struct dns_exchange x = stage_question(name, number);
    struct path path = stage_path(number, v6);
    stage_dns(stage, interface, link, &path, &x, false);
    stage->now += 20 * MILLISECOND;
    stage_dns(stage, interface, link, &path, &x, true);
    stage->now += 80 * MILLISECOND;
}

static void exchanges_over(struct stage *stage, unsigned number, const struct link_kind *link)
{
    unsigned interface = capture_interface(stage->output.file, link->link_type);
    if (link->families != 6)
        exchange_over(stage, interface, link, number, false);
    if (link->families != 4)
        exchange_over(stage, interface, link, number, true);
}

void case_links(struct stage *stage)
{
    for (unsigned i = 0; i < n_link_kinds; i++)
        exchanges_over(stage, i, &link_kinds[i]);
}

void case_interfaces(struct stage *stage)
{
    enum { INTERFACES = 400 };
    for (unsigned i = 0; i < INTERFACES; i++)
        exchanges_over(stage, i, &link_kinds[i % n_link_kinds]);
}

static void show_part(struct stage *stage, const struct path *path, struct span datagram,
                      struct fragment part, size_t size, const struct message *message)
{
    struct put *frame = &stage->output.frame;
    struct span bytes = span_of(datagram.ptr + part.offset, datagram.len - part.offset);
    part.more = bytes.len > size;
    bytes.len = part.more ? size : bytes.len;
    link_begin(frame, &link_kinds[0], path);
    frame_fragment(frame, path, IP_UDP, part, bytes);
    struct note note = {.time = stage->now, .path = *path, .transport = TRANSPORT_UDP};
    if (part.offset == 0) {
        note.messages = message;
        note.n_messages = 1;
    } else {
        note.path.src_port = note.path.dst_port = 0;
    }
    output_frame(&stage->output, 0, &note);
    stage->now += MILLISECOND;
}

// A long answer in parts of `size` bytes; backwards: the last part first.
static void answer_in_fragments(struct stage *stage, const struct path *query_path,
                                const struct dns_exchange *x, size_t size, bool backwards)
{
    struct put *out = &stage->output.message;
    uint8_t bytes[8192];
    struct put datagram = {.bytes = bytes, .room = sizeof bytes};
    struct path path = path_reversed(query_path);
    out->len = 0;
    dns_put_response(out, x);
    struct message message = dns_message_note(x, true, out->len);
    put_udp(&datagram, &path, put_span(out));
    size_t parts = (datagram.len + size - 1) / size;
    for (size_t i = 0; i < parts; i++) {
        size_t part = backwards ? parts - 1 - i : i;
        show_part(stage, &path, put_span(&datagram),
                  (struct fragment){.offset = (uint16_t)(part * size), .id = x->id}, size,
                  &message);
    }
}

void case_fragments(struct stage *stage)
{
    for (unsigned i = 0; i < 8; i++) {
        struct dns_exchange x = stage_question("long.example.com", 100 + i);
        struct path path = stage_path(i, i & 1);
        x.qtype = TYPE_TXT;
        x.text_bytes = 900;
        x.answers = 3;
        stage_query(stage, &path, &x);
        stage->now += 10 * MILLISECOND;
        answer_in_fragments(stage, &path, &x, i & 2 ? 512 : 1232, i & 4);
    }
    // Options before UDP, which are no fragments but move the header as fragments do.
    for (unsigned i = 0; i < 2; i++) {
        struct dns_exchange x = stage_question("options.example.com", 200 + i);
        struct path path = stage_path(50 + i, i);
        struct put *out = &stage->output.message;
        out->len = 0;
        dns_put_query(out, &x);
        struct message message = dns_message_note(&x, false, out->len);
        struct note note = {.time = stage->now,
                            .path = path,
                            .transport = TRANSPORT_UDP,
                            .messages = &message,
                            .n_messages = 1};
        link_begin(&stage->output.frame, &link_kinds[0], &path);
        frame_udp_with_options(&stage->output.frame, &path, i, put_span(out));
        output_frame(&stage->output, 0, &note);
    }
}
