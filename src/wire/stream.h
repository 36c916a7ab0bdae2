// TCP streams for protocols that frame messages (DNS: two-byte length, RFC 1035 4.2.2; BGP: marker
// and length, RFC 4271 4.1). Segments go in, whole messages come out, whatever the segment
// boundaries. Streams are picked up in the middle; a gap ends that side; a closed or evicted stream
// leaves a mark for a second so that its last packets open no new one.
#pragma once

#include "base/arena.h"
#include "wire/packet.h"

enum stream_protocol { STREAM_NONE, STREAM_DNS, STREAM_BGP };

struct stream_limits {
    uint32_t streams;   // connections tracked (upstream's tcp_packet_reassembly_cache_limit)
    uint32_t fragments; // out-of-order segments held per side before a gap is given up
    size_t bytes;       // buffered in all streams together
    int64_t idle;       // ns without a segment after which a stream is closed
};

// 300,000 streams, 50 fragments, 16 MiB, 30 s.
extern const struct stream_limits stream_default_limits;

struct stream_message {
    enum stream_protocol protocol;
    struct span bytes; // DNS without its length, BGP with its header; lives as long as `keep`
    const struct packet_view *packet; // the segment that brought its last byte
};

struct streams;

typedef void stream_emit_fn(void *context, const struct stream_message *message);

// ports: which protocol is framed on a port (either side); chosen by the handlers.
struct stream_port {
    uint16_t port;
    enum stream_protocol protocol;
};

struct streams *streams_new(const struct stream_limits *limits, const struct stream_port *ports,
                            size_t n_ports, struct wire_counters *counters);
void streams_free(struct streams *streams);

// Which protocol a packet's ports ask for; STREAM_NONE for all that is of no interest. Cheap.
enum stream_protocol streams_wants(const struct streams *streams, const struct packet_view *packet);

// Takes one TCP packet that streams_wants. Emits the messages it completes, in order. Messages that
// span segments are assembled in `keep` (the batch's arena). now is the packet's own time.
void streams_push(struct streams *streams, const struct packet_view *packet, struct arena *keep,
                  stream_emit_fn *emit, void *context);

// Closes what has been idle, by the stream's time (from heartbeats and batch ends).
void streams_expire(struct streams *streams, int64_t now);

struct streams_usage {
    uint32_t streams;
    size_t bytes;
};
struct streams_usage streams_usage(const struct streams *streams);
