#include "wire/stream_arrival.h"

#include "wire/stream_frame.h"

// No window is larger (RFC 7323, 2.2): a segment farther ahead is of another connection.
enum { WINDOW_MAX = 1 << 30 };

void arrival_give_up(const struct arrival *arrival, enum wire_event why)
{
    arrival_count(arrival, why);
    side_end(arrival->side, arrival->chunks);
}

// Emits the messages that `bytes` begin with. Returns how many bytes are done with; says in
// side->need what the rest waits for.
static uint32_t take_messages(const struct arrival *arrival, struct span bytes)
{
    struct side *side = arrival->side;
    uint32_t at = 0;
    side->need = 0;
    while (at < bytes.len) {
        struct frame frame;
        switch (frame_next(arrival->protocol, span_of(bytes.ptr + at, bytes.len - at),
                           &side->synchronised, &frame)) {
        case FRAME_WHOLE:
            arrival->emit(arrival->context, &(struct stream_message){
                                                arrival->protocol, frame.message, arrival->packet});
            at += frame.size;
            break;
        case FRAME_SKIP:
            at += frame.size;
            break;
        case FRAME_PARTIAL:
            side->need = frame.size;
            return at;
        case FRAME_BROKEN:
            arrival_give_up(arrival, WIRE_STREAM_FRAMING);
            return at;
        }
    }
    return at;
}

static void hold(const struct arrival *arrival, uint32_t seq, struct span bytes)
{
    struct side *side = arrival->side;
    bool overlap = false;
    bool held = side_hold(side, arrival->chunks, seq, bytes, &overlap);
    if (overlap)
        arrival_count(arrival, WIRE_STREAM_OVERLAP);
    if (!held)
        arrival_give_up(arrival, WIRE_STREAM_MEMORY);
    else
        side_join(side);
}

// Nothing waits and these are the next bytes: messages are read in place.
static void deliver_in_place(const struct arrival *arrival, struct span bytes)
{
    struct side *side = arrival->side;
    uint32_t used = take_messages(arrival, bytes);
    if (side->state != SIDE_OPEN)
        return;
    side->start = side->next += used;
    if (used < bytes.len)
        hold(arrival, side->next, span_of(bytes.ptr + used, bytes.len - used));
}

static void deliver_held(const struct arrival *arrival)
{
    struct side *side = arrival->side;
    uint32_t waiting = side->next - side->start;
    if (waiting == 0 || waiting < side->need)
        return;
    struct span bytes = side_gather(side, arrival->keep);
    if (!bytes.ptr) {
        arrival_give_up(arrival, WIRE_STREAM_MEMORY);
        return;
    }
    uint32_t used = take_messages(arrival, bytes);
    if (side->state == SIDE_OPEN)
        side_consume(side, arrival->chunks, used);
}

static void deliver(const struct arrival *arrival, uint32_t seq, struct span bytes, bool cut)
{
    struct side *side = arrival->side;
    bool in_order = seq == side->next;
    if (in_order && !side->held) {
        deliver_in_place(arrival, bytes);
    } else {
        hold(arrival, seq, bytes);
        if (side->state == SIDE_OPEN)
            deliver_held(arrival);
    }
    if (side->state != SIDE_OPEN)
        return;
    bool lacks = cut && in_order && side->next == seq + (uint32_t)bytes.len;
    if (lacks || side->early_count > arrival->fragments_max)
        arrival_give_up(arrival, WIRE_STREAM_GAP);
}

void arrival_take_data(const struct arrival *arrival)
{
    struct side *side = arrival->side;
    struct span bytes = packet_body(arrival->packet);
    uint32_t sent = arrival->packet->body_wire, seq = arrival->seq;
    if (sent == 0)
        return;
    if (side->state == SIDE_UNKNOWN)
        side_open(side, seq, false);
    if (side->state != SIDE_OPEN)
        return;
    int32_t ahead = sequence_distance(side->next, seq);
    if (ahead > WINDOW_MAX) {
        arrival_give_up(arrival, WIRE_STREAM_GAP);
        return;
    }
    if (ahead < 0) {
        uint32_t behind = side->next - seq;
        if (sent == 1 && behind == 1)
            return; // a keep-alive probe (RFC 9293, 3.8.4)
        arrival_count(arrival, WIRE_STREAM_OVERLAP);
        if (behind >= sent)
            return;
        size_t known = behind < bytes.len ? behind : bytes.len;
        bytes = span_of(bytes.ptr + known, bytes.len - known);
        sent -= behind;
        seq = side->next;
    }
    deliver(arrival, seq, bytes, bytes.len < sent);
}
