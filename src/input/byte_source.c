#include "input/byte_source.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { MAGIC_BYTES = 4, GZIP_ONLY = 16 }; // GZIP_ONLY: what zlib adds to windowBits (zlib.h)
enum { STOP_POLL_MS = 100 };              // how long a stop may go unnoticed

// One coding: how it begins and how it is undone. decode turns bytes of the input buffer into bytes
// at `into`; it returns how many (0: it wants more input), and marks the source as failed where the
// coding is damaged.
struct coding {
    const char *name;
    bool (*begins)(const uint8_t *magic);
    bool (*start)(struct byte_source *source);
    size_t (*decode)(struct byte_source *source, uint8_t *into, size_t room);
    void (*finish)(struct byte_source *source);
};

struct byte_source {
    int file;                // -1: memory
    const atomic_bool *stop; // of what may keep a reader waiting; else NULL
    bool close_file;
    bool at_end;  // of the file
    bool stopped; // by *stop: the end is where the stop came
    bool failed;
    bool inside; // a gzip member or zstd frame that has not ended
    struct error failure;
    struct span memory; // what is left of it
    uint64_t offset;
    uint64_t size;
    const struct coding *coding; // NULL: plain
    uint8_t *input;
    size_t input_at, input_len;
    z_stream gzip;
    ZSTD_DCtx *zstd;
};

static void fail(struct byte_source *source, enum error_code code, const char *what,
                 const char *reason)
{
    source->failed = true;
    error_set(&source->failure, code, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
}

static void fail_system(struct byte_source *source, int number)
{
    char reason[128];
    fail(source, ERROR_IO, strerror_r(number, reason, sizeof reason), NULL);
}

static size_t take_memory(struct byte_source *source, uint8_t *into, size_t room)
{
    size_t taken = room < source->memory.len ? room : source->memory.len;
    if (taken > 0) {
        memcpy(into, source->memory.ptr, taken);
        source->memory = span_of(source->memory.ptr + taken, source->memory.len - taken);
    }
    return taken;
}

// Waits until a read brings something, be it the end. False: stopped.
static bool wait_readable(struct byte_source *source)
{
    struct pollfd readable = {.fd = source->file, .events = POLLIN};
    while (!atomic_load_explicit(source->stop, memory_order_relaxed)) {
        int ready = poll(&readable, 1, STOP_POLL_MS);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
    }
    source->stopped = true;
    return false;
}

// Bytes as they are in the file; 0 at its end and after a failure.
static size_t read_raw(struct byte_source *source, uint8_t *into, size_t room)
{
    ssize_t got;
    if (source->file < 0) {
        got = (ssize_t)take_memory(source, into, room);
    } else if (source->stop && !wait_readable(source)) {
        got = 0;
    } else {
        do
            got = read(source->file, into, room);
        while (got < 0 && errno == EINTR);
    }
    if (got < 0)
        fail_system(source, errno);
    source->at_end = got <= 0;
    source->offset += got > 0 ? (size_t)got : 0;
    return got > 0 ? (size_t)got : 0;
}

static bool refill(struct byte_source *source)
{
    source->input_at = 0;
    source->input_len = read_raw(source, source->input, SOURCE_INPUT_BYTES);
    return source->input_len > 0;
}

static void *gzip_alloc(void *opaque, unsigned count, unsigned size)
{
    (void)opaque;
    return mem_calloc(count, size);
}

static void gzip_free(void *opaque, void *memory)
{
    (void)opaque;
    mem_free(memory);
}

static bool gzip_begins(const uint8_t *magic)
{
    return magic[0] == 0x1f && magic[1] == 0x8b;
}

static bool gzip_start(struct byte_source *source)
{
    source->gzip = (z_stream){.zalloc = gzip_alloc, .zfree = gzip_free};
    return inflateInit2(&source->gzip, GZIP_ONLY + MAX_WBITS) == Z_OK;
}

static void gzip_finish(struct byte_source *source)
{
    inflateEnd(&source->gzip);
}

// Between two members; zero bytes there are padding, as gzip itself takes them.
static bool gzip_next_member(struct byte_source *source)
{
    while (source->input_at < source->input_len && source->input[source->input_at] == 0)
        source->input_at++;
    source->inside = source->input_at < source->input_len;
    if (source->inside)
        inflateReset(&source->gzip);
    return source->inside;
}

static size_t gzip_decode(struct byte_source *source, uint8_t *into, size_t room)
{
    if (!source->inside && !gzip_next_member(source))
        return 0;
    z_stream *z = &source->gzip;
    z->next_in = source->input + source->input_at;
    z->avail_in = (unsigned)(source->input_len - source->input_at);
    z->next_out = into;
    z->avail_out = room < UINT32_MAX ? (unsigned)room : UINT32_MAX;
    int result = inflate(z, Z_NO_FLUSH);
    source->input_at = source->input_len - z->avail_in;
    if (result == Z_STREAM_END)
        source->inside = false;
    else if (result == Z_MEM_ERROR)
        fail(source, ERROR_MEMORY, "no memory to decompress gzip data", NULL);
    else if (result != Z_OK && result != Z_BUF_ERROR)
        fail(source, ERROR_FORMAT, "damaged gzip data", z->msg);
    return (size_t)(z->next_out - into);
}

static bool zstd_begins(const uint8_t *magic)
{
    static const uint8_t frame[MAGIC_BYTES] = {0x28, 0xb5, 0x2f, 0xfd};
    static const uint8_t skippable[MAGIC_BYTES] = {0x50, 0x2a, 0x4d, 0x18}; // low 4 bits: any
    return memcmp(magic, frame, sizeof frame) == 0 ||
           ((magic[0] & 0xf0) == skippable[0] && memcmp(magic + 1, skippable + 1, 3) == 0);
}

static bool zstd_start(struct byte_source *source)
{
    source->zstd = ZSTD_createDCtx();
    return source->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(source->zstd, ZSTD_d_windowLogMax,
                                                                SOURCE_ZSTD_WINDOW_LG));
}

static void zstd_finish(struct byte_source *source)
{
    ZSTD_freeDCtx(source->zstd);
}

static size_t zstd_decode(struct byte_source *source, uint8_t *into, size_t room)
{
    if (!source->inside && source->input_at == source->input_len)
        return 0; // between two frames; libzstd would take the call as the begin of another
    ZSTD_inBuffer in = {source->input, source->input_len, source->input_at};
    ZSTD_outBuffer out = {into, room, 0};
    size_t hint = ZSTD_decompressStream(source->zstd, &out, &in);
    if (ZSTD_getErrorCode(hint) == ZSTD_error_frameParameter_windowTooLarge)
        fail(source, ERROR_UNSUPPORTED, "zstd data with a window of more than 8 MiB", NULL);
    else if (ZSTD_isError(hint))
        fail(source, ERROR_FORMAT, "damaged zstd data", ZSTD_getErrorName(hint));
    source->input_at = in.pos;
    source->inside = hint != 0;
    return out.pos;
}

static const struct coding codings[] = {
    {"gzip", gzip_begins, gzip_start, gzip_decode, gzip_finish},
    {"zstd", zstd_begins, zstd_start, zstd_decode, zstd_finish},
};

// Reads as much as the magic needs (a pipe may bring one byte at a time) and picks the coding.
static bool detect(struct byte_source *source, struct error *err)
{
    while (source->input_len < MAGIC_BYTES && !source->at_end)
        source->input_len += read_raw(source, source->input + source->input_len,
                                      SOURCE_INPUT_BYTES - source->input_len);
    if (source->failed) {
        if (err)
            *err = source->failure;
        return false;
    }
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        if (source->input_len < MAGIC_BYTES || !codings[i].begins(source->input))
            continue;
        if (!codings[i].start(source))
            return error_set(err, ERROR_MEMORY, "no memory to decompress");
        source->coding = &codings[i];
        source->inside = true;
    }
    return true;
}

static struct byte_source *source_new(int file, struct span memory, const atomic_bool *stop,
                                      struct error *err)
{
    struct byte_source *source = mem_zalloc(sizeof *source);
    if (source) {
        source->file = file;
        source->memory = memory;
        source->size = memory.len;
        source->stop = stop;
        source->input = mem_alloc(SOURCE_INPUT_BYTES);
    }
    if (!source || !source->input) {
        source_close(source);
        error_set(err, ERROR_MEMORY, "no memory to read a file");
        return NULL;
    }
    struct stat status;
    if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        source->size = (uint64_t)status.st_size;
        source->stop = NULL; // a read ends soon
        posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    if (detect(source, err))
        return source;
    source_close(source);
    return NULL;
}

struct byte_source *source_open(const char *path, struct error *err)
{
    return source_open_until(path, NULL, err);
}

struct byte_source *source_open_until(const char *path, const atomic_bool *stop, struct error *err)
{
    bool file_is_ours = strcmp(path, "-") != 0;
    int file = file_is_ours ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (file < 0) {
        char reason[128];
        error_set(err, ERROR_IO, "%s", strerror_r(errno, reason, sizeof reason));
        return NULL;
    }
    struct byte_source *source = source_new(file, span_of(NULL, 0), stop, err);
    if (source)
        source->close_file = file_is_ours;
    else if (file_is_ours)
        close(file);
    return source;
}

struct byte_source *source_open_memory(struct span bytes, struct error *err)
{
    return source_new(-1, bytes, NULL, err);
}

void source_close(struct byte_source *source)
{
    if (!source)
        return;
    if (source->coding)
        source->coding->finish(source);
    if (source->close_file)
        close(source->file);
    mem_free(source->input);
    mem_free(source);
}

// What detect read ahead comes first, then the file goes straight into the caller's memory.
static size_t read_plain(struct byte_source *source, uint8_t *into, size_t room)
{
    size_t ahead = source->input_len - source->input_at;
    if (ahead == 0)
        return read_raw(source, into, room);
    size_t taken = ahead < room ? ahead : room;
    memcpy(into, source->input + source->input_at, taken);
    source->input_at += taken;
    return taken;
}

static size_t read_coded(struct byte_source *source, uint8_t *into, size_t room)
{
    while (!source->failed) {
        size_t got = source->coding->decode(source, into, room);
        if (got > 0)
            return got;
        if (source->failed || source->input_at < source->input_len || refill(source))
            continue;
        if (source->inside && !source->failed && !source->stopped)
            fail(source, ERROR_FORMAT, "file ends inside compressed data", source->coding->name);
        break;
    }
    return 0;
}

ssize_t source_read(struct byte_source *source, uint8_t *into, size_t room, struct error *err)
{
    size_t got = 0;
    if (!source->failed)
        got = source->coding ? read_coded(source, into, room) : read_plain(source, into, room);
    if (got == 0 && source->failed) {
        if (err)
            *err = source->failure;
        return -1;
    }
    return (ssize_t)got;
}

uint64_t source_offset(const struct byte_source *source)
{
    return source->offset - (source->input_len - source->input_at);
}

uint64_t source_size(const struct byte_source *source)
{
    return source->size;
}
