// The pool of a test program, which must be empty again when all of its tests are over.
#pragma once

#include "fake.h"

static struct pool pool;

static inline int setup(void **state)
{
    (void)state;
    pool_init(&pool, 0);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    assert_pool_empty(&pool);
    return 0;
}

// Rounds in each of which another allocation fails, the first one first; the last is one in which
// none has: for (struct failing f = {0}; fail_next(&f);) …
struct failing {
    uint64_t n, before; // the n-th of those behind `before`
};

static inline bool has_failed(const struct failing *f)
{
    return mem_allocations() - f->before >= f->n;
}

static inline bool fail_next(struct failing *f)
{
    mem_fail_at(0);
    if (f->n && !has_failed(f))
        return false;
    f->before = mem_allocations();
    mem_fail_at(++f->n);
    return true;
}
