// TCP as the capture shows it: segments that got lost before it are not there, those that got lost
// behind it are there twice, and some overtake each other.
#include "conversation.h"

enum {
    ATTEMPTS = 4,               // the last one always arrives
    PIECES_MAX = 5,             // of a message whose segments are cut anywhere
    SEGMENT_GAP = 12000,        // ns between segments of a burst
    DELAY_MAX = 3000000,        // of a segment that is overtaken
    RETRANSMISSION = 250000000, // first time-out, doubled each time
    OVERLAP_MAX = 20,           // bytes that are sent again with what follows them
};

void tcp_plan(struct traffic *traffic, struct conversation *c, unsigned side, unsigned bits,
              uint32_t from, uint32_t to, int64_t time)
{
    plan_packet(traffic, c,
                (struct plan){.time = time,
                              .kind = PLAN_SEGMENT,
                              .side = (uint8_t)side,
                              .bits = (uint8_t)bits,
                              .from = from,
                              .to = to,
                              .ack = c->sides[!side].delivered});
}

// Sends a segment until it arrives; returns when that is.
static int64_t transmit(struct traffic *traffic, struct conversation *c, unsigned side,
                        unsigned bits, uint32_t from, uint32_t to, int64_t time)
{
    const struct settings *s = traffic->settings;
    struct random_stream *random = &traffic->random;
    int64_t wait = RETRANSMISSION;
    for (unsigned attempt = 1;; attempt++) {
        bool lost = attempt < ATTEMPTS && random_chance(random, s->loss);
        int64_t seen = time;
        if (from < to && random_chance(random, s->reorder))
            seen += (int64_t)random_below(random, DELAY_MAX);
        if (!lost || random_chance(random, 0.5))
            tcp_plan(traffic, c, side, bits, from, to, seen);
        if (!lost)
            return seen + c->round_trip / 2;
        time += wait;
        wait *= 2;
        if (from < to && from > 0 && random_chance(random, 0.25)) {
            uint32_t again = 1 + (uint32_t)random_below(random, OVERLAP_MAX);
            from -= again < from ? again : from;
        }
    }
}

int64_t tcp_open(struct traffic *traffic, struct conversation *c, int64_t time)
{
    time = transmit(traffic, c, 0, BIT_SYN, 0, 0, time);
    time = transmit(traffic, c, 1, BIT_SYN | BIT_ACK, 0, 0, time);
    tcp_plan(traffic, c, 0, BIT_ACK, 0, 0, time);
    return time + SEGMENT_GAP;
}

// Where the next segment ends: at the greatest size, behind the two bytes of a message's length, or
// anywhere, as the conversation's habit is.
static uint32_t segment_end(struct traffic *traffic, const struct conversation *c, uint32_t from,
                            uint32_t start, uint32_t to)
{
    enum { WHOLE, LENGTH_FIRST, ANYWHERE, HABITS };
    unsigned habit = c->n_exchanges ? (unsigned)(c->seed % HABITS) : WHOLE;
    uint32_t end = to;
    if (habit == LENGTH_FIRST && from == start && to - from > 2)
        end = from + 2;
    else if (habit == ANYWHERE && to - from > PIECES_MAX)
        end = from + 1 + (uint32_t)random_below(&traffic->random, to - from);
    return end - from > TCP_MSS ? from + TCP_MSS : end;
}

int64_t tcp_send(struct traffic *traffic, struct conversation *c, unsigned side, uint32_t to,
                 int64_t time)
{
    struct stream *stream = &c->sides[side];
    uint32_t start = stream->delivered, from = start, unacknowledged = 0;
    int64_t arrived = time;
    while (from < to) {
        uint32_t end = segment_end(traffic, c, from, start, to);
        unsigned bits = BIT_ACK | (end == to ? BIT_PSH : 0);
        int64_t at = transmit(traffic, c, side, bits, from, end, time);
        arrived = at > arrived ? at : arrived;
        from = end;
        time += SEGMENT_GAP;
        if (++unacknowledged == 2 && from < to && arrived == at) {
            stream->delivered = from;
            tcp_plan(traffic, c, !side, BIT_ACK, c->sides[!side].delivered,
                     c->sides[!side].delivered, at);
            unacknowledged = 0;
        }
    }
    stream->delivered = to;
    tcp_plan(traffic, c, !side, BIT_ACK, c->sides[!side].delivered, c->sides[!side].delivered,
             arrived);
    return arrived + SEGMENT_GAP;
}

void tcp_close(struct traffic *traffic, struct conversation *c, unsigned side, int64_t time)
{
    uint32_t own = c->sides[side].delivered, peer = c->sides[!side].delivered;
    time = transmit(traffic, c, side, BIT_FIN | BIT_ACK, own, own, time);
    c->sides[side].delivered++;
    time = transmit(traffic, c, !side, BIT_FIN | BIT_ACK, peer, peer, time);
    c->sides[!side].delivered++;
    tcp_plan(traffic, c, side, BIT_ACK, own + 1, own + 1, time);
}
