// Closed minutes to receivers. A thread (the collector) waits for the end of each period, lets the
// source write it for every receiver, adds what has ended, and puts it into the receiver's queue;
// a thread a receiver sends (push/sender.h). Nobody who sees packets waits for any of them.
//
// A minute is written when all that is running has closed it, or half a period later; it has the
// time of its end. What the source cannot give then is missing there and, as all that has ended, is
// marked stale.
//
// The series pktvisor_completeness{reason="not_running"} has the seconds of a minute that the agent
// did not see because it did not run: 0 while all is well. After a start it is told for the minutes
// since the last one in the queue, up to an hour back.
#pragma once

#include "push/sender.h"

struct metric_sink;

// What is to be written of a period.
struct push_wish {
    int64_t period; // its number since the epoch
    unsigned names; // enum push_names
    const struct metric_sink *sink;
    // Before the series of each policy (NULL: of the agent itself). NULL: families may go over all
    // of them.
    void (*policy)(void *context, const char *name);
    void *context;
};

struct push_source {
    bool (*is_past)(void *context, int64_t period);             // all that runs has closed it
    bool (*write)(void *context, const struct push_wish *wish); // false: no memory
    void *context;
};

struct push_options {
    const struct push_targets *targets; // borrowed
    unsigned period_seconds;
    struct push_source source;
    push_say *say;
    void *context; // of say
};

struct push;

// Opens the queues. No thread runs before push_start.
struct push *push_new(const struct push_options *options, struct error *err);
bool push_start(struct push *push, struct error *err);
void push_wake(struct push *push); // something has closed a period
void push_stop(struct push *push); // ends all threads; the queues stay
void push_free(struct push *push); // stopped; NULL is accepted

// Minutes that did not come into the queue, or not whole, by reason.
enum push_miss {
    PUSH_MISS_LATE,    // the collector came too late: the next one was over
    PUSH_MISS_DISK,    // the queue could not be written
    PUSH_MISS_MEMORY,  // no memory
    PUSH_MISS_CLOCK,   // the queue has this minute, or a later one
    PUSH_MISS_UNREADY, // written before all that is running had closed it
    PUSH_MISSES
};
const char *push_miss_name(enum push_miss miss);

struct push_status {
    const struct push_target *target;
    struct sender_counters sent;
    struct queue_status queue;
    uint64_t minutes, missed[PUSH_MISSES];
    uint64_t markers, duplicates; // staleness markers; series left out because they came twice
    uint64_t series;              // of the newest minute
};
size_t push_count(const struct push *push);
void push_status(struct push *push, size_t index, struct push_status *status);
