#include "base/memory.h"
#include "enrich/csv.h"
#include "enrich/services.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { PIECE = 65536 };
enum { COLUMN_NAME, COLUMN_PORT, COLUMN_PROTOCOL, COLUMNS };

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "no memory for names of services");
}

static bool find_columns(const struct csv_row *header, size_t columns[static COLUMNS],
                         struct error *err)
{
    static const char *const titles[COLUMNS] = {"Service Name", "Port Number",
                                                "Transport Protocol"};
    for (size_t c = 0; c < COLUMNS; c++) {
        columns[c] = csv_find(header, titles[c]);
        if (columns[c] == CSV_FIELDS_MAX)
            return error_set(err, ERROR_FORMAT, "no column \"%s\" in the first line", titles[c]);
    }
    return true;
}

// The rows behind the header.
static bool read_rows(struct services *services, struct span text, size_t at, struct csv_row *row,
                      const size_t columns[static COLUMNS], struct error *err)
{
    size_t expected = row->count;
    while (at < text.len) {
        at = csv_read_row(row, text, at);
        if (row->text.failed)
            return no_memory(err);
        if (row->empty)
            continue;
        if (row->malformed || row->count != expected)
            services_skip(services);
        else if (!services_add(services, row->fields[columns[COLUMN_NAME]],
                               row->fields[columns[COLUMN_PORT]],
                               row->fields[columns[COLUMN_PROTOCOL]]))
            return no_memory(err);
    }
    return true;
}

bool services_read_csv(struct services *services, struct span text, struct error *err)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t columns[COLUMNS], at = 0;
    struct csv_row row;
    csv_row_init(&row, SERVICES_FILE_MAX);
    if (text.len >= 3 && memcmp(text.ptr, byte_order_mark, 3) == 0)
        at = 3;
    at = csv_read_row(&row, text, at);
    bool fine = row.text.failed ? no_memory(err)
                                : find_columns(&row, columns, err) &&
                                      read_rows(services, text, at, &row, columns, err);
    csv_row_done(&row);
    return fine;
}

static struct span next_word(struct span *line)
{
    *line = csv_trim(*line);
    struct span word = {line->ptr, 0};
    while (word.len < line->len && line->ptr[word.len] != ' ' && line->ptr[word.len] != '\t')
        word.len++;
    line->ptr += word.len;
    line->len -= word.len;
    return word;
}

// What stands before the character; *rest is what stands behind it.
static struct span cut_at(struct span text, char c, struct span *rest)
{
    const uint8_t *found = text.len ? memchr(text.ptr, c, text.len) : NULL;
    *rest = (struct span){0};
    if (!found)
        return text;
    size_t before = (size_t)(found - text.ptr);
    *rest = span_of(found + 1, text.len - before - 1);
    return span_of(text.ptr, before);
}

bool services_read_system(struct services *services, struct span text, struct error *err)
{
    while (text.len) {
        struct span rest, comment, protocol;
        struct span line = cut_at(cut_at(text, '\n', &rest), '#', &comment);
        text = rest;
        struct span name = csv_trim(line).len ? next_word(&line) : (struct span){0};
        if (name.len == 0)
            continue;
        struct span port = cut_at(next_word(&line), '/', &protocol);
        if (!services_add(services, name, port, protocol))
            return no_memory(err);
    }
    return true;
}

static bool refuse(const char *path, int number, struct error *err)
{
    char reason[128];
    return error_set(err, ERROR_IO, "%s: %s", path, strerror_r(number, reason, sizeof reason));
}

static bool read_file(const char *path, struct buffer *text, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return refuse(path, errno, err);
    uint8_t *piece = mem_alloc(PIECE);
    ssize_t got = 0;
    while (piece && !text->failed && (got = read(fd, piece, PIECE)) > 0)
        buffer_add(text, piece, (size_t)got);
    int reason = errno;
    close(fd);
    mem_free(piece);
    if (!piece)
        return error_set(err, ERROR_MEMORY, "%s: no memory", path);
    if (got < 0)
        return refuse(path, reason, err);
    return !text->failed || error_set(err, ERROR_INVALID, "%s: no memory, or longer than %d MiB",
                                      path, SERVICES_FILE_MAX >> 20);
}

static bool load(struct services *services, const char *path,
                 bool read_text(struct services *, struct span, struct error *), struct error *err)
{
    struct buffer text;
    buffer_init(&text, SERVICES_FILE_MAX);
    bool fine = read_file(path, &text, err);
    if (fine && !(fine = read_text(services, buffer_span(&text), err)))
        error_prefix(err, "%s", path);
    buffer_done(&text);
    return fine;
}

bool services_load_csv(struct services *services, const char *path, struct error *err)
{
    return load(services, path, services_read_csv, err);
}

bool services_load_system(struct services *services, const char *path, struct error *err)
{
    return load(services, path, services_read_system, err);
}
