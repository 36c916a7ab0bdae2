// Live traffic of one interface in blocks of records, for N workers that share it. What belongs
// together (packet_spread, wire/packet.h) comes to one worker: af_packet spreads packets over all
// of them, the others give everything to worker 0.
//
// live_next and live_release are for that worker's thread alone; all else may be called from any
// thread, and live_close when no other call is under way.
#pragma once

#include "base/error.h"
#include "input/capture.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mock_options; // input/mock.h

enum live_backend {
    LIVE_AF_PACKET, // Linux: a ring shared with the kernel for each worker; needs CAP_NET_RAW
    LIVE_LIBPCAP,   // other systems, odd interfaces
    LIVE_MOCK,      // traffic made up at a configured rate; needs no rights and no interface
};
enum { LIVE_BACKENDS = 3 };
// af_packet, libpcap, mock
extern const char *const live_backend_names[LIVE_BACKENDS];

enum {
    LIVE_SNAPLEN_MAX = 262144, // what a snaplen of 0 means
    LIVE_WORKERS_MAX = 64,
    LIVE_RING_BYTES = 16 * 1024 * 1024, // what ring_bytes 0 means
    LIVE_RING_BYTES_MIN = 512 * 1024,   // less is rounded up to it
    LIVE_DRAIN_MS = 100, // a packet has come out of the kernel after it (a quiet link's after 40)
    LIVE_CHUNK_RECORDS = 1024, // most records of a chunk
};

struct live_options {
    const char *interface; // name; mock: may be NULL
    enum live_backend backend;
    uint32_t snaplen;                // bytes kept of a packet; 0: whole packets
    size_t ring_bytes;               // of each worker
    unsigned workers;                // 0 counts as 1
    const struct mock_options *mock; // mock alone; copied
};

struct live;

// Errors are upstream's texts; ERROR_NOT_FOUND: no such interface, ERROR_UNSUPPORTED: the right to
// capture is missing (the text says which). An interface that is down opens, and live_next says so.
struct live *live_open(const struct live_options *options, struct error *err);
void live_close(struct live *live); // NULL is accepted

// The next records of a worker. Waits at most wait_ms (negative: for ever), or until live_wake.
//  1: records in *chunk, whose memory is the capture's, borrowed until live_release. Nothing of it
//     is initialised or freed by the caller. `lost` is 0: live_statistics knows.
//  0: nothing came, and nothing waits in the ring
// -1: the interface is down, gone, or failed, as err says; what the ring still held was handed out
//     before. The caller closes, and opens again when the interface is back.
int live_next(struct live *live, unsigned worker, int wait_ms, struct chunk *chunk,
              struct error *err);
void live_release(struct live *live, unsigned worker);

// No more packets come. What waits in the rings is still handed out: a worker has had all of it
// when live_next, given LIVE_DRAIN_MS or more to wait, says 0. Then the statistics are final.
void live_stop(struct live *live);

// Makes the worker's live_next return soon, the one that waits now or the next one.
void live_wake(struct live *live, unsigned worker);

// Asks for packets that match one of the expressions; n == 0 or an empty expression: all. A kernel
// that filters gets their union, without a gap: what matches the old and the new ones is not lost.
// It only saves work: packets that match none may still come (those on their way, and all of them
// when the expressions are too large for the kernel), so each view matches its own
// (input/filter.h). On an error (an expression that does not compile) everything stays as it was.
bool live_set_filter(struct live *live, const char *const *expressions, size_t n,
                     struct error *err);

// Since live_open, and exact.
struct live_statistics {
    uint64_t seen;    // packets that passed the filter, the dropped ones included
    uint64_t dropped; // of them: those for which this worker's ring had no room
    // Dropped or missed by the interface itself, of all its packets; stands at worker 0 alone.
    // Linux counts there too what was captured and then wanted by nobody (a tag in a tag, for
    // instance).
    uint64_t if_dropped;
};
void live_statistics(struct live *live, unsigned worker, struct live_statistics *statistics);

// Whether an expression would compile there for packets of Ethernet, and the error that
// live_set_filter would give.
bool live_check_filter(enum live_backend backend, const char *expression, struct error *err);

uint16_t live_link(const struct live *live); // LINKTYPE_ number of all records
