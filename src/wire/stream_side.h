// One direction of a TCP connection: which bytes have come, which of them wait.
//
//          start          next
//     ------|==============|        |=====|   |===|      sequence numbers, modulo 2^32
//     done    in order,      hole    early segments
//             message not
//             complete
//
// What waits lies in `held`, sorted, without overlaps: first what is in order, up to `last`, then
// the early segments. Internal to this floor.
#pragma once

#include "base/arena.h"
#include "wire/stream_chunk.h"

enum side_state {
    SIDE_UNKNOWN, // no sequence number seen
    SIDE_OPEN,
    SIDE_ENDED, // given up, or at its end: data is ignored
};

struct side {
    struct chunk *held;
    struct chunk *last; // the last chunk that is in order; NULL: none is
    uint32_t first;     // first byte of the stream, as far as it was seen
    uint32_t start, next;
    uint32_t need;        // bytes from start on without which no message is complete
    uint32_t end_at;      // sequence number of FIN or RST, where end_known
    uint32_t early_count; // early segments held
    uint8_t state;
    bool synchronised; // start is known to be the begin of a message
    bool end_known;
    bool end_resets; // it was a RST: both sides end there
};

static inline int32_t sequence_distance(uint32_t from, uint32_t to)
{
    return (int32_t)(to - from);
}

// First byte expected. need becomes 0: whatever comes is looked at.
void side_open(struct side *side, uint32_t first, bool synchronised);

// Keeps those of the bytes that are not there yet; seq is at or behind next. Tells whether some
// were there. False: no chunk was left; the side is to be given up.
bool side_hold(struct side *side, struct chunk_pool *pool, uint32_t seq, struct span bytes,
               bool *overlap);

// Moves next over what is in order.
void side_join(struct side *side);

// [start, next) in one piece, in memory of the arena; NULL pointer: it has none.
struct span side_gather(const struct side *side, struct arena *arena);

// Forgets the first n bytes behind start.
void side_consume(struct side *side, struct chunk_pool *pool, uint32_t n);

// Gives everything back and ignores what comes. Tells whether bytes were still waiting.
bool side_end(struct side *side, struct chunk_pool *pool);
