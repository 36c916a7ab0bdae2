// A growing byte buffer with a stated maximum. The first failure (no memory, or over the maximum)
// sticks: later calls do nothing, and the owner checks `failed` once at the end.
#pragma once

#include "base/span.h"

#include <stdarg.h>

struct buffer {
    uint8_t *data;
    size_t len;
    size_t room;
    size_t max;
    bool failed;
};

void buffer_init(struct buffer *buffer, size_t max); // max is cut to a quarter of SIZE_MAX
void buffer_done(struct buffer *buffer);
void buffer_clear(struct buffer *buffer); // keeps the memory, forgets the failure

void buffer_add(struct buffer *buffer, const void *bytes, size_t len);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void buffer_add_u64(struct buffer *buffer, uint64_t value); // decimal

static inline struct span buffer_span(const struct buffer *buffer)
{
    return span_of(buffer->data, buffer->len);
}

// The content as a C string (a zero byte is kept behind it); "" when empty or failed.
const char *buffer_text(struct buffer *buffer);
