#include "metric/columns.h"

#include <math.h>
#include <stdio.h>

enum { PER_LINE = 3, LABEL_WIDTH = 14, NUMBER_WIDTH = 11 };
#define BETWEEN "  "

// A label or a number too long for its column takes two.
void columns_add(struct columns *columns, struct buffer *out, const char *label, const char *number)
{
    size_t digits = strlen(number);
    unsigned takes = strlen(label) > LABEL_WIDTH || digits > NUMBER_WIDTH ? 2 : 1;
    if (columns->in_line + takes > PER_LINE)
        columns_end(columns, out);
    if (columns->in_line)
        buffer_add_text(out, BETWEEN);
    int number_width = digits > NUMBER_WIDTH ? (int)digits : NUMBER_WIDTH;
    int width = LABEL_WIDTH + NUMBER_WIDTH - number_width;
    if (takes == 2)
        width += (int)strlen(BETWEEN) + LABEL_WIDTH + NUMBER_WIDTH;
    buffer_printf(out, "%-*.*s%*s", width, width, label, number_width, number);
    columns->in_line += takes;
}

void columns_end(struct columns *columns, struct buffer *out)
{
    if (columns->in_line)
        buffer_add_char(out, '\n');
    columns->in_line = 0;
}

void group_digits(uint64_t value, char out[static 32])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    char *to = out;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = 0;
}

void short_number(double value, char out[static 32])
{
    static const char *const units[] = {"", " k", " M", " G", " T", " P"};
    unsigned unit = 0;
    while (value >= (unit ? 1000 : 10000) && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    int decimals = value == floor(value) && !unit ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0;
    snprintf(out, 32, "%.*f%s", decimals, value, units[unit]);
}

void wrapped(struct span text, unsigned indent, unsigned width, struct buffer *out)
{
    size_t room = width - indent;
    while (text.len > room) {
        size_t end = room;
        while (end > 0 && text.ptr[end] != ' ')
            end--;
        bool broken = end > 0; // else a word longer than the line
        end = broken ? end : room;
        buffer_add(out, text.ptr, end);
        buffer_printf(out, "\n%*s", (int)indent, "");
        text = span_of(text.ptr + end + broken, text.len - end - broken);
    }
    buffer_add(out, text.ptr, text.len);
    buffer_add_char(out, '\n');
}

static bool starts_character(uint8_t byte)
{
    return (byte & 0xc0) != 0x80;
}

void padded(struct span text, unsigned width, struct buffer *out)
{
    unsigned characters = 0;
    for (size_t i = 0; i < text.len; i++)
        characters += starts_character(text.ptr[i]);
    bool cut = characters > width;
    unsigned keep = cut ? width - 1 : characters;
    unsigned seen = 0;
    size_t end = 0;
    while (end < text.len && (seen < keep || !starts_character(text.ptr[end])))
        seen += starts_character(text.ptr[end++]);
    buffer_add(out, text.ptr, end);
    if (cut)
        buffer_add_char(out, '~');
    for (unsigned i = keep + cut; i < width; i++)
        buffer_add_char(out, ' ');
}
