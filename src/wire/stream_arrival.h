// What one segment does to the side that sent it. Internal to this floor.
#pragma once

#include "wire/stream.h"
#include "wire/stream_side.h"

struct arrival {
    struct side *side;
    struct chunk_pool *chunks;
    struct wire_counters *counters;
    const struct packet_view *packet;
    uint32_t seq; // of the first byte of the body
    uint32_t fragments_max;
    enum stream_protocol protocol;
    struct arena *keep;
    stream_emit_fn *emit;
    void *context;
};

static inline void arrival_count(const struct arrival *arrival, enum wire_event event)
{
    arrival->counters->count[event]++;
}

// Ends the side and counts why.
void arrival_give_up(const struct arrival *arrival, enum wire_event why);

// Takes the body, if there is one, and emits what it completes.
void arrival_take_data(const struct arrival *arrival);
