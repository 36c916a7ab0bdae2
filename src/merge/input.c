#include "merge/input.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, STREAM_MAX = METRIC_SKETCHES_PACKED_MAX + 2 * CHUNK };

// What has been read of a file and not been merged yet.
struct stream {
    const char *name;
    int fd;
    uint8_t *bytes;
    size_t from, to, room;
    size_t document; // number of the one that begins at `from`
    bool ended;
};

static bool make_room(struct stream *stream, struct error *err)
{
    if (stream->from) {
        memmove(stream->bytes, stream->bytes + stream->from, stream->to - stream->from);
        stream->to -= stream->from;
        stream->from = 0;
    }
    if (stream->room - stream->to >= CHUNK)
        return true;
    size_t room = stream->room ? stream->room * 2 : 2 * CHUNK;
    room = room < STREAM_MAX ? room : STREAM_MAX;
    if (room - stream->to < CHUNK)
        return error_set(err, ERROR_FORMAT, "a document of more than %d MiB",
                         METRIC_SKETCHES_PACKED_MAX >> 20);
    uint8_t *bytes = mem_realloc(stream->bytes, room);
    if (!bytes)
        return error_set(err, ERROR_MEMORY, "no memory");
    stream->bytes = bytes;
    stream->room = room;
    return true;
}

static bool read_more(struct stream *stream, struct error *err)
{
    ssize_t n;
    if (!make_room(stream, err))
        return false;
    do
        n = read(stream->fd, stream->bytes + stream->to, CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return error_set(err, ERROR_IO, "%m");
    stream->to += (size_t)n;
    stream->ended = n == 0;
    return true;
}

// The length of the document that begins the stream, as far as it is there. 0: more is needed, or
// (at the end) it is none.
static bool next_length(struct stream *stream, size_t *length, struct error *err)
{
    for (;;) {
        struct span there = span_of(stream->bytes + stream->from, stream->to - stream->from);
        *length = there.len ? metric_import_length(there) : 0;
        if (*length || stream->ended)
            return true;
        if (!read_more(stream, err))
            return false;
    }
}

static bool name_document(const struct stream *stream, struct error *err)
{
    error_prefix(err, "%s: document %zu", stream->name, stream->document);
    return false;
}

static bool add_next(const struct merge_input *input, struct metric_merge *merge,
                     struct stream *stream, size_t length, struct error *err)
{
    size_t there = stream->to - stream->from;
    struct span bytes = span_of(stream->bytes + stream->from, length ? length : there);
    stream->document++;
    if (!metric_merge_add(merge, bytes, err)) {
        name_document(stream, err);
        if (!input->skipped || err->code == ERROR_MEMORY)
            return false;
        ++*input->skipped;
        input->tell(err);
        *err = (struct error){0};
    }
    stream->from += bytes.len;
    return true;
}

static bool add_all(const struct merge_input *input, struct metric_merge *merge,
                    struct stream *stream, struct error *err)
{
    size_t length;
    for (;;) {
        if (!next_length(stream, &length, err)) {
            error_prefix(err, "%s", stream->name);
            return false;
        }
        if (stream->from == stream->to)
            return stream->document || error_set(err, ERROR_FORMAT, "%s: empty", stream->name);
        if (!add_next(input, merge, stream, length, err))
            return false;
    }
}

bool merge_input_add(const struct merge_input *input, struct metric_merge *merge, const char *path,
                     struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct stream stream = {.name = is_stdin ? "standard input" : path,
                            .fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)};
    if (stream.fd < 0)
        return error_set(err, ERROR_IO, "%s: %m", path);
    bool fine = add_all(input, merge, &stream, err);
    mem_free(stream.bytes);
    if (!is_stdin)
        close(stream.fd);
    return fine;
}
