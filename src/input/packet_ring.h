// One AF_PACKET socket and the ring that it shares with the kernel (packet(7), TPACKET_V3,
// Documentation/networking/packet_mmap.rst): blocks that the kernel fills with packets and hands
// over when they are full or RING_RETIRE_MS old, and that go back when they have been read.
// Internal to live_af_packet.c.
#pragma once

#include "input/live_backend.h"

#include <linux/filter.h>
#include <pthread.h>

enum {
    // Of a block; of small rings less, so that there are RING_BLOCKS. A block is handed over with
    // however little is in it, so at a modest rate a ring lasts for its blocks, not for its bytes:
    // for one to two seconds with the 64 of 16 MiB. Smaller blocks would be half empty with packets
    // of 64 KiB.
    RING_BLOCK_BYTES = 256 * 1024,
    RING_BLOCK_BYTES_MIN = 128 * 1024, // longest packets that are kept whole: a little less
    RING_BLOCKS = 8,
    RING_RETIRE_MS = 20, // a block is handed over at most twice that late
};

struct packet_ring {
    int fd;
    uint8_t *map;
    size_t block_bytes;
    unsigned blocks;
    unsigned current;       // the block that is read, or waited for
    bool held;              // `current` is ours, not yet given back
    uint32_t left;          // packets of it that were not handed out
    const uint8_t *packet;  // the next of them
    struct record *records; // LIVE_CHUNK_RECORDS
    uint16_t link;
    uint32_t snaplen;
    // What the kernel counted; it forgets what it has told.
    pthread_mutex_t mutex;
    uint64_t seen, dropped;
};

// A socket that gets nothing yet, because its filter refuses everything; packet_ring_close is due
// either way.
bool packet_ring_open(struct packet_ring *ring, const struct live *live, struct error *err);
void packet_ring_close(struct packet_ring *ring);

// From now on packets of the interface pass the filter.
bool packet_ring_bind(struct packet_ring *ring, unsigned interface, struct error *err);
// In place of the one that was set, without a gap. False: errno.
bool packet_ring_filter(struct packet_ring *ring, const struct sock_filter *program, size_t n);

// Hands out packets of the block that is read, or of the next one; false: none waits.
bool packet_ring_next(struct packet_ring *ring, struct chunk *chunk);
// What was handed out is no longer looked at.
void packet_ring_release(struct packet_ring *ring);

void packet_ring_statistics(struct packet_ring *ring, struct live_statistics *statistics);
