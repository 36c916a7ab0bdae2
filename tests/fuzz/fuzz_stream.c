// TCP reassembly: the input is a sequence of segments of a few connections. Each begins with
//
//     0        1      2                4              5       6
//     who      flags  sequence number  bytes lacking  length  body …
//
// who: bits 0 to 1 connection, bit 2 from the server, bit 3 BGP, bits 4 to 7 seconds since the last
// segment. Messages lie inside the packet or the arena, and the limits hold after each segment.
#include "wire/stream.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENT_HEADER = 6, STREAMS_MAX = 5, FRAGMENTS_MAX = 4, BYTES_MAX = 16 * 512 };
enum { DNS_PORT = 53, BGP_PORT = 179, CLIENT_PORT = 40000 };
enum { WHO_SERVER = 4, WHO_BGP = 8, WHO_TIME_SHIFT = 4 };

#define SECOND ((int64_t)1000000000)

struct run {
    const struct packet_view *packet;
    struct arena keep;
    struct wire_counters counters;
    uint8_t sum; // keeps the reads of all bytes
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void emit(void *context, const struct stream_message *message)
{
    struct run *run = context;
    size_t least = message->protocol == STREAM_DNS ? 12 : 19;
    check(message->packet == run->packet);
    check(message->bytes.len >= least && message->bytes.len <= UINT16_MAX);
    for (size_t i = 0; i < message->bytes.len; i++)
        run->sum ^= message->bytes.ptr[i];
}

// Returns how many bytes of the input the segment took; 0: the rest is none.
static size_t next_segment(const uint8_t *data, size_t size, struct packet_view *view)
{
    if (size < SEGMENT_HEADER)
        return 0;
    bool server = data[0] & WHO_SERVER;
    uint32_t left = (uint32_t)size - SEGMENT_HEADER;
    uint32_t captured = data[5] < left ? data[5] : left;
    struct ip_address client = ip_from_v4((const uint8_t[4]){10, 0, 0, data[0] & 3});
    struct ip_address host = ip_from_v4((const uint8_t[4]){10, 0, 0, 99});
    uint16_t port = data[0] & WHO_BGP ? BGP_PORT : DNS_PORT;
    *view = (struct packet_view){
        .time = view->time + (data[0] >> WHO_TIME_SHIFT) * SECOND,
        .frame = data + SEGMENT_HEADER,
        .captured = captured,
        .src = server ? host : client,
        .dst = server ? client : host,
        .src_port = server ? port : CLIENT_PORT,
        .dst_port = server ? CLIENT_PORT : port,
        .l3 = L3_IPV4,
        .l4 = L4_TCP,
        .tcp_flags = data[1],
        // Signed, so that small numbers lie on both sides of the wrap.
        .tcp_seq = (uint32_t)(int32_t)(int16_t)(data[2] << 8 | data[3]),
        .body_captured = captured,
        .body_wire = captured + data[4],
    };
    return SEGMENT_HEADER + captured;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct stream_port ports[] = {{DNS_PORT, STREAM_DNS}, {BGP_PORT, STREAM_BGP}};
    static const struct stream_limits limits = {STREAMS_MAX, FRAGMENTS_MAX, BYTES_MAX, 30 * SECOND};
    struct run run = {0};
    arena_init(&run.keep, 4096, 0);
    struct streams *streams = streams_new(&limits, ports, 2, &run.counters);
    struct packet_view view = {.time = 0};
    for (size_t taken; streams && (taken = next_segment(data, size, &view)) > 0;) {
        run.packet = &view;
        streams_push(streams, &view, &run.keep, emit, &run);
        struct streams_usage usage = streams_usage(streams);
        check(usage.streams <= STREAMS_MAX && usage.bytes <= BYTES_MAX);
        arena_reset(&run.keep);
        data += taken;
        size -= taken;
    }
    if (streams) {
        streams_expire(streams, INT64_MAX);
        check(streams_usage(streams).streams == 0 && streams_usage(streams).bytes == 0);
    }
    streams_free(streams);
    arena_done(&run.keep);
    return 0;
}
