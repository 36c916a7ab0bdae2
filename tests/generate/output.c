#include "output.h"

#include "must.h"

void output_init(struct output *output, const char *path, const struct capture_format *format,
                 const struct hosts *hosts, bool with_truth)
{
    *output = (struct output){
        .file = capture_create(path, format),
        .truth = with_truth ? truth_new(hosts) : NULL,
        .frame = {.bytes = must_zalloc(FRAME_ROOM), .room = FRAME_ROOM},
        .message = {.bytes = must_zalloc(FRAME_ROOM), .room = FRAME_ROOM},
    };
}

void output_done(struct output *output)
{
    capture_close(output->file);
    if (output->truth)
        truth_free(output->truth);
    mem_free(output->frame.bytes);
    mem_free(output->message.bytes);
}

// What a reader sees of a DNS message whose last `missing` bytes were not captured. Only questions
// and answers without EDNS are ever cut.
static struct message cut_message(const struct message *whole, uint32_t missing)
{
    enum { DNS_HEADER = 12 };
    struct message message = *whole;
    uint32_t there = missing < message.size ? message.size - missing : 0;
    message.dns.has_question = message.dns.has_question && there >= message.dns.question_end;
    message.dns.no_header = there < DNS_HEADER;
    return message;
}

void output_frame(struct output *output, unsigned interface, struct note *note)
{
    struct span frame = put_span(&output->frame);
    note->time = capture_time(output->file, note->time);
    note->wire = (uint32_t)frame.len;
    note->captured = capture_length(output->file, frame.len);
    frame.len = note->captured;
    struct message cut;
    if (note->captured < note->wire && note->n_messages) {
        cut = cut_message(note->messages, note->wire - note->captured);
        note->messages = &cut;
    }
    capture_packet(output->file, interface, note->time, note->wire, frame);
    if (output->truth)
        truth_packet(output->truth, note);
    output->packets++;
}
