// TCP streams for protocols that frame messages (DNS: two-byte length, RFC 1035 4.2.2; BGP: marker
// and length, RFC 4271 4.1). Segments go in, whole messages come out, whatever the segment
// boundaries. Of bytes that come twice the first ones count.
//
// A stream begins with a SYN, or is picked up in the middle with the first segment that carries
// data: for DNS that has to be the begin of a message, for BGP the next marker is looked for. A
// side is given up, and the rest of its data ignored, at a gap (too many segments behind a hole,
// bytes that the capture cut off), when buffered bytes are over the limit, and where the framing
// makes no sense. A connection is closed by both FINs or a RST, in their place in the stream; it is
// evicted when the table is full, the one without a packet for the longest time first. Both leave a
// mark for a second of packet time, so that last packets open no new stream; only a SYN does. What
// is idle for too long is closed without a mark.
#pragma once

#include "base/arena.h"
#include "wire/packet.h"

enum stream_protocol { STREAM_NONE, STREAM_DNS, STREAM_BGP };

struct stream_limits {
    uint32_t streams;   // connections tracked (upstream's tcp_packet_reassembly_cache_limit)
    uint32_t fragments; // out-of-order segments held per side before a gap is given up
    size_t bytes;       // buffered in all streams together, in chunks of 512 bytes
    int64_t idle;       // ns without a segment after which a stream is closed
};

// 300,000 streams, 50 fragments, 16 MiB, 30 s.
extern const struct stream_limits stream_default_limits;

enum { STREAM_MARK_NS = 1000000000 }; // how long a mark stands; there are at most 65,536

struct stream_message {
    enum stream_protocol protocol;
    struct span bytes; // DNS without its length, BGP with its header; lives as long as `keep` and
                       // the packet's frame: a message inside one segment is not copied
    const struct packet_view *packet; // the segment that completed it
};

struct streams;

// Must not call back into the streams. One segment may bring very many messages.
typedef void stream_emit_fn(void *context, const struct stream_message *message);

// ports: which protocol is framed on a port (either side); chosen by the handlers. Of several rows
// that fit a packet the first one holds.
struct stream_port {
    uint16_t port;
    enum stream_protocol protocol;
};

// Copies limits and ports; counters (of the STREAM_ events) must outlive the streams.
struct streams *streams_new(const struct stream_limits *limits, const struct stream_port *ports,
                            size_t n_ports, struct wire_counters *counters);
void streams_free(struct streams *streams);

// One more port, from the next packet on. A port that is there already stays as it is. False: no
// memory.
bool streams_add_port(struct streams *streams, struct stream_port port);

// Which protocol a packet's ports ask for; STREAM_NONE for all that is of no interest. Cheap.
enum stream_protocol streams_wants(const struct streams *streams, const struct packet_view *packet);

// Takes one TCP packet that streams_wants; ignores others. Emits the messages it completes, in
// order. Messages that span segments are assembled in `keep` (the batch's arena). now is the
// packet's own time.
void streams_push(struct streams *streams, const struct packet_view *packet, struct arena *keep,
                  stream_emit_fn *emit, void *context);

// Closes what has been idle, by the stream's time (from heartbeats and batch ends). A packet that
// comes later finds its stream closed even where this was not called; it is for what no packet
// comes for any more.
void streams_expire(struct streams *streams, int64_t now);

struct streams_usage {
    uint32_t streams; // tracked
    uint32_t marks;
    size_t bytes; // buffered
};
struct streams_usage streams_usage(const struct streams *streams);
