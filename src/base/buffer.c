#include "base/buffer.h"

#include "base/memory.h"

#include <stdio.h>

void buffer_init(struct buffer *buffer, size_t max)
{
    // Doubling never overflows below this.
    *buffer = (struct buffer){.max = max < SIZE_MAX / 4 ? max : SIZE_MAX / 4};
}

void buffer_done(struct buffer *buffer)
{
    mem_free(buffer->data);
    *buffer = (struct buffer){.max = buffer->max};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
    buffer->failed = false;
}

// Makes room for `more` bytes and a closing zero.
static bool reserve(struct buffer *buffer, size_t more)
{
    if (buffer->failed)
        return false;
    if (more > buffer->max || buffer->len > buffer->max - more) {
        buffer->failed = true;
        return false;
    }
    size_t wanted = buffer->len + more + 1;
    if (wanted <= buffer->room)
        return true;
    size_t room = buffer->room ? buffer->room : 256;
    while (room < wanted)
        room *= 2;
    uint8_t *data = mem_realloc(buffer->data, room);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->room = room;
    return true;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t len)
{
    if (!reserve(buffer, len) || len == 0)
        return;
    memcpy(buffer->data + buffer->len, bytes, len);
    buffer->len += len;
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char c)
{
    buffer_add(buffer, &c, 1);
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t space = buffer->room - buffer->len;
    char *end = space ? (char *)buffer->data + buffer->len : NULL;
    int len = vsnprintf(end, space, format, args);
    if (len < 0)
        buffer->failed = true;
    else if (reserve(buffer, (size_t)len)) {
        if ((size_t)len >= space)
            vsnprintf((char *)buffer->data + buffer->len, (size_t)len + 1, format, again);
        buffer->len += (size_t)len;
    }
    va_end(again);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buffer_vprintf(buffer, format, args);
    va_end(args);
}

void buffer_add_u64(struct buffer *buffer, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buffer_add(buffer, digits + at, sizeof digits - at);
}

const char *buffer_text(struct buffer *buffer)
{
    if (buffer->failed || !reserve(buffer, 0))
        return "";
    buffer->data[buffer->len] = 0;
    return (const char *)buffer->data;
}
