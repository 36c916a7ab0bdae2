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

void output_frame(struct output *output, unsigned interface, struct note *note)
{
    struct span frame = put_span(&output->frame);
    note->time = capture_time(output->file, note->time);
    note->wire = (uint32_t)frame.len;
    note->captured = capture_length(output->file, frame.len);
    frame.len = note->captured;
    capture_packet(output->file, interface, note->time, note->wire, frame);
    if (output->truth)
        truth_packet(output->truth, note);
    output->packets++;
}
