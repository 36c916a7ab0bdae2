// Questions by number, a ttl of 1,000 ns, and what an answer finds: for the tests of transactions.
#pragma once

#include "handler/dns/transactions.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TTL = 1000 }; // ns

static inline struct transaction_key key_of(uint32_t number)
{
    uint8_t client[4] = {10}, server[4] = {192, 0, 2, 53};
    memcpy(client + 1, &number, 3);
    return (struct transaction_key){.client = ip_from_v4(client),
                                    .server = ip_from_v4(server),
                                    .client_port = 4000,
                                    .server_port = 53,
                                    .id = (uint16_t)(number >> 24),
                                    .l4 = L4_UDP};
}

static inline struct transaction *ask_key(struct transactions *t, const struct transaction_key *key,
                                          int64_t time)
{
    return transactions_ask(t, transactions_hash(hash_process_key(), key), key, time, 40);
}

static inline struct transaction *ask(struct transactions *t, uint32_t number, int64_t time)
{
    struct transaction_key key = key_of(number);
    return ask_key(t, &key, time);
}

static inline struct transaction_result answer_key(struct transactions *t,
                                                   const struct transaction_key *key, int64_t time)
{
    struct transaction_result result = {0};
    transactions_answer(t, transactions_hash(hash_process_key(), key), key, time, &result);
    return result;
}

static inline struct transaction_result answer(struct transactions *t, uint32_t number,
                                               int64_t time)
{
    struct transaction_key key = key_of(number);
    return answer_key(t, &key, time);
}

static inline enum transaction_outcome outcome(struct transactions *t, uint32_t number,
                                               int64_t time)
{
    return answer(t, number, time).outcome;
}

static inline uint64_t expire(struct transactions *t, int64_t now)
{
    bool due = transactions_due(t, now);
    uint64_t count = transactions_expire(t, now, NULL, NULL);
    assert_true(due || count == 0);
    assert_false(transactions_due(t, now));
    return count;
}
