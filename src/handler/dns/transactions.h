// Questions that wait for their answers. The key is the whole 5-tuple and the id, compared in full.
//
// Outcomes depend on packet times alone, never on when the table is swept, so that any number of
// workers gives the same result:
//   answer before the ttl                    a transaction; the entry is gone, a second answer is
//   an orphan answer from the ttl on, before twice it  one timeout (counted once, by the sweep or
//   by the answer) answer later, or without a question      an orphan no answer one timeout, when
//   the stream's clock passes the ttl
// A repeated question overwrites. Time that runs backwards counts as 0 and is counted by the
// caller.
//
// Bounded: TRANSACTIONS_MAX entries; over it the oldest goes (`evicted`, when it was still open).
// Memory: 96 bytes an entry and 8 a slot, grown by doubling, never shrunk.
#pragma once

#include "base/hash.h"
#include "wire/packet.h"

enum { TRANSACTIONS_MAX = 1 << 18 };

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
    OUTCOME_ANSWERED,  // *found is the question, *elapsed the time in ns (0 when negative)
    OUTCOME_TIMEOUT,   // *found is the question; *newly: not counted as a timeout before
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

// Whether transactions_expire at `now` would find a timeout. Cheap: for every message.
static inline bool transactions_due(const struct transactions *t, int64_t now)
{
    return t->due != TRANSACTION_NONE && now - t->entries[t->due].time >= t->ttl;
}

// Moves the clock: open questions whose ttl has passed become timeouts, each handed to `timed_out`
// (may be NULL) once; what is older than twice the ttl is forgotten. Returns the number of
// timeouts.
typedef void transaction_fn(void *context, const struct transaction *question);
uint64_t transactions_expire(struct transactions *t, int64_t now, transaction_fn *timed_out,
                             void *context);
