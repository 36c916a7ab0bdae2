#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/parallel.h"

#include <stdatomic.h>
#include <unistd.h>

enum { MANY = 40, WAITS = 5000 };

struct counts {
    atomic_uint runs[MANY], arrived, met;
};

static void count(void *context, unsigned number)
{
    struct counts *counts = context;
    atomic_fetch_add(&counts->runs[number], 1);
}

static void test_each_is_done_once(void **state)
{
    (void)state;
    for (unsigned n = 0; n <= MANY; n++) {
        struct counts counts = {0};
        parallel_run(n, count, &counts);
        for (unsigned i = 0; i < MANY; i++)
            assert_int_equal(atomic_load(&counts.runs[i]), i < n);
    }
}

// All wait for the last: done one after the other they would never end.
static void meet(void *context, unsigned number)
{
    struct counts *counts = context;
    (void)number;
    atomic_fetch_add(&counts->arrived, 1);
    for (unsigned i = 0; i < WAITS && atomic_load(&counts->arrived) < MANY; i++)
        usleep(1000);
    if (atomic_load(&counts->arrived) == MANY)
        atomic_fetch_add(&counts->met, 1);
}

static void property_all_are_done_at_once(void **state)
{
    (void)state;
    struct counts counts = {0};
    parallel_run(MANY, meet, &counts);
    assert_int_equal(atomic_load(&counts.met), MANY);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_done_once),
        cmocka_unit_test(property_all_are_done_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
