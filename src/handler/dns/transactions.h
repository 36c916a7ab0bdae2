// Questions that wait for their answers. The key is the whole 5-tuple and the id, compared in full.
//
// While time runs forward, outcomes depend on packet times alone, never on when the table is swept,
// so that any number of workers gives the same result:
// - An answer before the ttl makes a transaction; the entry is gone.
// - An answer from the ttl on, before twice it, is a timeout, counted once: by it or by the sweep.
// - No answer is a timeout, when the stream's clock passes the ttl.
// - A later answer, a second one, and one without a question is an orphan.
// - A repeated question overwrites; callers sweep first, so that one that was due is a timeout.
// - Over TCP, answers that follow the first of a zone transfer belong to it, within the ttl each.
//
// Time that runs backwards: an answer before its question took 0, and the caller counts it. A
// question is put before those that are newer by less than the ttl, 32 of them at most, so that
// they time out in the order of their times. A question that lies ahead of the clock by the ttl and
// a minute was left there by a clock that jumped back: it times out when its turn comes.
//
// Bounded: TRANSACTIONS_MAX entries; over it the oldest goes (`evicted`, when it was still open).
// Memory: 88 bytes an entry and 8 a slot (two slots an entry), grown by doubling, never shrunk.
#pragma once

#include "base/hash.h"
#include "wire/packet.h"

enum { TRANSACTIONS_MAX = 1 << 18 };
#define TRANSACTIONS_JUMP INT64_C(60000000000) // ns

struct transaction_key {
    struct ip_address client, server; // who asked, who was asked
    uint16_t client_port, server_port;
    uint16_t id;
    uint8_t l4;    // enum l4_kind
    uint8_t table; // which of the caller's tables (direction object); 0 where there is one
};

enum transaction_state {
    TRANSACTION_OPEN,
    TRANSACTION_TIMED_OUT, // counted, kept so that a late answer is no orphan
    TRANSACTION_TRANSFER,  // answered once; more messages of a zone transfer may follow
};

struct transaction {
    struct transaction_key key;
    struct ip_address ecs; // what the caller wants to know of the question again
    int64_t time;          // of the question, ns
    uint32_t size;         // bytes of the question
    uint32_t slot;         // its place in the index
    uint32_t older, newer; // list by age; TRANSACTION_NONE at the ends
    uint8_t state;         // enum transaction_state
    uint8_t flags;         // the caller's
    uint8_t zone_transfer; // the question asks for one
};

enum { TRANSACTION_NONE = UINT32_MAX };

struct transactions {
    int64_t ttl; // ns
    struct transaction *entries;
    struct transaction_slot *index;
    uint32_t room; // entries
    uint32_t used; // entries ever handed out of `room`
    uint32_t free; // list of returned entries, by `newer`
    uint32_t held; // entries in the index
    uint32_t mask; // slots - 1
    uint32_t oldest, newest;
    uint32_t due;     // oldest entry that is not yet timed out
    uint64_t evicted; // open entries that had to go, since last asked
    uint64_t open;    // entries in TRANSACTION_OPEN
};

void transactions_init(struct transactions *t, int64_t ttl);
void transactions_done(struct transactions *t);

uint64_t transactions_hash(const struct hash_key *key, const struct transaction_key *k);
void transactions_prefetch(const struct transactions *t, uint64_t hash);

// Opens (or overwrites) a question. The caller fills ecs, flags and zone_transfer of the result.
// NULL: no memory for growing the table (counted in `evicted`).
struct transaction *transactions_ask(struct transactions *t, uint64_t hash,
                                     const struct transaction_key *key, int64_t time,
                                     uint32_t size);

enum transaction_outcome {
    OUTCOME_ANSWERED,  // question and elapsed are set
    OUTCOME_TIMEOUT,   // question is set; newly: not counted as a timeout before
    OUTCOME_CONTINUED, // a later message of a zone transfer
    OUTCOME_ORPHAN,
};

struct transaction_result {
    enum transaction_outcome outcome;
    struct transaction question; // a copy; the entry itself may be gone
    int64_t elapsed;             // ns, never negative
    bool negative;               // the answer's time was before the question's
    bool newly;                  // OUTCOME_TIMEOUT: count it now
};

void transactions_answer(struct transactions *t, uint64_t hash, const struct transaction_key *key,
                         int64_t time, struct transaction_result *result);

// Whether a time is over by `limit`, or so far ahead of the clock that the clock must have jumped.
static inline bool transactions_passed(int64_t time, int64_t now, int64_t limit)
{
    int64_t age = now - time;
    return age >= limit || age <= -(limit + TRANSACTIONS_JUMP);
}

// Whether transactions_expire at `now` would find a timeout. Cheap: for every message.
static inline bool transactions_due(const struct transactions *t, int64_t now)
{
    return t->due != TRANSACTION_NONE && transactions_passed(t->entries[t->due].time, now, t->ttl);
}

// Moves the clock: open questions whose ttl has passed become timeouts, each handed to `timed_out`
// (may be NULL) once; what is older than twice the ttl is forgotten. Returns the number of
// timeouts.
typedef void transaction_fn(void *context, const struct transaction *question);
uint64_t transactions_expire(struct transactions *t, int64_t now, transaction_fn *timed_out,
                             void *context);
