// What is still to happen, in order of time: a binary heap of planned packets. Packets planned for
// the same time come out in the order in which they were planned.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conversation;

enum plan_kind {
    PLAN_DNS,
    PLAN_SEGMENT,
    PLAN_DATAGRAM,
    PLAN_ECHO,
    PLAN_ARP,
    PLAN_DHCP,
    PLAN_KINDS
};

struct plan {
    int64_t written; // when it comes in the file
    int64_t time;    // the time that it bears
    uint64_t order;  // set by schedule_add
    struct conversation *conversation;
    uint32_t from, to, ack; // a segment: its bytes of the stream, and what it acknowledges
    uint8_t kind;           // enum plan_kind
    uint8_t side;           // 0: from the one who began
    uint8_t bits;           // enum tcp_bit
    uint8_t number;         // which message, for the other kinds
};

struct schedule {
    struct plan *heap;
    size_t count, room;
    uint64_t added;
};

void schedule_done(struct schedule *schedule);
void schedule_add(struct schedule *schedule, const struct plan *plan);
bool schedule_take(struct schedule *schedule, struct plan *plan); // false: it is empty

static inline int64_t schedule_next(const struct schedule *schedule)
{
    return schedule->count ? schedule->heap[0].written : INT64_MAX;
}
