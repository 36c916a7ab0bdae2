#include "input/capture_format.h"

#include "base/memory.h"

#include <stdio.h>

enum {
    RECORDS_AT_FIRST = 2048, // of 110 bytes in a chunk; more room is made when needed
    BEGIN_BYTES = 24,        // what a format may look at to open a file
};

#define OPEN_FAILED "Cannot open pcap/pcapng file"

bool chunk_init(struct chunk *chunk)
{
    *chunk = (struct chunk){.records_room = RECORDS_AT_FIRST, .data_room = CAPTURE_CHUNK_BYTES};
    chunk->records = mem_alloc(chunk->records_room * sizeof *chunk->records);
    chunk->data = mem_alloc(chunk->data_room);
    return chunk->records && chunk->data;
}

void chunk_done(struct chunk *chunk)
{
    mem_free(chunk->records);
    mem_free(chunk->data);
    *chunk = (struct chunk){0};
}

bool chunk_grow_records(struct chunk *chunk)
{
    uint32_t room = chunk->records_room * 2;
    struct record *records = mem_realloc(chunk->records, room * sizeof *records);
    if (!records)
        return false;
    chunk->records = records;
    chunk->records_room = room;
    return true;
}

// The data of an empty chunk with room for a record of `need` bytes; not larger than it must be, so
// that one large record does not stay in memory for ever.
static bool chunk_clear(struct chunk *chunk, size_t need)
{
    size_t room = need > CAPTURE_CHUNK_BYTES ? need : CAPTURE_CHUNK_BYTES;
    chunk->count = 0;
    chunk->lost = 0;
    chunk->data_len = 0;
    if (chunk->data_room == room)
        return true;
    mem_free(chunk->data);
    chunk->data = mem_alloc(room);
    chunk->data_room = chunk->data ? room : 0;
    return chunk->data != NULL;
}

bool capture_damage(struct capture *capture, uint64_t offset, const char *format, ...)
{
    struct error *failure = &capture->failure;
    char what[sizeof failure->text];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    capture->failed = true;
    return error_set(failure, ERROR_FORMAT, "%s: damaged at byte %llu: %.200s", capture->name,
                     (unsigned long long)offset, what);
}

bool capture_no_memory(struct capture *capture)
{
    capture->failed = true;
    return error_set(&capture->failure, ERROR_MEMORY, "%s: no memory to read it", capture->name);
}

// The source's failure, with the place in the decoded bytes.
static void source_failed(struct capture *capture, uint64_t offset, const struct error *why)
{
    if (why->code == ERROR_FORMAT)
        capture_damage(capture, offset, "%s", why->text);
    else
        error_set(&capture->failure, why->code, "%s: cannot read at byte %llu: %.200s",
                  capture->name, (unsigned long long)offset, why->text);
    capture->failed = true;
}

// Moves what follows `at` to the front of the chunk, with room for the whole record that begins
// there. The chunk holds no records.
static bool make_room(struct capture *capture, struct chunk *chunk, size_t at)
{
    capture->base += at;
    chunk->data_len -= at;
    if (capture->need <= chunk->data_room) {
        memmove(chunk->data, chunk->data + at, chunk->data_len);
        return true;
    }
    uint8_t *data = mem_alloc(capture->need);
    if (!data)
        return capture_no_memory(capture);
    memcpy(data, chunk->data + at, chunk->data_len);
    mem_free(chunk->data);
    chunk->data = data;
    chunk->data_room = capture->need;
    return true;
}

static bool read_more(struct capture *capture, struct chunk *chunk)
{
    struct error why;
    ssize_t got = source_read(capture->source, chunk->data + chunk->data_len,
                              chunk->data_room - chunk->data_len, &why);
    if (got < 0)
        source_failed(capture, capture->base + chunk->data_len, &why);
    else if (got == 0 && chunk->data_len > 0)
        capture_damage(capture, capture->base,
                       "cut off after %zu of %zu bytes by the end of the file", chunk->data_len,
                       capture->need);
    else
        chunk->data_len += (size_t)got;
    return got > 0;
}

// The bytes behind the last whole record are kept for the next chunk.
static bool carry_over(struct capture *capture, const uint8_t *bytes, size_t len)
{
    if (len > capture->carry_room) {
        mem_free(capture->carry);
        capture->carry = mem_alloc(len);
        capture->carry_room = capture->carry ? len : 0;
    }
    if (len > capture->carry_room)
        return capture_no_memory(capture);
    if (len > 0)
        memcpy(capture->carry, bytes, len);
    capture->carried = len;
    return true;
}

int capture_next(struct capture *capture, struct chunk *chunk, struct error *err)
{
    size_t at = 0;
    if (!chunk_clear(chunk, capture->need))
        capture_no_memory(capture);
    if (!capture->failed && capture->carried > 0) {
        memcpy(chunk->data, capture->carry, capture->carried);
        chunk->data_len = capture->carried;
        capture->carried = 0;
    }
    while (chunk->count == 0 && !capture->failed) {
        if (!make_room(capture, chunk, at))
            break;
        at = 0;
        if (!read_more(capture, chunk))
            break;
        at = capture->format->walk(capture, chunk, 0);
    }
    if (chunk->count > 0 && !capture->failed)
        carry_over(capture, chunk->data + at, chunk->data_len - at);
    capture->base += at;
    if (capture->failed && err)
        *err = capture->failure;
    return capture->failed ? -1 : chunk->count > 0;
}

static const struct capture_format *detect(struct span begin)
{
    static const uint8_t section_header[] = {0x0a, 0x0d, 0x0d, 0x0a};
    size_t size = sizeof section_header;
    bool pcapng = begin.len >= size && memcmp(begin.ptr, section_header, size) == 0;
    return pcapng ? &capture_pcapng : &capture_pcap;
}

// Reads the first bytes, lets the format look at them, and keeps those that are not a file header.
static bool open_format(struct capture *capture)
{
    uint8_t begin[BEGIN_BYTES];
    struct error *failure = &capture->failure;
    size_t len = 0, header = 0;
    ssize_t got = 1;
    while (got > 0 && len < sizeof begin) {
        got = source_read(capture->source, begin + len, sizeof begin - len, failure);
        len += got > 0 ? (size_t)got : 0;
    }
    if (got < 0 && len == 0)
        return false;
    if (len == 0)
        return error_set(failure, ERROR_FORMAT, "not a capture file: empty");
    capture->format = detect(span_of(begin, len));
    if (!capture->format->open(capture, span_of(begin, len), &header))
        return false;
    capture->base = header;
    return carry_over(capture, begin + header, len - header);
}

static struct capture *capture_new(const char *name, struct byte_source *source, struct error *err)
{
    struct capture *capture = mem_zalloc(sizeof *capture);
    if (capture) {
        capture->source = source;
        capture->name = mem_strdup(name);
    }
    if (!capture || !capture->name) {
        error_set(err, ERROR_MEMORY, "no memory to read a capture");
        if (!capture)
            source_close(source);
    } else if (open_format(capture)) {
        return capture;
    } else if (err) {
        *err = capture->failure;
    }
    capture_close(capture);
    return NULL;
}

static struct capture *open_source(const char *name, struct byte_source *source, struct error *err)
{
    struct capture *capture = source ? capture_new(name, source, err) : NULL;
    if (!capture)
        error_prefix(err, "%s: %s", OPEN_FAILED, name);
    return capture;
}

struct capture *capture_open(const char *path, struct error *err)
{
    return capture_open_until(path, NULL, err);
}

struct capture *capture_open_until(const char *path, const atomic_bool *stop, struct error *err)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    return open_source(name, source_open_until(path, stop, err), err);
}

struct capture *capture_open_memory(struct span bytes, struct error *err)
{
    return open_source("memory", source_open_memory(bytes, err), err);
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    capture_pcapng_done(&capture->pcapng);
    source_close(capture->source);
    mem_free(capture->carry);
    mem_free(capture->name);
    mem_free(capture);
}

uint64_t capture_offset(const struct capture *capture)
{
    return source_offset(capture->source);
}

uint64_t capture_size(const struct capture *capture)
{
    return source_size(capture->source);
}
