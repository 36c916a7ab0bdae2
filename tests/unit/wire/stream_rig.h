// What the tests of TCP streams share: one table of streams, segments of one or many connections
// pushed into it, and the messages that come out, kept as text of one character per message.
//
// A DNS message of these tests is 12 bytes of header and a filling of one letter, by which it is
// known: dns("a", 20) is what stands on the wire, 2 + 12 + 20 bytes.
#pragma once

#include "base/memory.h"
#include "wire/stream.h"

enum { CLIENT_PORT = 40000, DNS_PORT = 53, BGP_PORT = 179 };
enum { RIG_ROOM = 1 << 20, DNS_HEADER = 12, DNS_PREFIX = 2, MILLISECOND = 1000000 };

struct rig {
    struct streams *streams;
    struct arena keep;
    struct wire_counters counters;
    int64_t now;
    uint16_t port;        // of the server
    uint32_t client;      // which one speaks: its address
    uint8_t cut;          // bytes of the next body that the capture lacks
    char out[RIG_ROOM];   // a letter per message
    size_t lengths;       // of all messages together
    size_t emitted;       // messages
    const uint8_t *where; // of the last message
};

static const struct stream_port rig_ports[] = {{DNS_PORT, STREAM_DNS}, {BGP_PORT, STREAM_BGP}};

static inline void rig_emit(void *context, const struct stream_message *message)
{
    struct rig *rig = context;
    if (rig->emitted + 1 >= RIG_ROOM)
        abort();
    bool dns = message->protocol == STREAM_DNS;
    // DNS: the last letter, or - for a header alone; BGP: the type as a digit.
    char letter = !dns ? (char)('0' + message->bytes.ptr[18])
                  : message->bytes.len > DNS_HEADER
                      ? (char)message->bytes.ptr[message->bytes.len - 1]
                      : '-';
    rig->out[rig->emitted++] = letter;
    rig->out[rig->emitted] = '\0';
    rig->lengths += message->bytes.len;
    rig->where = message->bytes.ptr;
}

static inline void rig_start(struct rig *rig, const struct stream_limits *limits)
{
    memset(rig, 0, sizeof *rig);
    rig->now = 1000 * (int64_t)1000 * MILLISECOND;
    rig->port = DNS_PORT;
    rig->client = 1;
    arena_init(&rig->keep, 4096, 0);
    rig->streams = streams_new(limits ? limits : &stream_default_limits, rig_ports,
                               sizeof rig_ports / sizeof *rig_ports, &rig->counters);
    assert_non_null(rig->streams);
}

static inline void rig_stop(struct rig *rig)
{
    streams_free(rig->streams);
    arena_done(&rig->keep);
}

// A segment from the client to the server, or back.
static inline struct packet_view rig_view(const struct rig *rig, bool from_client, uint32_t seq,
                                          unsigned flags, const void *body, size_t len)
{
    uint8_t client[4] = {10, (uint8_t)(rig->client >> 16), (uint8_t)(rig->client >> 8),
                         (uint8_t)rig->client};
    uint8_t server[4] = {10, 255, 255, 255};
    return (struct packet_view){
        .time = rig->now,
        .frame = body,
        .captured = (uint32_t)len - rig->cut,
        .wire = (uint32_t)len,
        .src = ip_from_v4(from_client ? client : server),
        .dst = ip_from_v4(from_client ? server : client),
        .src_port = from_client ? CLIENT_PORT : rig->port,
        .dst_port = from_client ? rig->port : CLIENT_PORT,
        .link = LINK_RAW,
        .l3 = L3_IPV4,
        .l4 = L4_TCP,
        .protocol = 6,
        .tcp_flags = (uint8_t)flags,
        .tcp_seq = seq,
        .body_captured = (uint32_t)len - rig->cut,
        .body_wire = (uint32_t)len,
    };
}

static inline void rig_push(struct rig *rig, bool from_client, uint32_t seq, unsigned flags,
                            const void *body, size_t len)
{
    // A heap block of the body's own size, so that the sanitizer sees a byte read too far.
    uint8_t *copy = malloc(len - rig->cut + 1);
    assert_non_null(copy);
    if (len > rig->cut)
        memcpy(copy, body, len - rig->cut);
    struct packet_view view = rig_view(rig, from_client, seq, flags, copy, len);
    arena_reset(&rig->keep);
    streams_push(rig->streams, &view, &rig->keep, rig_emit, rig);
    free(copy);
}

static inline void client_sends(struct rig *rig, uint32_t seq, const void *body, size_t len)
{
    rig_push(rig, true, seq, TCP_ACK, body, len);
}

static inline void server_sends(struct rig *rig, uint32_t seq, const void *body, size_t len)
{
    rig_push(rig, false, seq, TCP_ACK, body, len);
}

static inline void client_flags(struct rig *rig, uint32_t seq, unsigned flags)
{
    rig_push(rig, true, seq, flags, "", 0);
}

static inline void server_flags(struct rig *rig, uint32_t seq, unsigned flags)
{
    rig_push(rig, false, seq, flags, "", 0);
}

// Both SYNs: the client's first byte is 1001, the server's 5001.
static inline void shake_hands(struct rig *rig)
{
    client_flags(rig, 1000, TCP_SYN);
    server_flags(rig, 5000, TCP_SYN | TCP_ACK);
    client_flags(rig, 1001, TCP_ACK);
}

// Writes a framed DNS message with `filling` letters; returns its length on the wire.
static inline size_t dns(uint8_t *out, char letter, size_t filling)
{
    size_t length = DNS_HEADER + filling;
    memset(out, 0, DNS_PREFIX + DNS_HEADER);
    out[0] = (uint8_t)(length >> 8);
    out[1] = (uint8_t)length;
    out[DNS_PREFIX + 5] = 1; // one question
    memset(out + DNS_PREFIX + DNS_HEADER, letter, filling);
    return DNS_PREFIX + length;
}

// A BGP message of a type, `length` bytes in all.
static inline size_t bgp(uint8_t *out, uint8_t type, size_t length)
{
    memset(out, 0, length);
    memset(out, 0xff, 16);
    out[16] = (uint8_t)(length >> 8);
    out[17] = (uint8_t)length;
    out[18] = type;
    return length;
}

#define assert_out(rig, text)       assert_string_equal((rig)->out, text)
#define assert_count(rig, event, n) assert_int_equal((rig)->counters.count[WIRE_STREAM_##event], n)
