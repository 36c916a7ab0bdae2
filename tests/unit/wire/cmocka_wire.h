// What every test of this folder includes: cmocka and what it asks for, and spans against text.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/span.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define assert_span_text(got, text) check_span_text(got, text, __FILE__, __LINE__)

static inline void check_span_text(struct span got, const char *text, const char *file, int line)
{
    if (!span_equal(got, span_text(text))) {
        print_error("\"%.*s\" instead of \"%s\"\n", (int)got.len, (const char *)got.ptr, text);
        _fail(file, line);
    }
}

// A copy of exactly so many bytes, so that the sanitizer sees the first byte too far. The caller
// frees it.
static inline uint8_t *exact_copy(struct span bytes)
{
    uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    assert_non_null(copy);
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    return copy;
}
