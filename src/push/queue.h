// What waits for a receiver: a folder with a file for each closed minute (push/minute.h), oldest
// first, numbered. A minute gets its name when all of it is on the disk (fsync of file and folder),
// so after kill -9 or a loss of power it is there as a whole or not at all; what was being written
// is removed at the next start and counted. A file goes when its last request was taken; the newest
// one stays, as NUMBER.sent, since the minute after it needs its series.
//
//   lock                      held while the queue is open: two agents cannot share it
//   next.tmp                  being written
//   0000000000000007.minute   waits
//   0000000000000008.sent     the newest, already sent
//
// Bound: max_bytes of files that wait. When a new minute does not fit, the oldest go, and are
// counted; the newest one always stays. One thread writes, one sends; any may ask for the status.
#pragma once

#include "push/minute.h"

struct queue;

struct queue_options {
    const char *folder; // made with its parents, 0700, if it is not there
    uint64_t max_bytes;
    enum push_protocol protocol; // files of another one count as damaged
};

struct queue *queue_open(const struct queue_options *options, struct error *err);
void queue_close(struct queue *queue); // NULL is accepted

// --- for the thread that writes

// The newest minute, sent or not, for its series. False: there is none, or (err has a code) it
// cannot be read.
bool queue_newest(struct queue *queue, struct minute_reader *reader, struct error *err);
// Its end; INT64_MIN when there is none.
int64_t queue_newest_end(struct queue *queue);

// A new minute is begun; `add` to it, then commit or abandon it.
bool queue_begin(struct queue *queue, int64_t end, struct minute_writer *writer, struct error *err);
bool queue_commit(struct queue *queue, struct minute_writer *writer, struct error *err);
void queue_abandon(struct queue *queue, struct minute_writer *writer);

// --- for the thread that sends

// The oldest minute that waits, whole and undamaged; what is damaged goes, and is counted, and so
// does what the disk could not read QUEUE_TRIES times in a row. False: none waits, or (err has a
// code) it cannot be read now.
enum { QUEUE_TRIES = 60 }; // the sender tries once a second
bool queue_oldest(struct queue *queue, struct minute_reader *reader, uint64_t *number,
                  struct error *err);
// Whether it still waits: the bound may have taken it.
bool queue_holds(struct queue *queue, uint64_t number);
void queue_sent(struct queue *queue, uint64_t number);

struct queue_status {
    uint64_t minutes, bytes; // that wait
    uint64_t torn;           // minutes that were being written when the agent ended
    struct queue_loss {
        uint64_t minutes, requests, samples; // what could still be read of them
    } full, damaged;
};
void queue_status(struct queue *queue, struct queue_status *status);
