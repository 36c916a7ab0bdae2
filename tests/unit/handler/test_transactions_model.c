#include "base/random.h"
#include "handler/transactions_rig.h"

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
        cmocka_unit_test(property_a_thousand_streams_as_the_model_says),
        cmocka_unit_test(property_neither_sweeps_nor_tables_change_the_totals),
        cmocka_unit_test(property_every_question_ends_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
