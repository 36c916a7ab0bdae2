// What every test of this folder includes: cmocka and what it asks for, and a capture read to its
// end into one list.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/capture_build.h"
#include "input/capture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define SECOND INT64_C(1000000000)

enum { COLLECTED_MAX = 20000 };

struct collected {
    struct record records[COLLECTED_MAX]; // data points into chunks
    uint32_t count;
    uint64_t lost;
    int result; // of the last call
    struct error err;
    struct chunk chunks[64]; // one per call: all stay alive
    uint32_t n_chunks;
};

static inline void collected_free(struct collected *c)
{
    for (uint32_t i = 0; i < c->n_chunks; i++)
        chunk_done(&c->chunks[i]);
    free(c);
}

static inline struct collected *collect(struct capture *capture)
{
    struct collected *c = calloc(1, sizeof *c);
    assert_non_null(c);
    do {
        assert_true(c->n_chunks < COUNT(c->chunks));
        struct chunk *chunk = &c->chunks[c->n_chunks++];
        assert_true(chunk_init(chunk));
        c->result = capture_next(capture, chunk, &c->err);
        assert_true(c->result != 1 || chunk->count > 0);
        assert_true(c->result != 0 || chunk->count == 0);
        assert_true(c->count + chunk->count <= COLLECTED_MAX);
        for (uint32_t i = 0; i < chunk->count; i++)
            c->records[c->count++] = chunk->records[i];
        c->lost += chunk->lost;
    } while (c->result > 0);
    assert_true(c->result == 0 || c->err.code != ERROR_MEMORY);
    capture_close(capture);
    return c;
}

static inline struct collected *collect_memory(struct span bytes)
{
    struct error err;
    struct capture *capture = capture_open_memory(bytes, &err);
    assert_non_null(capture);
    return collect(capture);
}

static inline void assert_record_bytes(const struct record *record, struct span bytes)
{
    assert_int_equal(record->captured, bytes.len);
    if (bytes.len > 0)
        assert_memory_equal(record->data, bytes.ptr, bytes.len);
}

static inline void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        assert_string_equal(text, part); // shows both and fails
}
