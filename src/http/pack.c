#include "http/pack.h"

#include "base/memory.h"

#include <limits.h>
#include <zlib.h>

// The fastest level: text of metrics shrinks to a tenth with any.
enum { LEVEL = 1, GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8, CHUNK = 16 << 10 };

static voidpf zlib_alloc(voidpf opaque, uInt items, uInt size)
{
    (void)opaque;
    return mem_calloc(items, size);
}

static void zlib_free(voidpf opaque, voidpf address)
{
    (void)opaque;
    mem_free(address);
}

static bool deflate_all(z_stream *stream, struct buffer *packed)
{
    uint8_t chunk[CHUNK];
    int result;
    do {
        stream->next_out = chunk;
        stream->avail_out = sizeof chunk;
        result = deflate(stream, Z_FINISH);
        buffer_add(packed, chunk, sizeof chunk - stream->avail_out);
    } while (result == Z_OK && !packed->failed);
    return result == Z_STREAM_END && !packed->failed;
}

void http_pack(struct span plain, struct buffer *packed)
{
    buffer_done(packed);
    if (plain.len < HTTP_PACK_LEAST || plain.len > UINT_MAX)
        return;
    buffer_init(packed, plain.len - 1);
    z_stream stream = {.zalloc = zlib_alloc, .zfree = zlib_free};
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return;
    stream.next_in = (z_const Bytef *)(uintptr_t)plain.ptr;
    stream.avail_in = (uInt)plain.len;
    if (!deflate_all(&stream, packed))
        buffer_done(packed);
    deflateEnd(&stream);
}
