#include "stream.h"

#include "must.h"

void stream_done(struct stream *stream)
{
    mem_free(stream->content.bytes);
    mem_free(stream->seen);
    mem_free(stream->messages);
    mem_free(stream->ends);
}

static void reserve(struct stream *stream, size_t more)
{
    struct put *content = &stream->content;
    if (content->room - content->len >= more)
        return;
    size_t room = (content->len + more) * 2;
    content->bytes = must_grow(content->bytes, room, 1);
    stream->seen = must_grow(stream->seen, room, 1);
    memset(stream->seen + content->room, 0, room - content->room);
    content->room = room;
}

void stream_add(struct stream *stream, struct span bytes, bool with_length,
                const struct message *message)
{
    reserve(stream, bytes.len + 2);
    if (with_length)
        put_16(&stream->content, (unsigned)bytes.len);
    put_bytes(&stream->content, bytes.ptr, bytes.len);
    if (stream->n_messages == stream->room_messages) {
        stream->room_messages = stream->room_messages * 2 + 4;
        stream->messages =
            must_grow(stream->messages, stream->room_messages, sizeof *stream->messages);
        stream->ends = must_grow(stream->ends, stream->room_messages, sizeof *stream->ends);
    }
    stream->messages[stream->n_messages] = *message;
    stream->ends[stream->n_messages++] = (uint32_t)stream->content.len;
}

void stream_show(struct stream *stream, uint32_t from, uint32_t to, struct note *note)
{
    note->late = from < to && from < stream->highest;
    if (to > stream->highest)
        stream->highest = to;
    if (!stream->content.len)
        return;
    note->repeated = from < to;
    for (uint32_t at = from; at < to; at++) {
        note->repeated = note->repeated && stream->seen[at];
        stream->seen[at] = 1;
    }
    while (stream->together < stream->content.len && stream->seen[stream->together])
        stream->together++;
    note->messages = stream->messages + stream->complete;
    note->n_messages = 0;
    while (stream->complete < stream->n_messages &&
           stream->ends[stream->complete] <= stream->together) {
        stream->complete++;
        note->n_messages++;
    }
}
