#include "enrich/csv.h"

void csv_row_init(struct csv_row *row, size_t row_max)
{
    *row = (struct csv_row){0};
    buffer_init(&row->text, row_max);
}

void csv_row_done(struct csv_row *row)
{
    buffer_done(&row->text);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

struct span csv_trim(struct span text)
{
    for (; text.len && is_blank(*text.ptr); text.len--)
        text.ptr++;
    while (text.len && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

// From the byte behind the opening quote; returns where the field ends.
static size_t quoted_field(struct csv_row *row, struct span text, size_t at)
{
    while (at < text.len) {
        const uint8_t *quote = memchr(text.ptr + at, '"', text.len - at);
        size_t run = quote ? (size_t)(quote - text.ptr) - at : text.len - at;
        buffer_add(&row->text, text.ptr + at, run);
        at += run;
        if (!quote)
            break;
        if (at + 1 == text.len || text.ptr[at + 1] != '"')
            return at + 1;
        buffer_add_char(&row->text, '"');
        at += 2;
    }
    row->malformed = true;
    return at;
}

static size_t plain_field(struct csv_row *row, struct span text, size_t at)
{
    size_t begin = at;
    while (at < text.len && text.ptr[at] != ',' && text.ptr[at] != '\n')
        at++;
    buffer_add(&row->text, text.ptr + begin, at - begin);
    return at;
}

static size_t read_field(struct csv_row *row, struct span text, size_t at)
{
    if (at == text.len || text.ptr[at] != '"')
        return plain_field(row, text, at);
    at = quoted_field(row, text, at + 1);
    size_t begin = at;
    while (at < text.len && text.ptr[at] != ',' && text.ptr[at] != '\n')
        at++;
    if (csv_trim(span_of(text.ptr + begin, at - begin)).len)
        row->malformed = true;
    return at;
}

size_t csv_read_row(struct csv_row *row, struct span text, size_t at)
{
    size_t ends[CSV_FIELDS_MAX], begin = 0;
    buffer_clear(&row->text);
    row->count = 0;
    row->malformed = false;
    do {
        at = read_field(row, text, at);
        if (row->count < CSV_FIELDS_MAX)
            ends[row->count] = row->text.len;
        row->count++;
    } while (at < text.len && text.ptr[at++] == ',');
    // Only now, since the buffer has moved while it grew.
    for (size_t i = 0; i < row->count && i < CSV_FIELDS_MAX; begin = ends[i++])
        row->fields[i] = row->text.data ? csv_trim(span_of(row->text.data + begin, ends[i] - begin))
                                        : (struct span){0};
    row->empty = row->count == 1 && row->fields[0].len == 0;
    return at;
}

size_t csv_find(const struct csv_row *header, const char *title)
{
    for (size_t i = 0; i < header->count && i < CSV_FIELDS_MAX; i++)
        if (span_equal(header->fields[i], span_text(title)))
            return i;
    return CSV_FIELDS_MAX;
}
