// The thread that sends the minutes of a queue to a receiver, oldest first, one request at a time:
// the next one goes when the receiver has taken this one or will never take it.
//
//   2xx                               taken
//   5xx, 429, no answer, time is up   sent again, the same bytes, after a wait (push/backoff.h)
//   anything else                     the receiver will not take it: dropped, counted, told with
//                                     the answer's text
//
// A minute that is partly sent when the agent ends is sent as a whole at the next start.
#pragma once

#include "base/log.h"
#include "push/queue.h"
#include "push/target.h"

enum sender_retry { RETRY_NETWORK, RETRY_SERVER, RETRY_THROTTLED, SENDER_RETRIES };

struct sender_counters {
    uint64_t requests, samples, bytes;          // taken
    uint64_t refused_requests, refused_samples; // dropped
    uint64_t rejected_points;                   // of requests that were taken (OTLP)
    uint64_t retries[SENDER_RETRIES];
    int64_t last_success; // ns since the epoch; 0: none yet
    bool waiting;         // for the next try
};

typedef void push_say(void *context, enum log_level level, const char *text);

struct sender;

struct sender_options { // borrowed
    const struct push_target *target;
    struct queue *queue;
    unsigned period_seconds; // a shorter interval than this means: as minutes come
    push_say *say;
    void *context;
};

// Nothing is sent before sender_start.
struct sender *sender_new(const struct sender_options *options, struct error *err);
bool sender_start(struct sender *sender, struct error *err);
void sender_wake(struct sender *sender); // the queue has a new minute
void sender_stop(struct sender *sender); // ends the thread, at once
void sender_free(struct sender *sender); // stopped; NULL is accepted

void sender_read(struct sender *sender, struct sender_counters *counters);
