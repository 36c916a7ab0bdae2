#include "push/minute.h"

#include <endian.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

static const char magic[8] = "PKTVPUSH";

enum {
    VERSION = 1,
    HEADER = 32,
    HEADER_VERSION = 8,
    HEADER_PROTOCOL = 12,
    HEADER_TIME = 16,
    HEADER_CRC = 28,
    RECORD = 16,
    RECORD_LENGTH = 0,
    RECORD_KIND = 4,
    RECORD_COUNT = 8,
    RECORD_CRC = 12,
    END_SAMPLES = 0,
    END_REQUESTS = 8,
    END_PAYLOAD = 12,
};

static void put32(uint8_t *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}

static void put64(uint8_t *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof value);
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

static uint32_t checksum(const uint8_t *head, size_t len, struct span payload)
{
    uLong crc = crc32(crc32(0, NULL, 0), head, (uInt)len);
    return (uint32_t)(payload.len ? crc32(crc, payload.ptr, (uInt)payload.len) : crc);
}

static bool refuse(struct error *err, const char *what)
{
    char reason[128];
    return error_set(err, ERROR_IO, "%s: %s", what, strerror_r(errno, reason, sizeof reason));
}

// --- writing

static void write_both(struct minute_writer *writer, struct span head, struct span payload)
{
    struct span pieces[] = {head, payload};
    for (unsigned i = 0; i < 2; i++)
        while (pieces[i].len && writer->err.code == ERROR_NONE) {
            ssize_t done = write(writer->fd, pieces[i].ptr, pieces[i].len);
            if (done < 0 && errno == EINTR)
                continue;
            if (done < 0) {
                refuse(&writer->err, "cannot write");
                break;
            }
            pieces[i] = span_of(pieces[i].ptr + done, pieces[i].len - (size_t)done);
            writer->bytes += (uint64_t)done;
        }
}

void minute_begin(struct minute_writer *writer, int fd, enum push_protocol protocol, int64_t end)
{
    uint8_t head[HEADER] = {0};
    *writer = (struct minute_writer){.fd = fd, .end = end};
    memcpy(head, magic, sizeof magic);
    put32(head + HEADER_VERSION, VERSION);
    put32(head + HEADER_PROTOCOL, protocol);
    put64(head + HEADER_TIME, (uint64_t)end);
    put32(head + HEADER_CRC, checksum(head, HEADER_CRC, span_of(NULL, 0)));
    write_both(writer, span_of(head, HEADER), span_of(NULL, 0));
}

void minute_add(struct minute_writer *writer, enum minute_kind kind, uint32_t count,
                struct span payload)
{
    uint8_t head[RECORD];
    if (payload.len > MINUTE_PAYLOAD_MAX) {
        error_set(&writer->err, ERROR_INVALID, "a record is longer than %d bytes",
                  MINUTE_PAYLOAD_MAX);
        return;
    }
    put32(head + RECORD_LENGTH, (uint32_t)payload.len);
    put32(head + RECORD_KIND, kind);
    put32(head + RECORD_COUNT, count);
    put32(head + RECORD_CRC, checksum(head, RECORD_CRC, payload));
    write_both(writer, span_of(head, RECORD), payload);
    writer->records++;
    writer->requests += kind == MINUTE_REQUEST;
    writer->samples += kind == MINUTE_REQUEST ? count : 0;
}

bool minute_finish(struct minute_writer *writer, struct error *err)
{
    uint8_t payload[END_PAYLOAD];
    put64(payload + END_SAMPLES, writer->samples);
    put32(payload + END_REQUESTS, writer->requests);
    minute_add(writer, MINUTE_END, writer->records, span_of(payload, sizeof payload));
    if (writer->err.code == ERROR_NONE && fsync(writer->fd) != 0)
        refuse(&writer->err, "cannot write to the disk");
    bool fine = writer->err.code == ERROR_NONE;
    if (!fine && err)
        *err = writer->err;
    minute_abandon(writer);
    return fine;
}

void minute_abandon(struct minute_writer *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    writer->fd = -1;
}

// --- reading

// Less than `len` bytes: the file is shorter.
static ssize_t read_at(int fd, uint8_t *room, size_t len, uint64_t offset)
{
    size_t done = 0;
    while (done < len) {
        ssize_t got = pread(fd, room + done, len - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static bool read_whole(const struct minute_reader *reader, uint8_t *room, size_t len,
                       uint64_t offset, struct error *err)
{
    ssize_t got = read_at(reader->fd, room, len, offset);
    if (got < 0)
        return refuse(err, "cannot read");
    return (size_t)got == len ||
           error_set(err, ERROR_FORMAT, "ends within what begins at byte %llu",
                     (unsigned long long)reader->at);
}

static bool read_header(struct minute_reader *reader, struct error *err)
{
    uint8_t head[HEADER];
    if (!read_whole(reader, head, HEADER, 0, err))
        return false;
    if (memcmp(head, magic, sizeof magic) != 0 ||
        get32(head + HEADER_CRC) != checksum(head, HEADER_CRC, span_of(NULL, 0)))
        return error_set(err, ERROR_FORMAT, "is no file of a minute");
    if (get32(head + HEADER_VERSION) != VERSION)
        return error_set(err, ERROR_FORMAT, "has layout %u, which is not known",
                         get32(head + HEADER_VERSION));
    reader->protocol = (enum push_protocol)get32(head + HEADER_PROTOCOL);
    reader->end = (int64_t)get64(head + HEADER_TIME);
    return true;
}

bool minute_open(struct minute_reader *reader, int fd, struct error *err)
{
    *reader = (struct minute_reader){.fd = fd};
    buffer_init(&reader->payload, MINUTE_PAYLOAD_MAX);
    minute_rewind(reader);
    if (read_header(reader, err))
        return true;
    minute_close(reader);
    return false;
}

void minute_close(struct minute_reader *reader)
{
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd = -1;
    buffer_done(&reader->payload);
}

void minute_rewind(struct minute_reader *reader)
{
    reader->at = HEADER;
    reader->index = 0;
}

// Grown as the file gives bytes, so that a false length costs no memory.
static bool read_payload(struct minute_reader *reader, size_t len, struct error *err)
{
    enum { PIECE = 16 << 10 };
    uint64_t offset = reader->at + RECORD;
    struct stat status;
    if (fstat(reader->fd, &status) == 0 && (uint64_t)status.st_size < offset + len)
        return error_set(err, ERROR_FORMAT, "ends within the record at byte %llu",
                         (unsigned long long)reader->at);
    buffer_clear(&reader->payload);
    for (size_t done = 0; done < len;) {
        uint8_t piece[PIECE];
        size_t step = len - done < PIECE ? len - done : PIECE;
        if (!read_whole(reader, piece, step, offset + done, err))
            return false;
        buffer_add(&reader->payload, piece, step);
        done += step;
    }
    return !reader->payload.failed || error_set(err, ERROR_MEMORY, "no memory for a record");
}

static bool check_end(const struct minute_reader *reader, const struct minute_record *record,
                      struct error *err)
{
    if (record->payload.len == END_PAYLOAD && record->count == reader->index)
        return false;
    return error_set(err, ERROR_FORMAT, "its end does not fit what is before it");
}

bool minute_next(struct minute_reader *reader, struct minute_record *record, struct error *err)
{
    uint8_t head[RECORD];
    struct error none;
    err = err ? err : &none;
    err->code = ERROR_NONE;
    if (!read_whole(reader, head, RECORD, reader->at, err))
        return false;
    uint32_t len = get32(head + RECORD_LENGTH);
    if (len > MINUTE_PAYLOAD_MAX)
        return error_set(err, ERROR_FORMAT, "damaged at byte %llu", (unsigned long long)reader->at);
    if (!read_payload(reader, len, err))
        return false;
    *record = (struct minute_record){.kind = (enum minute_kind)get32(head + RECORD_KIND),
                                     .count = get32(head + RECORD_COUNT),
                                     .payload = buffer_span(&reader->payload)};
    if (get32(head + RECORD_CRC) != checksum(head, RECORD_CRC, record->payload))
        return error_set(err, ERROR_FORMAT, "damaged at byte %llu", (unsigned long long)reader->at);
    if (record->kind == MINUTE_END)
        return check_end(reader, record, err);
    reader->at += RECORD + len;
    reader->index++;
    return true;
}

bool minute_totals(int fd, struct minute_totals *totals)
{
    uint8_t end[RECORD + END_PAYLOAD];
    struct stat status;
    if (fstat(fd, &status) != 0 || status.st_size < (off_t)sizeof end)
        return false;
    if (read_at(fd, end, sizeof end, (uint64_t)status.st_size - sizeof end) != sizeof end)
        return false;
    struct span payload = span_of(end + RECORD, END_PAYLOAD);
    if (get32(end + RECORD_KIND) != MINUTE_END ||
        get32(end + RECORD_CRC) != checksum(end, RECORD_CRC, payload))
        return false;
    *totals = (struct minute_totals){.requests = get32(payload.ptr + END_REQUESTS),
                                     .samples = get64(payload.ptr + END_SAMPLES)};
    return true;
}
