// Made traffic for the source `mock`: reproducible Ethernet frames that give every handler of a
// packet capture something to count. A newcomer sees a working agent without rights and without a
// network, and a test knows the exact truth.
//
// A host (MOCK_HOST_SPEC) is a resolver for clients of the documentation prefixes (RFC 5737, RFC
// 3849) and asks servers there itself: DNS over UDP and TCP with names below pktvisor-mock.dev of a
// Zipf distribution, answers with a heavy tail of latencies, some with an error and some missing;
// DHCP, BGP, web, time, echo and ARP beside it.
//
// Frames and the distances between them follow from seed, rate and kinds alone, on every machine.
// Nothing is allocated after mock_new. A mock is used by one thread at a time.
#pragma once

#include "base/error.h"
#include "input/capture.h"
#include "wire/packet.h"

// The host's networks, as default host_spec of the source.
#define MOCK_HOST_SPEC "192.0.2.0/24,2001:db8:1::/48"

enum {
    MOCK_RATE_DEFAULT = 1000,
    MOCK_RATE_MAX = 1000 * 1000,
    MOCK_FRAME_MAX = 1514, // bytes
    // The bytes of so many frames are alive: those of the last call and of the calls before it.
    MOCK_FRAMES_ALIVE = 256,
    // Conversations at once (BGP: one session). While there are as many no other begins, and the
    // rate sinks; the counter `held` tells how often.
    MOCK_TALKS_MAX = 16384,
};

enum mock_kind {
    MOCK_DNS = 1,
    MOCK_DHCP = 2,
    MOCK_BGP = 4,
    MOCK_PLAIN = 8, // TCP, UDP, ICMP and ARP that no special handler looks at
    MOCK_ALL = MOCK_DNS | MOCK_DHCP | MOCK_BGP | MOCK_PLAIN,
};

struct mock_options {
    uint64_t seed;
    uint64_t rate;  // packets per second in the long run; 1 to MOCK_RATE_MAX
    unsigned kinds; // enum mock_kind, or-ed; 0: all
};

// What the frames made so far hold.
struct mock_counts {
    uint64_t frames, bytes;
    uint64_t direction[3]; // by enum direction, for MOCK_HOST_SPEC
    uint64_t l3[3];        // by enum l3_kind
    uint64_t l4[3];        // by enum l4_kind; what is not IP is L4_OTHER
    uint64_t syn;          // TCP segments with SYN, with or without ACK
    struct {
        uint64_t queries, replies;          // messages, over UDP or TCP
        uint64_t udp, tcp, ipv4, ipv6;      // of both
        uint64_t rcode[16], nodata;         // of replies
        uint64_t ecs;                       // queries with a client subnet
        uint64_t answered_in, answered_out; // query and reply: the host was asked; the host asked
        uint64_t unanswered;                // queries that will never have one
    } dns;
    uint64_t dhcp4[9];       // by message type of RFC 2132 9.6
    uint64_t dhcp6[14];      // by message type of RFC 8415 7.3
    uint64_t bgp[6];         // by enum bgp_type
    uint64_t broken_streams; // TCP connections to port 53 that do not speak DNS
    uint64_t held;           // frames that came late because no conversation could begin
};

struct mock;

// NULL: no memory, or a rate or kind that is none.
struct mock *mock_new(const struct mock_options *options, struct error *err);
void mock_free(struct mock *mock); // NULL is accepted

// When the next frame is due: ns since the first one, never less than at the call before. A source
// that keeps to it (start + mock_due) gets the latencies that were meant; another may give any
// times.
int64_t mock_due(const struct mock *mock);

// Makes the next frame. `time` becomes the record's time and has no part in its bytes, which are
// borrowed: they live until MOCK_FRAMES_ALIVE - 1 further frames have been made, or mock_free.
void mock_next(struct mock *mock, int64_t time, struct record *out);

const struct mock_counts *mock_counts(const struct mock *mock);
