// Classic pcap, in the byte order of the machine that wrote it:
//
//   file header (24)                          record header (16, modified: 24)
//    0 magic: byte order, time unit            0 seconds since 1970 (unsigned)
//    4 version 2   6 minor version             4 micro- or nanoseconds
//    8 time zone, never used                   8 captured length
//   12 accuracy, never used                   12 length on the wire
//   16 snap length: not relied on             16 modified: interface, protocol, kind; skipped
//   20 link type; upper 16 bits: FCS length      the captured bytes
#include "input/capture_format.h"

enum {
    FILE_HEADER = 24,
    AT_MAJOR = 4,
    AT_MINOR = 6,
    AT_LINK = 20,
    RECORD_HEADER = 16,
    RECORD_HEADER_MODIFIED = 24,
    AT_FRACTION = 4,
    AT_CAPTURED = 8,
    AT_WIRE = 12,
    MAJOR = 2,
    MINOR_FIRST = 3, // before it the two lengths stood the other way round
};

static const struct pcap_magic {
    uint32_t magic;
    uint32_t ns_per_unit;
    uint8_t record_header;
} magics[] = {
    {0xa1b2c3d4, 1000, RECORD_HEADER},
    {0xa1b23c4d, 1, RECORD_HEADER},
    {0xa1b2cd34, 1000, RECORD_HEADER_MODIFIED}, // Alexey Kuznetzov's patched libpcap
};

static const struct pcap_magic *find_magic(uint32_t magic)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (magics[i].magic == magic)
            return &magics[i];
    return NULL;
}

static bool pcap_open(struct capture *capture, struct span begin, size_t *header)
{
    struct error *failure = &capture->failure;
    const struct pcap_magic *magic = NULL;
    for (int swapped = 0; begin.len >= sizeof(uint32_t) && !magic && swapped < 2; swapped++) {
        magic = find_magic(capture_u32(swapped, begin.ptr));
        capture->swapped = swapped;
    }
    if (!magic)
        return error_set(failure, ERROR_FORMAT, "not a capture file");
    if (begin.len < FILE_HEADER)
        return error_set(failure, ERROR_FORMAT, "file header cut off after %zu of %d bytes",
                         begin.len, FILE_HEADER);
    unsigned major = capture_u16(capture->swapped, begin.ptr + AT_MAJOR);
    unsigned minor = capture_u16(capture->swapped, begin.ptr + AT_MINOR);
    if (major != MAJOR || minor < MINOR_FIRST)
        return error_set(failure, ERROR_UNSUPPORTED, "pcap version %u.%u is not supported", major,
                         minor);
    capture->pcap = (struct pcap_state){
        .link = (uint16_t)capture_u32(capture->swapped, begin.ptr + AT_LINK),
        .record_header = magic->record_header,
        .ns_per_unit = magic->ns_per_unit,
    };
    *header = FILE_HEADER;
    return true;
}

// The walk is compiled once for each byte order: it is all that stands between read(2) and the
// decoders.
static inline __attribute__((always_inline)) size_t walk(struct capture *capture,
                                                         struct chunk *chunk, size_t at,
                                                         bool swapped)
{
    const struct pcap_state pcap = capture->pcap;
    capture->need = pcap.record_header;
    while (chunk->data_len - at >= pcap.record_header) {
        const uint8_t *p = chunk->data + at;
        uint32_t captured = capture_u32(swapped, p + AT_CAPTURED);
        size_t size = (size_t)pcap.record_header + captured;
        if (__builtin_expect(size > CAPTURE_RECORD_MAX, 0)) {
            capture_damage(capture, capture->base + at, "record claims %u captured bytes",
                           captured);
            break;
        }
        if (chunk->data_len - at < size) {
            capture->need = size;
            break;
        }
        if (chunk->count == chunk->records_room && !chunk_grow_records(chunk)) {
            capture_no_memory(capture);
            break;
        }
        chunk->records[chunk->count++] = (struct record){
            .time = (int64_t)capture_u32(swapped, p) * CLOCK_SECOND +
                    (int64_t)capture_u32(swapped, p + AT_FRACTION) * pcap.ns_per_unit,
            .data = p + pcap.record_header,
            .captured = captured,
            .wire = u32_max(capture_u32(swapped, p + AT_WIRE), captured),
            .link = pcap.link,
        };
        at += size;
    }
    return at;
}

static size_t pcap_walk(struct capture *capture, struct chunk *chunk, size_t at)
{
    return capture->swapped ? walk(capture, chunk, at, true) : walk(capture, chunk, at, false);
}

const struct capture_format capture_pcap = {.open = pcap_open, .walk = pcap_walk};
