// The simplest table that follows the rules: nothing is swept while the capture runs; whether a
// question has timed out is asked when something happens to it, and at the end.
#include "truth_parts.h"

#include "base/hash.h"
#include "must.h"

struct question {
    struct question *next;
    struct question_key key;
    struct question_facts facts;
    bool transferring; // answered; more messages of the zone may come
};

static const struct hash_key hash = {0x452821e638d01377u, 0xbe5466cf34e90c6cu, 0xc0ac29b7c97c50ddu};

static bool same_key(const struct question_key *a, const struct question_key *b)
{
    return a->id == b->id && a->transport == b->transport && a->object == b->object &&
           a->path.src_port == b->path.src_port && a->path.dst_port == b->path.dst_port &&
           span_equal(address_span(&a->path.src), address_span(&b->path.src)) &&
           span_equal(address_span(&a->path.dst), address_span(&b->path.dst));
}

// The pointer to the question, or to the end of its chain.
static struct question **find(struct question_table *table, const struct question_key *key)
{
    uint64_t sum = hash_bytes(&hash, address_span(&key->path.src)) ^
                   hash_u64(&hash, (uint64_t)key->path.src_port << 16 | key->id);
    struct question **at = &table->buckets[sum % QUESTION_BUCKETS];
    while (*at && !same_key(&(*at)->key, key))
        at = &(*at)->next;
    return at;
}

static void forget(struct question **at)
{
    struct question *gone = *at;
    *at = gone->next;
    mem_free(gone);
}

bool questions_ask(struct question_table *table, const struct question_key *key,
                   const struct question_facts *facts)
{
    struct question **at = find(table, key);
    bool timeout = false;
    if (*at)
        timeout = !(*at)->transferring && facts->time - (*at)->facts.time >= TTL_NS;
    else
        *at = must_zalloc(sizeof **at);
    (*at)->key = *key;
    (*at)->facts = *facts;
    (*at)->transferring = false;
    return timeout;
}

struct answer_result questions_answer(struct question_table *table, const struct question_key *key,
                                      int64_t time)
{
    struct question **at = find(table, key);
    if (!*at)
        return (struct answer_result){.outcome = OUTCOME_ORPHAN};
    int64_t elapsed = time - (*at)->facts.time;
    struct answer_result result = {
        .question = (*at)->facts, .negative = elapsed < 0, .elapsed = elapsed < 0 ? 0 : elapsed};
    if ((*at)->transferring) {
        result.outcome = elapsed < TTL_NS ? OUTCOME_CONTINUED : OUTCOME_ORPHAN;
        (*at)->facts.time = time;
        return result;
    }
    result.timeout = elapsed >= TTL_NS;
    if (!result.timeout)
        result.outcome = OUTCOME_VALID;
    else
        result.outcome = elapsed < 2 * TTL_NS ? OUTCOME_TIMEOUT : OUTCOME_ORPHAN;
    if (result.outcome == OUTCOME_VALID && (*at)->facts.transfer &&
        key->transport == TRANSPORT_TCP) {
        (*at)->transferring = true;
        (*at)->facts.time = time;
    } else {
        forget(at);
    }
    return result;
}

void questions_end(const struct question_table *table, int64_t now, uint64_t timeouts[static WAYS])
{
    for (size_t i = 0; i < QUESTION_BUCKETS; i++)
        for (const struct question *q = table->buckets[i]; q; q = q->next)
            timeouts[q->key.object] += !q->transferring && now - q->facts.time >= TTL_NS;
}

void questions_done(struct question_table *table)
{
    for (size_t i = 0; i < QUESTION_BUCKETS; i++)
        while (table->buckets[i])
            forget(&table->buckets[i]);
}
