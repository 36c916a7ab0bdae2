// Entries lie in one array; an open-addressing index of (hash tag, entry) finds them, and a list by
// age runs through them. Deleting shifts the following slots back, so there are no tombstones.
#include "handler/dns/transactions.h"

#include "base/memory.h"

enum { FIRST_ROOM = 256, DISORDER_MAX = 32 };

struct transaction_slot {
    uint32_t tag;   // low half of the hash: its low bits are the slot's home
    uint32_t entry; // TRANSACTION_NONE: empty
};

_Static_assert(sizeof(struct transaction_key) == 40,
               "the key has no padding: it is compared whole");

void transactions_init(struct transactions *t, int64_t ttl)
{
    *t = (struct transactions){.ttl = ttl,
                               .free = TRANSACTION_NONE,
                               .oldest = TRANSACTION_NONE,
                               .newest = TRANSACTION_NONE,
                               .due = TRANSACTION_NONE};
}

void transactions_done(struct transactions *t)
{
    mem_free(t->entries);
    mem_free(t->index);
    transactions_init(t, t->ttl);
}

uint64_t transactions_hash(const struct hash_key *key, const struct transaction_key *k)
{
    const uint8_t *p = (const uint8_t *)k;
    uint64_t a = hash_fold(hash_load64(p) ^ key->a, hash_load64(p + 8) ^ key->b);
    uint64_t b = hash_fold(hash_load64(p + 16) ^ key->b, hash_load64(p + 24) ^ key->c);
    return hash_fold(a ^ hash_load64(p + 32), b ^ key->c);
}

void transactions_prefetch(const struct transactions *t, uint64_t hash)
{
    if (t->index)
        __builtin_prefetch(&t->index[hash & t->mask], 1);
}

static void list_remove(struct transactions *t, uint32_t at)
{
    struct transaction *e = &t->entries[at];
    if (t->due == at)
        t->due = e->newer;
    if (e->older == TRANSACTION_NONE)
        t->oldest = e->newer;
    else
        t->entries[e->older].newer = e->newer;
    if (e->newer == TRANSACTION_NONE)
        t->newest = e->older;
    else
        t->entries[e->newer].older = e->older;
}

// The entry behind which one of this time belongs; never before one that has timed out.
static uint32_t place_by_time(const struct transactions *t, int64_t time)
{
    uint32_t at = t->newest;
    if (t->due == TRANSACTION_NONE)
        return at;
    for (unsigned step = 0; step < DISORDER_MAX; step++) {
        const struct transaction *e = &t->entries[at];
        if (e->time <= time || e->time - time >= t->ttl)
            break;
        if (at == t->due)
            return e->older;
        at = e->older;
    }
    return at;
}

static void list_insert(struct transactions *t, uint32_t at)
{
    struct transaction *e = &t->entries[at];
    e->older = place_by_time(t, e->time);
    e->newer = e->older == TRANSACTION_NONE ? t->oldest : t->entries[e->older].newer;
    if (e->older == TRANSACTION_NONE)
        t->oldest = at;
    else
        t->entries[e->older].newer = at;
    if (e->newer == TRANSACTION_NONE)
        t->newest = at;
    else
        t->entries[e->newer].older = at;
    if (t->due == e->newer)
        t->due = at;
}

static void slot_put(struct transactions *t, uint32_t tag, uint32_t entry)
{
    uint32_t at = tag & t->mask;
    while (t->index[at].entry != TRANSACTION_NONE)
        at = (at + 1) & t->mask;
    t->index[at] = (struct transaction_slot){tag, entry};
    t->entries[entry].slot = at;
}

static void slot_clear(struct transactions *t, uint32_t at)
{
    uint32_t hole = at;
    for (uint32_t next = (at + 1) & t->mask; t->index[next].entry != TRANSACTION_NONE;
         next = (next + 1) & t->mask) {
        if (((next - t->index[next].tag) & t->mask) < ((next - hole) & t->mask))
            continue; // it would end up before its home
        t->index[hole] = t->index[next];
        t->entries[t->index[hole].entry].slot = hole;
        hole = next;
    }
    t->index[hole].entry = TRANSACTION_NONE;
}

static uint32_t find(const struct transactions *t, uint64_t hash, const struct transaction_key *key)
{
    if (!t->index)
        return TRANSACTION_NONE;
    uint32_t tag = (uint32_t)hash;
    for (uint32_t at = tag & t->mask; t->index[at].entry != TRANSACTION_NONE;
         at = (at + 1) & t->mask) {
        uint32_t entry = t->index[at].entry;
        if (t->index[at].tag == tag && memcmp(&t->entries[entry].key, key, sizeof *key) == 0)
            return entry;
    }
    return TRANSACTION_NONE;
}

static void forget(struct transactions *t, uint32_t at)
{
    struct transaction *e = &t->entries[at];
    t->open -= e->state == TRANSACTION_OPEN;
    list_remove(t, at);
    slot_clear(t, e->slot);
    e->newer = t->free;
    t->free = at;
    t->held--;
}

static bool grow(struct transactions *t)
{
    uint32_t room = t->room ? t->room * 2 : FIRST_ROOM;
    uint32_t slots = room * 2;
    struct transaction_slot *index = mem_alloc(slots * sizeof *index);
    struct transaction *entries = mem_realloc(t->entries, room * sizeof *entries);
    if (entries)
        t->entries = entries;
    if (!entries || !index) {
        mem_free(index);
        return false;
    }
    memset(index, 0xff, slots * sizeof *index); // TRANSACTION_NONE everywhere
    struct transaction_slot *old = t->index;
    uint32_t old_slots = old ? t->mask + 1 : 0;
    t->index = index;
    t->mask = slots - 1;
    t->room = room;
    for (uint32_t at = 0; at < old_slots; at++)
        if (old[at].entry != TRANSACTION_NONE)
            slot_put(t, old[at].tag, old[at].entry);
    mem_free(old);
    return true;
}

// A free entry; at the limit, that of the oldest.
static uint32_t take(struct transactions *t)
{
    if (t->free == TRANSACTION_NONE && t->used == t->room && t->room < TRANSACTIONS_MAX)
        grow(t);
    if (t->free == TRANSACTION_NONE && t->used == t->room) {
        if (t->oldest == TRANSACTION_NONE)
            return TRANSACTION_NONE;
        t->evicted += t->entries[t->oldest].state == TRANSACTION_OPEN;
        forget(t, t->oldest);
    }
    if (t->free == TRANSACTION_NONE)
        return t->used++;
    uint32_t at = t->free;
    t->free = t->entries[at].newer;
    return at;
}

struct transaction *transactions_ask(struct transactions *t, uint64_t hash,
                                     const struct transaction_key *key, int64_t time, uint32_t size)
{
    uint32_t at = find(t, hash, key);
    if (at != TRANSACTION_NONE) {
        t->open -= t->entries[at].state == TRANSACTION_OPEN;
        list_remove(t, at);
    } else {
        at = take(t);
        if (at == TRANSACTION_NONE) {
            t->evicted++;
            return NULL;
        }
        t->entries[at].key = *key;
        slot_put(t, (uint32_t)hash, at);
        t->held++;
    }
    struct transaction *e = &t->entries[at];
    e->time = time;
    e->size = size;
    e->state = TRANSACTION_OPEN;
    e->flags = 0;
    e->zone_transfer = 0;
    t->open++;
    list_insert(t, at);
    return e;
}

// The first message of a zone transfer has come: the entry waits for the others.
static void keep_for_transfer(struct transactions *t, uint32_t at, int64_t time)
{
    struct transaction *e = &t->entries[at];
    t->open -= e->state == TRANSACTION_OPEN;
    list_remove(t, at);
    e->state = TRANSACTION_TRANSFER;
    e->time = time;
    list_insert(t, at);
}

// What an answer finds, by the state of its question and the time that has passed.
static enum transaction_outcome outcome_of(const struct transaction *e, int64_t elapsed,
                                           int64_t ttl)
{
    if (elapsed >= 2 * ttl)
        return OUTCOME_ORPHAN;
    switch (e->state) {
    case TRANSACTION_OPEN:
        return elapsed < ttl ? OUTCOME_ANSWERED : OUTCOME_TIMEOUT;
    case TRANSACTION_TRANSFER:
        return elapsed < ttl ? OUTCOME_CONTINUED : OUTCOME_ORPHAN;
    default:
        return OUTCOME_TIMEOUT;
    }
}

void transactions_answer(struct transactions *t, uint64_t hash, const struct transaction_key *key,
                         int64_t time, struct transaction_result *result)
{
    result->outcome = OUTCOME_ORPHAN;
    uint32_t at = find(t, hash, key);
    if (at == TRANSACTION_NONE)
        return;
    const struct transaction *e = &t->entries[at];
    int64_t elapsed = time - e->time;
    result->outcome = outcome_of(e, elapsed, t->ttl);
    if (result->outcome == OUTCOME_ORPHAN)
        return; // the sweep counts and forgets the question
    result->question = *e;
    result->negative = elapsed < 0;
    result->elapsed = elapsed < 0 ? 0 : elapsed;
    result->newly = e->state == TRANSACTION_OPEN;
    bool goes_on = result->outcome == OUTCOME_CONTINUED ||
                   (result->outcome == OUTCOME_ANSWERED && e->zone_transfer && key->l4 == L4_TCP);
    if (goes_on)
        keep_for_transfer(t, at, time);
    else
        forget(t, at);
}

uint64_t transactions_expire(struct transactions *t, int64_t now, transaction_fn *timed_out,
                             void *context)
{
    uint64_t count = 0;
    while (transactions_due(t, now)) {
        struct transaction *e = &t->entries[t->due];
        if (e->state == TRANSACTION_OPEN) {
            e->state = TRANSACTION_TIMED_OUT;
            t->open--;
            count++;
            if (timed_out)
                timed_out(context, e);
        }
        t->due = e->newer;
    }
    while (t->oldest != TRANSACTION_NONE && t->oldest != t->due &&
           transactions_passed(t->entries[t->oldest].time, now, 2 * t->ttl))
        forget(t, t->oldest);
    return count;
}
