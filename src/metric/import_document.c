// A document is unpacked as a whole, into memory that is kept from one to the next, and then walked
// where it lies.
#include "metric/import_part.h"

#include "base/memory.h"
#include "metric/sketches_fields.h"

#include <zstd.h>

enum { FRAME_DESCRIPTOR = 4, CHECKSUM_FLAG = 1 << 2 }; // RFC 8878, 3.1.1.1.1

static bool wrong(struct error *err, const char *what)
{
    return error_set(err, ERROR_FORMAT, "%s", what);
}

void metric_import_done(struct metric_import_document *document)
{
    ZSTD_freeDCtx(document->zstd);
    mem_free(document->plain);
    *document = (struct metric_import_document){0};
}

static bool make_room(struct metric_import_document *document, size_t size, struct error *err)
{
    if (!document->zstd && !(document->zstd = ZSTD_createDCtx()))
        return error_set(err, ERROR_MEMORY, "no memory");
    if (size <= document->room)
        return true;
    mem_free(document->plain);
    document->room = 0;
    document->plain = mem_alloc(size);
    if (!document->plain)
        return error_set(err, ERROR_MEMORY, "no memory for %zu bytes", size);
    document->room = size;
    return true;
}

// How long the frame is, and its content.
static bool measure(struct span bytes, size_t *packed, size_t *plain, struct error *err)
{
    unsigned long long size = ZSTD_getFrameContentSize(bytes.ptr, bytes.len);
    if (size == ZSTD_CONTENTSIZE_ERROR)
        return wrong(err, "no zstd frame");
    if (size == ZSTD_CONTENTSIZE_UNKNOWN)
        return wrong(err, "a zstd frame that does not say how long its content is");
    if (!(bytes.ptr[FRAME_DESCRIPTOR] & CHECKSUM_FLAG))
        return wrong(err, "a zstd frame without a checksum");
    *packed = ZSTD_findFrameCompressedSize(bytes.ptr, bytes.len);
    if (ZSTD_isError(*packed))
        return wrong(err, "the zstd frame is damaged, or not whole");
    if (*packed > METRIC_SKETCHES_PACKED_MAX || size > METRIC_SKETCHES_PLAIN_MAX)
        return error_set(err, ERROR_FORMAT, "a document of more than %d MiB, or %d MiB unpacked",
                         METRIC_SKETCHES_PACKED_MAX >> 20, METRIC_SKETCHES_PLAIN_MAX >> 20);
    *plain = (size_t)size;
    return true;
}

size_t metric_import_length(struct span bytes)
{
    size_t length = ZSTD_findFrameCompressedSize(bytes.ptr, bytes.len);
    return ZSTD_isError(length) ? 0 : length;
}

static bool read_head(struct metric_import_document *document, struct error *err)
{
    struct proto_reader reader = document->parts;
    struct proto_field field;
    uint64_t version = 0;
    document->written = 0;
    while (proto_next(&reader, &field)) {
        if (field.number == SKETCHES_VERSION && field.type == PROTO_VARINT)
            version = field.value;
        else if (field.number == SKETCHES_WRITTEN && field.type == PROTO_VARINT)
            document->written = (int64_t)field.value;
        else if (field.number == SKETCHES_PARTS && field.type != PROTO_LEN)
            return wrong(err, "a part of another type");
    }
    if (reader.failed || version == 0)
        return wrong(err, "no document of sketches");
    return version <= METRIC_SKETCHES_VERSION ||
           error_set(err, ERROR_UNSUPPORTED, "version %llu of the form, where %d is known",
                     (unsigned long long)version, METRIC_SKETCHES_VERSION);
}

size_t metric_import_open(struct metric_import_document *document, struct span bytes,
                          struct error *err)
{
    size_t packed = 0, plain = 0;
    if (!measure(bytes, &packed, &plain, err) || !make_room(document, plain, err))
        return 0;
    size_t size = ZSTD_decompressDCtx(document->zstd, document->plain, plain, bytes.ptr, packed);
    if (ZSTD_isError(size) || size != plain) {
        error_set(err, ERROR_FORMAT, "the zstd frame is damaged (%s)", ZSTD_getErrorName(size));
        return 0;
    }
    document->content = span_of(document->plain, plain);
    metric_import_rewind(document);
    return read_head(document, err) ? packed : 0;
}

void metric_import_rewind(struct metric_import_document *document)
{
    document->parts = proto_reader_of(document->content);
}

bool metric_import_next(struct metric_import_document *document, struct metric_import_part *part,
                        struct error *err)
{
    struct proto_field field;
    while (proto_next(&document->parts, &field)) {
        if (field.number != SKETCHES_PARTS)
            continue;
        *part = (struct metric_import_part){.written = document->written};
        return import_part_read(part, field.bytes, err);
    }
    return false;
}
