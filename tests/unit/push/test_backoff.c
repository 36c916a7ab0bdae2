#include "push/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_it_doubles_up_to_a_minute(void **state)
{
    struct backoff backoff = {.random.state = 1};
    int64_t whole = BACKOFF_LEAST;
    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        int64_t wait = backoff_next(&backoff, 0);
        assert_in_range(wait, whole / 2, whole);
        whole = 2 * whole < BACKOFF_MOST ? 2 * whole : BACKOFF_MOST;
    }
    assert_true(whole == BACKOFF_MOST);
}

static void test_success_begins_anew(void **state)
{
    struct backoff backoff = {.random.state = 2};
    (void)state;
    for (unsigned i = 0; i < 10; i++)
        backoff_next(&backoff, 0);
    backoff_reset(&backoff);
    assert_in_range(backoff_next(&backoff, 0), BACKOFF_LEAST / 2, BACKOFF_LEAST);
}

static void test_jitter(void **state)
{
    struct backoff one = {.random.state = 3}, other = {.random.state = 4};
    unsigned same = 0;
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        same += backoff_next(&one, 0) == backoff_next(&other, 0);
    assert_true(same < 3);
}

static void test_what_the_receiver_asks_for(void **state)
{
    struct backoff backoff = {.random.state = 5};
    (void)state;
    assert_in_range(backoff_next(&backoff, 70 * BACKOFF_LEAST), 70 * BACKOFF_LEAST,
                    77 * BACKOFF_LEAST);
    assert_true(backoff_next(&backoff, 1) > 1);
    assert_in_range(backoff_next(&backoff, INT64_MAX), BACKOFF_ASKED_FOR,
                    BACKOFF_ASKED_FOR / BACKOFF_ASKED_SHARE * (BACKOFF_ASKED_SHARE + 1));
}

static void test_a_fleet_that_was_asked_does_not_come_at_once(void **state)
{
    struct backoff one = {.random.state = 6}, other = {.random.state = 7};
    (void)state;
    assert_true(backoff_next(&one, BACKOFF_MOST) != backoff_next(&other, BACKOFF_MOST));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_doubles_up_to_a_minute),
        cmocka_unit_test(test_success_begins_anew),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_what_the_receiver_asks_for),
        cmocka_unit_test(test_a_fleet_that_was_asked_does_not_come_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
