// What the tests of this folder share: cmocka and what it needs before it, a pool per test that
// must be empty again afterwards.
#pragma once

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/pool.h"
#include "base/random.h"

static struct pool pool;

static inline int fresh_pool(void **state)
{
    (void)state;
    pool_init(&pool, 0);
    return 0;
}

static inline int nothing_leaked(void **state)
{
    (void)state;
    mem_fail_at(0);
    assert_int_equal(atomic_load(&pool.used), 0);
    return 0;
}

#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, fresh_pool, nothing_leaked)

static inline void assert_near(double value, double expected, double relative)
{
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g where %.17g belongs", value, expected);
}

static inline int ascending_u64(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static inline int ascending_double(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}
