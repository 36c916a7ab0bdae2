#include "handler/dns/transactions.h"

#include "base/memory.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TTL = 1000 }; // ns

static struct transaction_key key_of(uint32_t number)
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

static struct transaction *ask_key(struct transactions *t, const struct transaction_key *key,
                                   int64_t time)
{
    return transactions_ask(t, transactions_hash(hash_process_key(), key), key, time, 40);
}

static struct transaction *ask(struct transactions *t, uint32_t number, int64_t time)
{
    struct transaction_key key = key_of(number);
    return ask_key(t, &key, time);
}

static struct transaction_result answer_key(struct transactions *t,
                                            const struct transaction_key *key, int64_t time)
{
    struct transaction_result result = {0};
    transactions_answer(t, transactions_hash(hash_process_key(), key), key, time, &result);
    return result;
}

static struct transaction_result answer(struct transactions *t, uint32_t number, int64_t time)
{
    struct transaction_key key = key_of(number);
    return answer_key(t, &key, time);
}

static enum transaction_outcome outcome(struct transactions *t, uint32_t number, int64_t time)
{
    return answer(t, number, time).outcome;
}

static uint64_t expire(struct transactions *t, int64_t now)
{
    bool due = transactions_due(t, now);
    uint64_t count = transactions_expire(t, now, NULL, NULL);
    assert_true(due || count == 0);
    assert_false(transactions_due(t, now));
    return count;
}

static void an_answer_before_the_ttl(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    struct transaction *question = ask(&t, 1, 100);
    assert_non_null(question);
    question->flags = 5;
    assert_int_equal(t.open, 1);
    struct transaction_result result = answer(&t, 1, 100 + TTL - 1);
    assert_int_equal(result.outcome, OUTCOME_ANSWERED);
    assert_int_equal(result.elapsed, TTL - 1);
    assert_false(result.negative);
    assert_int_equal(result.question.time, 100);
    assert_int_equal(result.question.size, 40);
    assert_int_equal(result.question.flags, 5);
    assert_int_equal(t.open, 0);
    assert_int_equal(t.held, 0);
    assert_int_equal(outcome(&t, 1, 101 + TTL - 1), OUTCOME_ORPHAN); // a second answer
    assert_int_equal(expire(&t, 100 * TTL), 0);
    transactions_done(&t);
}

static void an_answer_at_the_ttl_is_one_timeout(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    assert_non_null(ask(&t, 1, 100));
    struct transaction_result result = answer(&t, 1, 100 + TTL);
    assert_int_equal(result.outcome, OUTCOME_TIMEOUT);
    assert_true(result.newly);
    assert_int_equal(t.open, 0);
    assert_int_equal(expire(&t, 100 * TTL), 0);
    assert_int_equal(outcome(&t, 1, 100 + TTL), OUTCOME_ORPHAN);
    transactions_done(&t);
}

static void a_swept_question_is_no_second_timeout(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    assert_non_null(ask(&t, 1, 100));
    assert_int_equal(expire(&t, 100 + TTL - 1), 0);
    assert_int_equal(expire(&t, 100 + TTL), 1);
    assert_int_equal(expire(&t, 100 + TTL), 0);
    assert_int_equal(t.open, 0);
    struct transaction_result result = answer(&t, 1, 100 + 2 * TTL - 1);
    assert_int_equal(result.outcome, OUTCOME_TIMEOUT);
    assert_false(result.newly);
    assert_int_equal(outcome(&t, 1, 100 + 2 * TTL - 1), OUTCOME_ORPHAN);
    transactions_done(&t);
}

static void an_answer_from_twice_the_ttl_is_an_orphan(void **state)
{
    (void)state;
    for (unsigned swept = 0; swept < 2; swept++) {
        struct transactions t;
        transactions_init(&t, TTL);
        assert_non_null(ask(&t, 1, 100));
        uint64_t timeouts = swept ? expire(&t, 100 + 2 * TTL) : 0;
        assert_int_equal(outcome(&t, 1, 100 + 2 * TTL), OUTCOME_ORPHAN);
        timeouts += expire(&t, 100 + 2 * TTL); // the question is still one timeout
        assert_int_equal(timeouts, 1);
        assert_int_equal(t.held, 0);
        transactions_done(&t);
    }
}

static void an_answer_without_a_question_is_an_orphan(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    assert_int_equal(outcome(&t, 1, 100), OUTCOME_ORPHAN);
    assert_non_null(ask(&t, 1, 100));
    assert_int_equal(outcome(&t, 2, 100), OUTCOME_ORPHAN);
    transactions_done(&t);
}

static void a_repeated_question_overwrites(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    struct transaction *first = ask(&t, 1, 100);
    assert_non_null(first);
    first->flags = 1;
    first->zone_transfer = 1;
    assert_non_null(ask(&t, 2, 200));
    struct transaction *second = ask(&t, 1, 900);
    assert_non_null(second);
    assert_int_equal(second->flags, 0);
    assert_int_equal(second->zone_transfer, 0);
    assert_int_equal(t.open, 2);
    assert_int_equal(t.held, 2);
    assert_int_equal(expire(&t, 200 + TTL), 1); // number 2 alone
    assert_int_equal(answer(&t, 1, 200 + TTL).elapsed, 300);
    transactions_done(&t);
}

static void a_question_after_its_timeout_is_a_new_one(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    assert_non_null(ask(&t, 1, 0));
    assert_int_equal(expire(&t, TTL), 1);
    assert_non_null(ask(&t, 1, TTL + 1));
    assert_int_equal(t.open, 1);
    assert_int_equal(outcome(&t, 1, TTL + 2), OUTCOME_ANSWERED);
    transactions_done(&t);
}

static void every_part_of_the_key_counts(void **state)
{
    (void)state;
    struct transaction_key key = key_of(1), others[7];
    for (size_t i = 0; i < 7; i++)
        others[i] = key;
    others[0].client.bytes[15] ^= 1;
    others[1].server.bytes[15] ^= 1;
    others[2].client_port ^= 1;
    others[3].server_port ^= 1;
    others[4].id ^= 1;
    others[5].l4 = L4_TCP;
    others[6].table = 1;
    struct transactions t;
    transactions_init(&t, TTL);
    // All with the same hash, as if it were broken.
    assert_non_null(transactions_ask(&t, 7, &key, 100, 40));
    struct transaction_result result = {0};
    for (size_t i = 0; i < 7; i++) {
        transactions_answer(&t, 7, &others[i], 101, &result);
        assert_int_equal(result.outcome, OUTCOME_ORPHAN);
        assert_int_not_equal(transactions_hash(hash_process_key(), &others[i]),
                             transactions_hash(hash_process_key(), &key));
    }
    transactions_answer(&t, 7, &key, 101, &result);
    assert_int_equal(result.outcome, OUTCOME_ANSWERED);
    transactions_done(&t);
}

static void zone_transfers_go_on(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    struct transaction_key key = key_of(1);
    key.l4 = L4_TCP;
    struct transaction *question = ask_key(&t, &key, 0);
    assert_non_null(question);
    question->zone_transfer = 1;
    assert_int_equal(answer_key(&t, &key, 10).outcome, OUTCOME_ANSWERED);
    assert_int_equal(t.open, 0);
    for (int64_t time = 10; time < 10 * TTL; time += TTL - 1) {
        expire(&t, time);
        assert_int_equal(answer_key(&t, &key, time).outcome, OUTCOME_CONTINUED);
    }
    int64_t end = t.entries[t.newest].time;
    assert_int_equal(expire(&t, end + TTL), 0); // no timeout
    assert_int_equal(answer_key(&t, &key, end + TTL).outcome, OUTCOME_ORPHAN);
    expire(&t, end + 2 * TTL);
    assert_int_equal(t.held, 0);
    transactions_done(&t);
}

static void zone_transfers_over_udp_are_one_message(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    struct transaction *question = ask(&t, 1, 0);
    assert_non_null(question);
    question->zone_transfer = 1;
    assert_int_equal(outcome(&t, 1, 1), OUTCOME_ANSWERED);
    assert_int_equal(outcome(&t, 1, 2), OUTCOME_ORPHAN);
    transactions_done(&t);
}

static void a_ttl_of_zero(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, 0);
    assert_non_null(ask(&t, 1, 5));
    assert_int_equal(outcome(&t, 1, 5), OUTCOME_ORPHAN);
    assert_int_equal(expire(&t, 5), 1);
    assert_int_equal(t.held, 0);
    transactions_done(&t);
}

static void an_answer_before_its_question_took_no_time(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    assert_non_null(ask(&t, 1, 5000));
    struct transaction_result result = answer(&t, 1, 4990);
    assert_int_equal(result.outcome, OUTCOME_ANSWERED);
    assert_true(result.negative);
    assert_int_equal(result.elapsed, 0);
    transactions_done(&t);
}

static void questions_out_of_order_time_out_in_order(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    static const int64_t times[] = {500, 300, 400, 100, 450};
    for (uint32_t i = 0; i < 5; i++)
        assert_non_null(ask(&t, i, times[i]));
    assert_int_equal(expire(&t, 100 + TTL), 1);
    assert_int_equal(expire(&t, 299 + TTL), 0);
    assert_int_equal(expire(&t, 300 + TTL), 1);
    assert_non_null(ask(&t, 9, 200)); // older than those that have timed out
    assert_int_equal(expire(&t, 300 + TTL), 1);
    assert_int_equal(expire(&t, 450 + TTL), 2);
    assert_int_equal(expire(&t, 500 + TTL), 1);
    transactions_done(&t);
}

static void a_clock_that_jumps_back_blocks_nothing(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    const int64_t later = 100 * TRANSACTIONS_JUMP;
    uint32_t number = 0;
    for (; number < 1000; number++)
        assert_non_null(ask(&t, number, later + number));
    assert_int_equal(expire(&t, 0), 1000); // the clock was wrong, or is now
    for (; number < 2000; number++)
        assert_non_null(ask(&t, number, number));
    assert_int_equal(t.open, 1000);
    assert_int_equal(expire(&t, 1499 + TTL), 500);
    assert_int_equal(expire(&t, 5000), 500);
    assert_int_equal(t.held, 0); // nor is anything kept
    transactions_done(&t);
}

static void one_question_from_the_future_blocks_nothing(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    assert_non_null(ask(&t, 1, 0));
    assert_non_null(ask(&t, 2, 100 * TRANSACTIONS_JUMP));
    assert_non_null(ask(&t, 3, 10));
    assert_int_equal(expire(&t, TTL), 2); // number 1, and then number 2
    assert_int_equal(outcome(&t, 3, 20), OUTCOME_ANSWERED);
    transactions_done(&t);
}

// The clock may run behind by less than the ttl and a minute: that is disorder, not a jump.
static void a_clock_a_little_behind(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    int64_t ahead = TTL + TRANSACTIONS_JUMP;
    assert_non_null(ask(&t, 1, ahead - 1));
    assert_int_equal(expire(&t, 0), 0);
    assert_int_equal(expire(&t, -1), 1);
    transactions_done(&t);
}

struct seen {
    uint16_t flags[8];
    size_t count;
};

static void remember(void *context, const struct transaction *question)
{
    struct seen *seen = context;
    seen->flags[seen->count++] = question->flags;
}

static void timeouts_are_handed_over_oldest_first(void **state)
{
    (void)state;
    struct transactions t;
    struct seen seen = {.count = 0};
    transactions_init(&t, TTL);
    for (uint8_t i = 0; i < 5; i++) {
        struct transaction *question = ask(&t, i, i);
        assert_non_null(question);
        question->flags = i;
    }
    assert_int_equal(outcome(&t, 1, 10), OUTCOME_ANSWERED);
    assert_int_equal(transactions_expire(&t, TTL + 3, remember, &seen), 3);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.flags[0], 0);
    assert_int_equal(seen.flags[1], 2);
    assert_int_equal(seen.flags[2], 3);
    transactions_done(&t);
}

static void over_the_limit_the_oldest_goes(void **state)
{
    (void)state;
    enum { OVER = 100 };
    struct transactions t;
    transactions_init(&t, INT64_MAX / 4);
    for (uint32_t i = 0; i < TRANSACTIONS_MAX; i++)
        assert_non_null(ask(&t, i, i));
    assert_int_equal(t.evicted, 0);
    for (uint32_t i = 0; i < OVER; i++)
        assert_non_null(ask(&t, TRANSACTIONS_MAX + i, TRANSACTIONS_MAX + i));
    assert_int_equal(t.evicted, OVER);
    assert_int_equal(t.held, TRANSACTIONS_MAX);
    assert_int_equal(t.open, TRANSACTIONS_MAX);
    assert_int_equal(t.room, TRANSACTIONS_MAX);
    for (uint32_t i = 0; i < OVER; i++)
        assert_int_equal(outcome(&t, i, TRANSACTIONS_MAX), OUTCOME_ORPHAN);
    for (uint32_t i = OVER; i < TRANSACTIONS_MAX + OVER; i++)
        assert_int_equal(outcome(&t, i, TRANSACTIONS_MAX + OVER), OUTCOME_ANSWERED);
    assert_int_equal(t.held, 0);
    transactions_done(&t);
}

static void timed_out_questions_go_uncounted(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TRANSACTIONS_MAX);
    for (uint32_t i = 0; i < TRANSACTIONS_MAX; i++)
        assert_non_null(ask(&t, i, 0));
    assert_int_equal(expire(&t, TRANSACTIONS_MAX), TRANSACTIONS_MAX);
    for (uint32_t i = 0; i < 10; i++)
        assert_non_null(ask(&t, TRANSACTIONS_MAX + i, TRANSACTIONS_MAX));
    assert_int_equal(t.evicted, 0);
    assert_int_equal(t.open, 10);
    transactions_done(&t);
}

static void without_memory_the_oldest_goes(void **state)
{
    (void)state;
    struct transactions t;
    transactions_init(&t, TTL);
    mem_fail_at(1);
    assert_null(ask(&t, 0, 0));
    assert_int_equal(t.evicted, 1);
    uint32_t number = 0;
    do {
        number++;
        assert_non_null(ask(&t, number, number));
    } while (t.held < t.room);
    mem_fail_at(2); // the index is there, the entries are not
    number++;
    assert_non_null(ask(&t, number, number));
    mem_fail_at(1);
    number++;
    assert_non_null(ask(&t, number, number));
    mem_fail_at(0);
    assert_int_equal(t.evicted, 3);
    assert_int_equal(outcome(&t, 1, number), OUTCOME_ORPHAN);
    assert_int_equal(outcome(&t, 2, number), OUTCOME_ORPHAN);
    assert_int_equal(outcome(&t, 3, number), OUTCOME_ANSWERED);
    assert_int_equal(outcome(&t, number, number), OUTCOME_ANSWERED);
    transactions_done(&t);
}

// The same by a list of everything that was ever asked, read from the header's table.
enum { MODEL_MAX = 600, MODEL_KEYS = 24 };

struct model {
    struct {
        uint32_t number;
        int64_t time;
        bool gone, timed_out, transfer, zone;
    } list[MODEL_MAX];
    size_t count;
};

static size_t model_find(const struct model *model, uint32_t number)
{
    size_t i = model->count;
    while (i > 0 && (model->list[i - 1].gone || model->list[i - 1].number != number))
        i--;
    return i; // 0: none
}

static void model_ask(struct model *model, uint32_t number, int64_t time, bool zone)
{
    size_t old = model_find(model, number);
    if (old)
        model->list[old - 1].gone = true;
    model->list[model->count].number = number;
    model->list[model->count].time = time;
    model->list[model->count++].zone = zone;
}

static uint64_t model_expire(struct model *model, int64_t now)
{
    uint64_t count = 0;
    for (size_t i = 0; i < model->count; i++) {
        bool open = !model->list[i].gone && !model->list[i].timed_out && !model->list[i].transfer;
        if (open && now - model->list[i].time >= TTL) {
            model->list[i].timed_out = true;
            count++;
        }
    }
    return count;
}

static enum transaction_outcome model_answer(struct model *model, uint32_t number, int64_t time,
                                             bool *newly)
{
    size_t at = model_find(model, number);
    if (!at)
        return OUTCOME_ORPHAN;
    int64_t elapsed = time - model->list[--at].time;
    if (elapsed >= 2 * TTL || (elapsed >= TTL && model->list[at].transfer))
        return OUTCOME_ORPHAN;
    *newly = !model->list[at].timed_out;
    if (elapsed >= TTL || model->list[at].timed_out) {
        model->list[at].gone = true;
        return OUTCOME_TIMEOUT;
    }
    enum transaction_outcome result =
        model->list[at].transfer ? OUTCOME_CONTINUED : OUTCOME_ANSWERED;
    model->list[at].transfer = model->list[at].zone;
    model->list[at].gone = !model->list[at].zone;
    model->list[at].time = time;
    return result;
}

// Few homes, and those at both ends of the index, so that runs are long and wrap around.
static uint64_t crowded_hash(uint32_t number)
{
    return (number % 3) - UINT64_C(1);
}

static void one_stream_as_the_model_says(uint64_t seed)
{
    struct random_stream random = {seed};
    struct transactions t;
    struct model model = {.count = 0};
    int64_t time = 0;
    transactions_init(&t, TTL);
    while (model.count < MODEL_MAX) {
        time += (int64_t)random_below(&random, seed % 2 ? 60 : 400);
        uint32_t number = (uint32_t)random_below(&random, MODEL_KEYS);
        struct transaction_key key = key_of(number);
        key.l4 = number % 4 == 0 ? L4_TCP : L4_UDP;
        bool newly = true;
        struct transaction_result result = {.newly = true};
        struct transaction *question;
        switch (random_below(&random, 5)) {
        case 0:
        case 1:
            question = transactions_ask(&t, crowded_hash(number), &key, time, 40);
            assert_non_null(question);
            question->zone_transfer = number % 4 == 0;
            model_ask(&model, number, time, number % 4 == 0);
            break;
        case 2:
        case 3:
            transactions_answer(&t, crowded_hash(number), &key, time, &result);
            assert_int_equal(result.outcome, model_answer(&model, number, time, &newly));
            assert_true(result.outcome != OUTCOME_TIMEOUT || result.newly == newly);
            break;
        default:
            assert_int_equal(expire(&t, time), model_expire(&model, time));
        }
        assert_true(t.held <= MODEL_KEYS && t.evicted == 0);
    }
    assert_int_equal(expire(&t, time + 10 * TTL), model_expire(&model, time + 10 * TTL));
    assert_int_equal(t.held, 0);
    assert_int_equal(t.open, 0);
    transactions_done(&t);
}

static void property_a_thousand_streams_as_the_model_says(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 1000; seed++)
        one_stream_as_the_model_says(seed);
}

// Totals of a stream whose keys are spread over tables that are swept at other times.
struct totals {
    uint64_t answered, timeouts, orphans;
};

static struct totals totals_of(uint64_t seed, unsigned tables, unsigned sweep_every)
{
    struct transactions t[4];
    struct totals totals = {0};
    struct random_stream random = {seed};
    int64_t time = 0;
    for (unsigned i = 0; i < tables; i++)
        transactions_init(&t[i], TTL);
    for (unsigned step = 0; step < 2000; step++) {
        time += (int64_t)random_below(&random, 40);
        uint32_t number = (uint32_t)random_below(&random, 100);
        bool asks = random_below(&random, 2) == 0;
        struct transactions *own = &t[number % tables];
        if (step % sweep_every == 0)
            totals.timeouts += expire(own, time);
        if (asks) {
            // A question that waits longer than the ttl is a timeout, also when it is repeated.
            totals.timeouts += expire(own, time);
            assert_non_null(ask(own, number, time));
            continue;
        }
        struct transaction_result result = answer(own, number, time);
        totals.answered += result.outcome == OUTCOME_ANSWERED;
        totals.timeouts += result.outcome == OUTCOME_TIMEOUT && result.newly;
        totals.orphans += result.outcome == OUTCOME_ORPHAN;
    }
    for (unsigned i = 0; i < tables; i++) {
        totals.timeouts += expire(&t[i], time + TTL);
        transactions_done(&t[i]);
    }
    return totals;
}

static void property_neither_sweeps_nor_tables_change_the_totals(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct totals one = totals_of(seed, 1, 1);
        for (unsigned tables = 1; tables <= 4; tables++) {
            struct totals other = totals_of(seed, tables, 1 + (unsigned)seed % 37);
            assert_int_equal(other.answered, one.answered);
            assert_int_equal(other.timeouts, one.timeouts);
            assert_int_equal(other.orphans, one.orphans);
        }
    }
}

// Time that jumps about: every question ends in exactly one way.
static void property_every_question_ends_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct random_stream random = {seed};
        struct transactions t;
        uint64_t asked = 0, ended = 0;
        int64_t time = 0;
        transactions_init(&t, TTL);
        for (unsigned step = 0; step < 3000; step++) {
            uint64_t how = random_below(&random, 100);
            time += how == 0   ? (int64_t)random_below(&random, 4 * TRANSACTIONS_JUMP)
                    : how == 1 ? -(int64_t)random_below(&random, 4 * TRANSACTIONS_JUMP)
                               : (int64_t)random_below(&random, 100) - 40;
            uint32_t number = (uint32_t)random_below(&random, 3000);
            if (random_below(&random, 3) > 0) {
                uint64_t open = t.open;
                assert_non_null(ask(&t, number, time));
                asked += t.open - open; // a repeated one overwrites an open one
            } else {
                struct transaction_result result = answer(&t, number, time);
                assert_true(result.outcome == OUTCOME_ORPHAN || result.elapsed >= 0);
                ended += result.outcome == OUTCOME_ANSWERED ||
                         (result.outcome == OUTCOME_TIMEOUT && result.newly);
            }
            if (random_below(&random, 10) == 0)
                ended += expire(&t, time);
            assert_int_equal(asked, ended + t.open);
        }
        for (unsigned i = 0; i < 10; i++)
            ended += transactions_expire(&t, time + (int64_t)i * TRANSACTIONS_JUMP, NULL, NULL);
        ended += transactions_expire(&t, INT64_MAX / 2, NULL, NULL);
        assert_int_equal(ended, asked);
        assert_int_equal(t.held, 0);
        transactions_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_before_the_ttl),
        cmocka_unit_test(an_answer_at_the_ttl_is_one_timeout),
        cmocka_unit_test(a_swept_question_is_no_second_timeout),
        cmocka_unit_test(an_answer_from_twice_the_ttl_is_an_orphan),
        cmocka_unit_test(an_answer_without_a_question_is_an_orphan),
        cmocka_unit_test(a_repeated_question_overwrites),
        cmocka_unit_test(a_question_after_its_timeout_is_a_new_one),
        cmocka_unit_test(every_part_of_the_key_counts),
        cmocka_unit_test(zone_transfers_go_on),
        cmocka_unit_test(zone_transfers_over_udp_are_one_message),
        cmocka_unit_test(a_ttl_of_zero),
        cmocka_unit_test(an_answer_before_its_question_took_no_time),
        cmocka_unit_test(questions_out_of_order_time_out_in_order),
        cmocka_unit_test(a_clock_that_jumps_back_blocks_nothing),
        cmocka_unit_test(one_question_from_the_future_blocks_nothing),
        cmocka_unit_test(a_clock_a_little_behind),
        cmocka_unit_test(timeouts_are_handed_over_oldest_first),
        cmocka_unit_test(over_the_limit_the_oldest_goes),
        cmocka_unit_test(timed_out_questions_go_uncounted),
        cmocka_unit_test(without_memory_the_oldest_goes),
        cmocka_unit_test(property_a_thousand_streams_as_the_model_says),
        cmocka_unit_test(property_neither_sweeps_nor_tables_change_the_totals),
        cmocka_unit_test(property_every_question_ends_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
