#include "base/memory.h"
#include "handler/transactions_rig.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
