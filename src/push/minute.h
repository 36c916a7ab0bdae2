// The file of one minute in a queue: the requests that carry it to a receiver, byte for byte as
// they are sent, and the series that they hold, for the staleness markers of the minute after it.
// Written once, front to back, and only then given its name (push/queue.h), so that it is whole or
// not there; the checksums are for disks that forget.
//
//   offset  bytes  header
//        0      8  "PKTVPUSH"
//        8      4  version of the layout: 1
//       12      4  enum push_protocol
//       16      8  the minute's end, ns since the epoch
//       24      4  0
//       28      4  CRC-32 of the 28 bytes before it
//
//   offset  bytes  record; those of requests and series in any order, then one MINUTE_END
//        0      4  bytes of the payload
//        4      4  enum minute_kind
//        8      4  samples of the request, entries of the series, records before the end
//       12      4  CRC-32 of the 12 bytes before it and the payload
//       16      -  payload. Of the end: 8 bytes, samples of all requests; 4 bytes, requests
//
// All numbers in little-endian order; CRC-32 as in RFC 1952 (zlib's).
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "push/protocol.h"

enum minute_kind {
    MINUTE_REQUEST = 1, // a body as it is sent
    MINUTE_SERIES =
        2, // entries as the protocol's writer makes them, compressed (push/series_set.h)
    MINUTE_END = 3,
};

enum { MINUTE_PAYLOAD_MAX = 8 << 20 }; // a longer one is damage

// Writing. The first failure sticks, and `finish` tells it.
struct minute_writer {
    int fd; // -1: closed
    int64_t end;
    uint64_t bytes, samples;
    uint32_t records, requests;
    struct error err; // code: something failed
};

// Takes over the descriptor of an empty file.
void minute_begin(struct minute_writer *writer, int fd, enum push_protocol protocol, int64_t end);
void minute_add(struct minute_writer *writer, enum minute_kind kind, uint32_t count,
                struct span payload);
// The end, and all of it on the disk. Closes. False: err.
bool minute_finish(struct minute_writer *writer, struct error *err);
void minute_abandon(struct minute_writer *writer); // closes

// Reading.
struct minute_record {
    enum minute_kind kind;
    uint32_t count;
    struct span payload; // stands until the next call
};

struct minute_reader {
    int fd; // -1: closed
    enum push_protocol protocol;
    int64_t end;
    uint64_t at;    // offset of the next record
    uint32_t index; // its number
    struct buffer payload;
};

// Takes over the descriptor, also on failure. ERROR_FORMAT: it is no such file; ERROR_MEMORY.
bool minute_open(struct minute_reader *reader, int fd, struct error *err);
void minute_close(struct minute_reader *reader); // {.fd = -1} is accepted

// The next record. False at the end (err has no code then), and where the file is damaged, cannot
// be read or finds no memory (ERROR_FORMAT, ERROR_IO, ERROR_MEMORY); the place is told.
bool minute_next(struct minute_reader *reader, struct minute_record *record, struct error *err);
void minute_rewind(struct minute_reader *reader);

// Requests and samples of a file, as its end says. False: it has no end where it should be.
struct minute_totals {
    uint32_t requests;
    uint64_t samples;
};
bool minute_totals(int fd, struct minute_totals *totals);
