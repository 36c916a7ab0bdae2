#include "push/draft.h"

#include "base/memory.h"
#include "push/proto3.h"

#include <snappy-c.h>
#include <zlib.h>

enum {
    REQUEST_MAX = 4 << 20, // a series more than DRAFT_REQUEST_FULL, never so much
    SERIES_FULL = 64 << 10,
    SERIES_MAX = 4 << 20,
    GZIP_LEVEL = 4,
    GZIP_WINDOW = 15 + 16, // zlib: with gzip's header
    GZIP_MEMORY = 8,
};

void draft_init(struct draft *draft, bool (*pack)(struct span plain, struct buffer *packed))
{
    *draft = (struct draft){.pack = pack};
    buffer_init(&draft->request, REQUEST_MAX);
    buffer_init(&draft->series, SERIES_MAX);
    buffer_init(&draft->packed, MINUTE_PAYLOAD_MAX);
    buffer_init(&draft->records, DRAFT_MAX);
}

void draft_done(struct draft *draft)
{
    buffer_done(&draft->request);
    buffer_done(&draft->series);
    buffer_done(&draft->packed);
    buffer_done(&draft->records);
    series_set_done(&draft->set);
}

void draft_clear(struct draft *draft)
{
    bool (*pack)(struct span plain, struct buffer * packed) = draft->pack;
    draft_done(draft);
    draft_init(draft, pack);
}

// A record in memory: kind, count, length, payload.
struct note {
    uint32_t kind, count;
    uint64_t len;
};

static void add_record(struct draft *draft, enum minute_kind kind, uint32_t count)
{
    struct note note = {kind, count, draft->packed.len};
    buffer_add(&draft->records, &note, sizeof note);
    buffer_add(&draft->records, draft->packed.data, draft->packed.len);
}

static void flush_series(struct draft *draft)
{
    if (draft->n_series == 0)
        return;
    buffer_clear(&draft->packed);
    if (draft->series.failed || !draft_pack_snappy(buffer_span(&draft->series), &draft->packed))
        draft->failed = true;
    else
        add_record(draft, MINUTE_SERIES, draft->n_series);
    buffer_clear(&draft->series);
    draft->n_series = 0;
}

bool draft_series(struct draft *draft, struct span identity)
{
    enum series_set_result result = series_set_add(&draft->set, identity);
    draft->duplicates += result == SERIES_PRESENT;
    draft->failed |= result == SERIES_NO_MEMORY;
    if (result != SERIES_ADDED)
        return false;
    proto_varint(&draft->series, identity.len);
    buffer_add(&draft->series, identity.ptr, identity.len);
    draft->n_series++;
    if (draft->series.len >= SERIES_FULL)
        flush_series(draft);
    return true;
}

void draft_flush(struct draft *draft)
{
    if (draft->request.len == 0 && !draft->request.failed)
        return;
    buffer_clear(&draft->packed);
    if (draft->request.failed || !draft->pack(buffer_span(&draft->request), &draft->packed))
        draft->failed = true;
    else
        add_record(draft, MINUTE_REQUEST, draft->samples);
    buffer_clear(&draft->request);
    draft->samples = 0;
}

// --- the minute before

// False: the bytes are not what they should be, or memory is missing, which the draft is told.
static bool unpack(struct draft *draft, struct span packed, struct buffer *plain)
{
    size_t len;
    buffer_clear(plain);
    if (snappy_uncompressed_length((const char *)packed.ptr, packed.len, &len) != SNAPPY_OK ||
        len > SERIES_MAX)
        return false;
    char *room = mem_alloc(len + 1);
    bool fine =
        room && snappy_uncompress((const char *)packed.ptr, packed.len, room, &len) == SNAPPY_OK;
    if (fine)
        buffer_add(plain, room, len);
    draft->failed |= !room || plain->failed;
    mem_free(room);
    return fine && !plain->failed;
}

static bool next_identity(struct proto_reader *reader, struct span *identity)
{
    uint64_t len;
    if (!proto_next_varint(reader, &len) || len > (size_t)(reader->end - reader->at))
        return false;
    *identity = span_of(reader->at, (size_t)len);
    reader->at += len;
    return true;
}

void draft_compare_with(struct draft *draft, struct minute_reader *before,
                        void (*gone)(void *context, struct span identity), void *context)
{
    struct minute_record record;
    struct buffer plain;
    struct span identity;
    struct error err;
    buffer_init(&plain, SERIES_MAX);
    while (minute_next(before, &record, &err)) {
        if (record.kind != MINUTE_SERIES || !unpack(draft, record.payload, &plain))
            continue;
        struct proto_reader left = proto_reader_of(buffer_span(&plain));
        while (next_identity(&left, &identity))
            if (!series_set_has(&draft->set, identity)) {
                draft->markers++;
                gone(context, identity);
            }
    }
    draft->failed |= err.code == ERROR_MEMORY;
    buffer_done(&plain);
}

void draft_compare(struct draft *draft, struct queue *queue,
                   void (*gone)(void *context, struct span identity), void *context)
{
    struct minute_reader before;
    struct error err;
    if (!queue_newest(queue, &before, &err)) {
        draft->failed |= err.code == ERROR_MEMORY;
        return;
    }
    draft_compare_with(draft, &before, gone, context);
    minute_close(&before);
}

// --- saving

static void add_records(const struct draft *draft, struct minute_writer *writer)
{
    for (size_t at = 0; at < draft->records.len;) {
        struct note note;
        memcpy(&note, draft->records.data + at, sizeof note);
        at += sizeof note;
        minute_add(writer, (enum minute_kind)note.kind, note.count,
                   span_of(draft->records.data + at, (size_t)note.len));
        at += (size_t)note.len;
    }
}

bool draft_save(struct draft *draft, struct queue *queue, int64_t end, struct error *err)
{
    struct minute_writer writer;
    draft_flush(draft);
    flush_series(draft);
    if (draft->failed || draft->records.failed)
        return error_set(err, ERROR_MEMORY, "no memory for a minute");
    if (!queue_begin(queue, end, &writer, err))
        return false;
    add_records(draft, &writer);
    return queue_commit(queue, &writer, err);
}

// --- packings

bool draft_pack_snappy(struct span plain, struct buffer *packed)
{
    size_t len = snappy_max_compressed_length(plain.len);
    char *room = mem_alloc(len);
    if (!room)
        return false;
    bool fine = snappy_compress((const char *)plain.ptr, plain.len, room, &len) == SNAPPY_OK;
    if (fine)
        buffer_add(packed, room, len);
    mem_free(room);
    return fine && !packed->failed;
}

static void *zlib_alloc(void *context, unsigned items, unsigned size)
{
    (void)context;
    return mem_calloc(items, size);
}

static void zlib_free(void *context, void *block)
{
    (void)context;
    mem_free(block);
}

bool draft_pack_gzip(struct span plain, struct buffer *packed)
{
    z_stream stream = {.zalloc = zlib_alloc, .zfree = zlib_free};
    if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t len = deflateBound(&stream, plain.len);
    uint8_t *room = mem_alloc(len);
    stream.next_in = (Bytef *)(uintptr_t)plain.ptr;
    stream.avail_in = (uInt)plain.len;
    stream.next_out = room;
    stream.avail_out = (uInt)len;
    bool fine = room && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    if (fine)
        buffer_add(packed, room, stream.total_out);
    deflateEnd(&stream);
    mem_free(room);
    return fine && !packed->failed;
}
