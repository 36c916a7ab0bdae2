#include "must.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("traffic: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void *must_zalloc(size_t size)
{
    void *made = mem_zalloc(size);
    if (!made)
        fail("no memory");
    return made;
}

void *must_grow(void *ptr, size_t count, size_t size)
{
    void *made = size && count > SIZE_MAX / size ? NULL : mem_realloc(ptr, count * size);
    if (!made)
        fail("no memory");
    return made;
}
