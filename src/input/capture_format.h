// What the capture formats share. A format walks over the bytes of a chunk and appends a record for
// each packet; capture.c reads, keeps what a chunk's end cuts apart, and reports damage. Internal
// to this floor.
#pragma once

#include "base/clock.h"
#include "input/byte_source.h"
#include "input/capture.h"

struct capture;

struct capture_format {
    // Looks at the first bytes of the file. *header: how many of them are a file header that walk
    // does not see again. False: `failure` is set, a text without the file's name.
    bool (*open)(struct capture *capture, struct span begin, size_t *header);
    // Appends the whole records from chunk->data + at on and returns where the rest begins; sets
    // capture->need when more bytes than there are belong to the next one. Ends at damage.
    size_t (*walk)(struct capture *capture, struct chunk *chunk, size_t at);
};

struct pcap_state {
    uint16_t link;
    uint8_t record_header; // bytes
    uint32_t ns_per_unit;  // of the lower time field
};

struct pcapng_interface;

struct pcapng_state {
    struct pcapng_interface *interfaces;
    uint32_t count, room;
    int64_t newest; // time of the packet before; simple packet blocks have none of their own
};

struct capture {
    char *name;
    struct byte_source *source;
    const struct capture_format *format;
    bool swapped; // byte order of the file or section is not ours
    bool failed;
    struct error failure;
    uint64_t base;  // offset in the file of the chunk's first byte
    size_t need;    // bytes that the record at the chunk's end has, as far as known
    uint8_t *carry; // the begin of that record, for the next chunk
    size_t carried, carry_room;
    struct pcap_state pcap;
    struct pcapng_state pcapng;
};

extern const struct capture_format capture_pcap, capture_pcapng;

// Marks the capture as damaged at an offset of the file. Returns false.
bool capture_damage(struct capture *capture, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool capture_no_memory(struct capture *capture); // likewise

void capture_pcapng_done(struct pcapng_state *state);

bool chunk_grow_records(struct chunk *chunk);

static inline uint16_t capture_u16(bool swapped, const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t capture_u32(bool swapped, const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t capture_u64(bool swapped, const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return swapped ? __builtin_bswap64(value) : value;
}

static inline uint32_t u32_max(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}
