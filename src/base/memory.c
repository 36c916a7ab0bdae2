#include "base/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPED_FROM = 64 * 1024, MAPPED_MAX = 16384, TRIM_FROM = 128 * 1024 };

static atomic_uint_fast64_t allocations;
static atomic_uint_fast64_t fail_at; // value of `allocations` that must fail; 0: none

static int must_fail(void)
{
    uint64_t mine = atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed) + 1;
    return atomic_load_explicit(&fail_at, memory_order_relaxed) == mine;
}

void *mem_alloc(size_t size)
{
    return must_fail() ? NULL : malloc(size ? size : 1);
}

void *mem_zalloc(size_t size)
{
    return mem_calloc(1, size);
}

void *mem_calloc(size_t count, size_t size)
{
    size_t product;
    if (must_fail() || __builtin_mul_overflow(count, size, &product))
        return NULL;
    return calloc(1, product ? product : 1);
}

void *mem_realloc(void *ptr, size_t size)
{
    return must_fail() ? NULL : realloc(ptr, size ? size : 1);
}

char *mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mem_alloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void mem_free(void *ptr)
{
    free(ptr);
}

uint64_t mem_allocations(void)
{
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}

void mem_fail_at(uint64_t n)
{
    uint64_t now = atomic_load_explicit(&allocations, memory_order_relaxed);
    atomic_store_explicit(&fail_at, n ? now + n : 0, memory_order_relaxed);
}

void mem_give_back(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
    mallopt(M_MMAP_MAX, MAPPED_MAX); // the system bounds mappings, 65,530 by default
    mallopt(M_TRIM_THRESHOLD, TRIM_FROM);
}
