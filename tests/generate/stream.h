// One direction of a TCP connection: its bytes, the messages in them, and which bytes the capture
// has shown. A message is complete when every byte up to its end has been seen.
#pragma once

#include "note.h"
#include "put.h"

struct stream {
    struct put content;
    uint8_t *seen; // by byte
    struct message *messages;
    uint32_t *ends; // of messages in the content
    uint32_t n_messages, room_messages;
    uint32_t complete; // messages
    uint32_t together; // bytes from the start without a gap
    uint32_t highest;  // end of what was seen, gaps or not
    uint32_t first_seq;
    uint32_t delivered; // how far the peer has got; kept by who plans the packets
};

void stream_done(struct stream *stream);

// Appends a message; with_length: two bytes before it (RFC 1035 4.2.2).
void stream_add(struct stream *stream, struct span bytes, bool with_length,
                const struct message *message);

// The capture shows bytes from .. to. Fills the messages that are complete now, and whether they
// come late or repeated. A stream without content has no messages and cannot tell repetitions.
void stream_show(struct stream *stream, uint32_t from, uint32_t to, struct note *note);
