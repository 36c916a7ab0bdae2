#include "tui/printable.h"

#include "base/text.h"

#include <wchar.h>

static uint32_t decode(const uint8_t *p, size_t length)
{
    static const uint8_t lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = p[0] & lead_mask[length];
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (p[i] & 0x3f);
    return code;
}

// Characters that wcwidth may call visible, but which change how others are shown.
static bool meddles(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00ad, 0x00ad},   // soft hyphen
        {0x061c, 0x061c},   // Arabic letter mark
        {0x115f, 0x1160},   // Hangul fillers
        {0x180b, 0x180f},   // Mongolian selectors
        {0x200b, 0x200f},   // zero width, marks of direction
        {0x2028, 0x202e},   // separators, embeddings
        {0x2060, 0x206f},   // joiners, isolates
        {0x3164, 0x3164},   // Hangul filler
        {0xe000, 0xf8ff},   // private use
        {0xfe00, 0xfe0f},   // variation selectors
        {0xfeff, 0xfeff},   // byte order mark
        {0xffa0, 0xffa0},   // halfwidth filler
        {0xfff0, 0xffff},   // specials
        {0xe0000, 0x10ffff} // tags, private use
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

// Letters that are written from right to left turn the terminal's line around.
static bool right_to_left(uint32_t code)
{
    return (code >= 0x0590 && code <= 0x08ff) || (code >= 0xfb1d && code <= 0xfdff) ||
           (code >= 0xfe70 && code <= 0xfeff) || (code >= 0x10800 && code <= 0x10fff) ||
           (code >= 0x1e800 && code <= 0x1efff);
}

static unsigned columns(uint32_t code)
{
    if (code < 0x80)
        return code >= ' ' && code < 0x7f;
    if (meddles(code) || right_to_left(code))
        return 0;
    int width = wcwidth((wchar_t)code);
    return width == 1 || width == 2 ? (unsigned)width : 0;
}

// Bytes of the visible character at p; 0: none.
static size_t visible(const uint8_t *p, size_t left, bool ascii)
{
    size_t length = text_utf8_length(p, left);
    if (length == 0 || (ascii && length > 1) || columns(decode(p, length)) == 0)
        return 0;
    return length;
}

const char *printable(struct span bytes, bool ascii, struct arena *arena)
{
    char room[PRINTABLE_MAX + 1];
    size_t used = 0;
    for (size_t at = 0; at < bytes.len;) {
        const uint8_t *p = bytes.ptr + at;
        size_t length = visible(p, bytes.len - at, ascii), takes = length ? length : TEXT_DECIMAL;
        if (used + takes > PRINTABLE_MAX)
            break;
        if (length)
            memcpy(room + used, p, length);
        else
            text_put_decimal(room + used, *p);
        used += takes;
        at += length ? length : 1;
    }
    char *copy = arena_alloc(arena, used + 1);
    if (!copy)
        return NULL;
    memcpy(copy, room, used);
    copy[used] = 0;
    return copy;
}

uint32_t printable_next(const char **text, unsigned *width)
{
    const uint8_t *p = (const uint8_t *)*text;
    if (!*p)
        return 0;
    size_t length = text_utf8_length(p, 4); // does not look behind a zero
    uint32_t code = length ? decode(p, length) : '?';
    *text += length ? length : 1;
    *width = columns(code);
    if (*width)
        return code;
    *width = 1; // no printable text after all: an error message, an option
    return '?';
}

unsigned printable_width(const char *text)
{
    unsigned total = 0, width;
    while (printable_next(&text, &width))
        total += width;
    return total;
}
