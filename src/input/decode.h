// From records to a batch of events: every packet is decoded once and gets its direction; behind a
// TCP packet come the messages that it completed. One decoder a worker: its streams live as long as
// the source does.
//
// Messages of one packet that the batch has no room for come with the next batches: up to
// DECODER_WAITING_MAX of them, in up to DECODER_WAITING_BYTES; what is over is dropped and counted
// as stream.memory.
#pragma once

#include "input/batch.h"
#include "input/capture.h"
#include "input/host_spec.h"

enum { DECODER_WAITING_MAX = 64 * 1024, DECODER_WAITING_BYTES = 16 * 1024 * 1024 };

struct decoder_options {
    const struct host_spec *hosts; // borrowed, NULL: no direction is known
    struct stream_limits limits;
    const struct stream_port *ports; // TCP ports that a handler asks for
    size_t n_ports;
};

struct decoder;

// counters are those of the worker and outlive the decoder. NULL: no memory.
struct decoder *decoder_new(const struct decoder_options *options, struct wire_counters *counters);
void decoder_free(struct decoder *decoder); // NULL is accepted

// Fills a batch that has been reset from the records first … end - 1 of a list of indices into the
// chunk (NULL: the chunk's records themselves), first < end. Returns how many of them are done: the
// batch may be full earlier, and 0 means that it holds messages of a packet that has more of them.
// The next call goes on behind those that are done. The batch borrows the chunk's bytes.
uint32_t decoder_fill(struct decoder *decoder, struct batch *batch, const struct chunk *chunk,
                      const uint32_t *list, uint32_t first, uint32_t end);

// The same in two steps, so that several decoders share the first: records first … end - 1 of a
// chunk become views, without a direction.
void decode_records(const struct chunk *chunk, uint32_t first, uint32_t end,
                    struct packet_view *views);

// Fills a batch that has been reset from views[list[0]] … views[list[count - 1]] (at most
// BATCH_PACKETS), which are copied. Returns how many are done, as decoder_fill does.
uint32_t decoder_take(struct decoder *decoder, struct batch *batch, const struct packet_view *views,
                      const uint16_t *list, uint32_t count);

// What changes while a decoder lives. hosts is borrowed. A port that is known already is no second
// one; false: no memory.
void decoder_set_hosts(struct decoder *decoder, const struct host_spec *hosts);
bool decoder_add_port(struct decoder *decoder, struct stream_port port);

// No packet came: closes what has been idle at `now`.
void decoder_expire(struct decoder *decoder, int64_t now);
struct streams_usage decoder_usage(const struct decoder *decoder);
