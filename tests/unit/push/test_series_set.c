#include "push/series_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { MANY = 5000 };

static struct span identity(unsigned n, char room[static 32])
{
    snprintf(room, 32, "series-%u", n);
    return span_text(room);
}

static void test_members(void **state)
{
    struct series_set set = {0};
    char room[32];
    bool fine = true;
    (void)state;
    assert_false(series_set_has(&set, span_text("x")));
    for (unsigned i = 0; i < MANY && fine; i += 2)
        fine = series_set_add(&set, identity(i, room)) == SERIES_ADDED;
    for (unsigned i = 0; i < MANY && fine; i++)
        fine = series_set_has(&set, identity(i, room)) == (i % 2 == 0);
    fine = fine && series_set_add(&set, identity(2, room)) == SERIES_PRESENT;
    size_t count = set.count;
    series_set_clear(&set);
    bool empty = !series_set_has(&set, identity(2, room));
    series_set_done(&set);
    assert_true(fine && empty);
    assert_int_equal(count, MANY / 2);
}

static void test_the_empty_one(void **state)
{
    struct series_set set = {0};
    (void)state;
    enum series_set_result first = series_set_add(&set, span_of(NULL, 0));
    enum series_set_result second = series_set_add(&set, span_of(NULL, 0));
    series_set_done(&set);
    assert_int_equal(first, SERIES_ADDED);
    assert_int_equal(second, SERIES_PRESENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_the_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
