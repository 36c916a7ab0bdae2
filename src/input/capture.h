// Packet captures in files: classic pcap and pcapng, by whatever byte_source reads, in chunks of
// whole records. A chunk owns its bytes, so several may be alive at once and be looked at by other
// threads while the next one is read; the memory in use does not depend on the file's length.
//
// Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng (IETF); link types as registered by
// draft-ietf-opsawg-pcaplinktype.
//
// A capture is used by one thread at a time.
#pragma once

#include "base/error.h"
#include "base/span.h"

#include <stdatomic.h>

enum {
    // File data in a chunk. It shall stay in a core's second-level cache until it has been decoded.
    CAPTURE_CHUNK_BYTES = 256 * 1024,
    // Greatest record (pcap: with its header) or block (pcapng); a chunk grows up to it and shrinks
    // again. More is damage: no capture program writes it.
    CAPTURE_RECORD_MAX = 16 * 1024 * 1024,
    // Interfaces of a pcapng section; more is damage.
    CAPTURE_INTERFACES_MAX = 65536,
};

// Times of records lie between these two; what a file has beyond (years 1823 and 2116) is set to
// the nearer one. So the difference of two times, and a time plus a duration, never overflow.
#define CAPTURE_TIME_MAX (INT64_MAX / 2)
#define CAPTURE_TIME_MIN (-CAPTURE_TIME_MAX)

struct record {
    int64_t time;        // ns since the epoch, as the file says: it may run backwards or jump
    const uint8_t *data; // the captured bytes, in the chunk
    uint32_t captured;   // how many of them
    uint32_t wire;       // as sent; at least captured, whatever the file says
    uint16_t link;       // LINKTYPE_ number, without the bits about frame check sequences
    uint16_t interface;  // pcapng: number within its section
    // Live: the outermost VLAN tag of the frame came beside it and was put back in its place.
    bool vlan_restored;
    uint8_t packet_type; // live: PACKET_HOST, PACKET_OUTGOING, … of packet(7); else 0
};

struct chunk {
    struct record *records;
    uint32_t count;
    uint64_t lost; // packets that the capturing side reports as dropped, not reported before
    // Owned memory, private to capture_next.
    uint32_t records_room;
    uint8_t *data;
    size_t data_len, data_room;
};

bool chunk_init(struct chunk *chunk); // false: no memory; chunk_done is due either way
void chunk_done(struct chunk *chunk);

struct capture;

// path may be `-` (standard input). Errors begin with upstream's text, `Cannot open pcap/pcapng
// file: PATH: …`; an empty file is `not a capture file: empty`.
struct capture *capture_open(const char *path, struct error *err);
// What comes through a pipe ends (in the middle of a record, as likely as not) when *stop is set.
// stop must outlive the capture.
struct capture *capture_open_until(const char *path, const atomic_bool *stop, struct error *err);
// bytes are borrowed until capture_close.
struct capture *capture_open_memory(struct span bytes, struct error *err);
void capture_close(struct capture *capture); // NULL is accepted

// Fills the chunk, whose former content is gone and whose memory is used again, with the next whole
// records.
//  1: one or more records
//  0: the end. No records, but `lost` may be set: interface statistics stand at the end of a file
// -1: no memory, or the file is damaged or cannot be read. The chunk holds the last whole records,
//     maybe none; every record before the damage has been handed out. err names the file, the
//     offset in its (decompressed) bytes where the damaged record, block or coding begins, and what
//     is wrong. Further calls say the same, with an empty chunk.
int capture_next(struct capture *capture, struct chunk *chunk, struct error *err);

// For progress: bytes taken from the file (compressed ones), and its size; 0 for a pipe.
uint64_t capture_offset(const struct capture *capture);
uint64_t capture_size(const struct capture *capture);
