// What an input hands to the handlers: a batch of events, decoded once, shared by everybody who
// looks at it. Everything that an event points to lives until the batch is reset.
//
// An event is a packet, or a whole message of a TCP stream (which follows the packet that completed
// it). Other sources add their kinds here; a handler passes over kinds that it does not know, and
// over events without a packet unless it knows their kind.
#pragma once

#include "base/arena.h"
#include "wire/dns.h"
#include "wire/packet.h"
#include "wire/stream.h"

enum event_kind {
    EVENT_PACKET,
    EVENT_DNS_MESSAGE, // from a TCP stream
    EVENT_BGP_MESSAGE,
    EVENT_MOCK, // of input_type mock: nothing is in it
};

// What the worker that delivers a batch costs, about once a second. For input_resources.
struct resource_sample {
    int64_t time;          // when it was taken, ns
    double cpu_percent;    // of one CPU, by the worker's thread since its sample before
    uint64_t memory_bytes; // resident, of the process; 0: another worker tells (base/process.h)
    uint32_t policies;     // attached to the input
    uint32_t handlers;     // attached to the input, a chain counts as one
};

// Increments, not totals.
struct source_losses {
    uint64_t system;    // dropped by the system: no room in the capture's buffer
    uint64_t interface; // dropped or missed by the interface
    uint64_t streams;   // sides of TCP streams given up: gap, no memory, bad framing
};

enum { BATCH_PACKETS = 256, BATCH_EVENTS = 1024 };

struct event {
    uint8_t kind;                     // enum event_kind
    bool dns_port;                    // UDP packet with a port of section 5.3
    uint32_t body_wire;               // length as sent
    struct span body;                 // UDP or TCP payload, or the message
    const struct packet_view *packet; // for a message: the packet that brought its last byte;
                                      // NULL: of a source without packets
    struct dns_message *dns;          // NULL until event_dns decodes it
};

struct batch {
    uint32_t n_packets;
    uint32_t n_events;
    int64_t newest;              // greatest packet time so far, kept by a reset; at first INT64_MIN
    struct packet_view *packets; // BATCH_PACKETS of them
    struct event *events;        // BATCH_EVENTS; a batch ends early when they run out
    struct dns_message *messages; // BATCH_EVENTS
    char *names;                  // room for the names of all messages
    size_t names_used, names_room;
    uint32_t n_messages;
    struct arena arena;             // assembled stream messages
    struct wire_counters *counters; // of the worker
    // What the source lost since the batch before: set by who fills the batch.
    struct source_losses losses;
    // NULL unless a sample is due: likewise, and borrowed until the batch is reset. A batch without
    // events may bring one.
    const struct resource_sample *resources;
};

bool batch_init(struct batch *batch, struct wire_counters *counters);
void batch_done(struct batch *batch);
void batch_reset(struct batch *batch);

// Ports whose UDP and TCP payload is DNS: 53, 5353, 5355, 53000.
static inline bool dns_port(unsigned port)
{
    return (port == 53) | (port == 5353) | (port == 5355) | (port == 53000);
}

// The event's DNS message, decoded at the first call; header fields only until dns_walk. Counts
// what is malformed. NULL only when no memory for its name is left.
struct dns_message *event_dns(struct batch *batch, struct event *event);

// Which events of a batch a handler is to look at, in order.
struct selection {
    uint16_t index[BATCH_EVENTS];
    uint32_t count;
    bool messages; // made by a handler that passes messages on: each event counts as one record
};
