// The generator is a test program: what it cannot get or write ends it with a message.
#pragma once

#include "base/memory.h"

#include <stdarg.h>

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

void *must_zalloc(size_t size);
void *must_grow(void *ptr, size_t count, size_t size); // uninitialised behind what was there
