// Capture files in memory, written field by field in either byte order, for tests and fuzz seeds.
//
//     struct capture_build b;
//     capture_build_begin(&b, false);
//     capture_build_pcap(&b, PCAP_MAGIC_MICRO, 1);
//     capture_build_record(&b, 1700000000, 250000, 60, span_text("a frame cut short"));
//     … capture_build_span(&b) …
//     capture_build_done(&b);
//
// pcapng: capture_build_section, then capture_build_block … capture_build_end around the fields of
// any other block, or one of the functions that write a whole block.
#pragma once

#include "base/span.h"

#include <stdlib.h>

#define PCAP_MAGIC_MICRO    0xa1b2c3d4u
#define PCAP_MAGIC_NANO     0xa1b23c4du
#define PCAP_MAGIC_MODIFIED 0xa1b2cd34u
#define PCAPNG_MAGIC        0x1a2b3c4du

enum {
    PCAPNG_SECTION = 0x0a0d0d0a,
    PCAPNG_INTERFACE = 1,
    PCAPNG_PACKET = 2,
    PCAPNG_SIMPLE = 3,
    PCAPNG_STATISTICS = 5,
    PCAPNG_ENHANCED = 6,
};

struct capture_build {
    uint8_t *data;
    size_t len, room;
    bool big_endian;
    bool modified; // pcap: record headers of 24 bytes
    size_t block;  // where the open block begins
};

static inline void capture_build_begin(struct capture_build *b, bool big_endian)
{
    *b = (struct capture_build){.big_endian = big_endian};
}

static inline void capture_build_done(struct capture_build *b)
{
    free(b->data);
}

static inline struct span capture_build_span(const struct capture_build *b)
{
    return span_of(b->data, b->len);
}

static inline void capture_build_fill(struct capture_build *b, uint8_t value, size_t n)
{
    if (b->room - b->len < n) {
        b->room = (b->len + n) * 2;
        b->data = realloc(b->data, b->room);
        if (!b->data)
            abort();
    }
    if (n > 0)
        memset(b->data + b->len, value, n);
    b->len += n;
}

static inline void capture_build_bytes(struct capture_build *b, struct span bytes)
{
    capture_build_fill(b, 0, bytes.len);
    if (bytes.len > 0)
        memcpy(b->data + b->len - bytes.len, bytes.ptr, bytes.len);
}

static inline void capture_build_set(struct capture_build *b, size_t at, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        b->data[b->big_endian ? at + n - 1 - i : at + i] = (uint8_t)(value >> (8 * i));
}

static inline void capture_build_u8(struct capture_build *b, unsigned value)
{
    capture_build_fill(b, (uint8_t)value, 1);
}

static inline void capture_build_u16(struct capture_build *b, unsigned value)
{
    capture_build_fill(b, 0, 2);
    capture_build_set(b, b->len - 2, value, 2);
}

static inline void capture_build_u32(struct capture_build *b, uint32_t value)
{
    capture_build_fill(b, 0, 4);
    capture_build_set(b, b->len - 4, value, 4);
}

static inline void capture_build_u64(struct capture_build *b, uint64_t value)
{
    capture_build_fill(b, 0, 8);
    capture_build_set(b, b->len - 8, value, 8);
}

static inline void capture_build_pcap(struct capture_build *b, uint32_t magic, uint32_t link)
{
    b->modified = magic == PCAP_MAGIC_MODIFIED;
    capture_build_u32(b, magic);
    capture_build_u16(b, 2);
    capture_build_u16(b, 4);
    capture_build_u64(b, 0);
    capture_build_u32(b, 65535);
    capture_build_u32(b, link);
}

static inline void capture_build_record_header(struct capture_build *b, uint32_t seconds,
                                               uint32_t fraction, uint32_t captured, uint32_t wire)
{
    capture_build_u32(b, seconds);
    capture_build_u32(b, fraction);
    capture_build_u32(b, captured);
    capture_build_u32(b, wire);
    if (b->modified)
        capture_build_u64(b, 0x0102030405060708);
}

static inline void capture_build_record(struct capture_build *b, uint32_t seconds,
                                        uint32_t fraction, uint32_t wire, struct span bytes)
{
    capture_build_record_header(b, seconds, fraction, (uint32_t)bytes.len, wire);
    capture_build_bytes(b, bytes);
}

static inline void capture_build_pad(struct capture_build *b)
{
    capture_build_fill(b, 0, (4 - (b->len - b->block) % 4) % 4);
}

static inline void capture_build_block(struct capture_build *b, uint32_t type)
{
    b->block = b->len;
    capture_build_u32(b, type);
    capture_build_u32(b, 0);
}

// Pads the block and writes its length at both places.
static inline void capture_build_end(struct capture_build *b)
{
    capture_build_pad(b);
    uint32_t length = (uint32_t)(b->len - b->block + 4);
    capture_build_u32(b, length);
    capture_build_set(b, b->block + 4, length, 4);
}

static inline void capture_build_option(struct capture_build *b, unsigned code, struct span value)
{
    capture_build_u16(b, code);
    capture_build_u16(b, (unsigned)value.len);
    capture_build_bytes(b, value);
    capture_build_pad(b);
}

static inline void capture_build_option_u64(struct capture_build *b, unsigned code, uint64_t value)
{
    capture_build_u16(b, code);
    capture_build_u16(b, 8);
    capture_build_u64(b, value);
}

static inline void capture_build_section(struct capture_build *b)
{
    capture_build_block(b, PCAPNG_SECTION);
    capture_build_u32(b, PCAPNG_MAGIC);
    capture_build_u16(b, 1);
    capture_build_u16(b, 0);
    capture_build_u64(b, UINT64_MAX); // length not known
    capture_build_end(b);
}

// Without its end, for options.
static inline void capture_build_interface_open(struct capture_build *b, unsigned link,
                                                uint32_t snaplen)
{
    capture_build_block(b, PCAPNG_INTERFACE);
    capture_build_u16(b, link);
    capture_build_u16(b, 0);
    capture_build_u32(b, snaplen);
}

static inline void capture_build_interface(struct capture_build *b, unsigned link)
{
    capture_build_interface_open(b, link, 0);
    capture_build_end(b);
}

// tsresol: 10^-n, or with 0x80 2^-n seconds; offset in seconds.
static inline void capture_build_interface_time(struct capture_build *b, unsigned link,
                                                uint8_t tsresol, int64_t offset)
{
    capture_build_interface_open(b, link, 0);
    capture_build_option(b, 9, span_of(&tsresol, 1));
    capture_build_option_u64(b, 14, (uint64_t)offset);
    capture_build_option(b, 0, span_of(NULL, 0));
    capture_build_end(b);
}

static inline void capture_build_enhanced_open(struct capture_build *b, uint32_t interface,
                                               uint64_t time, uint32_t wire, struct span bytes)
{
    capture_build_block(b, PCAPNG_ENHANCED);
    capture_build_u32(b, interface);
    capture_build_u32(b, (uint32_t)(time >> 32));
    capture_build_u32(b, (uint32_t)time);
    capture_build_u32(b, (uint32_t)bytes.len);
    capture_build_u32(b, wire);
    capture_build_bytes(b, bytes);
    capture_build_pad(b);
}

static inline void capture_build_enhanced(struct capture_build *b, uint32_t interface,
                                          uint64_t time, uint32_t wire, struct span bytes)
{
    capture_build_enhanced_open(b, interface, time, wire, bytes);
    capture_build_end(b);
}

static inline void capture_build_packet(struct capture_build *b, unsigned interface, unsigned drops,
                                        uint64_t time, uint32_t wire, struct span bytes)
{
    capture_build_enhanced_open(b, 0, time, wire, bytes);
    capture_build_set(b, b->block, PCAPNG_PACKET, 4);
    capture_build_set(b, b->block + 8, interface, 2);
    capture_build_set(b, b->block + 10, drops, 2);
    capture_build_end(b);
}

static inline void capture_build_simple(struct capture_build *b, uint32_t wire, struct span bytes)
{
    capture_build_block(b, PCAPNG_SIMPLE);
    capture_build_u32(b, wire);
    capture_build_bytes(b, bytes);
    capture_build_end(b);
}

static inline void capture_build_statistics(struct capture_build *b, uint32_t interface,
                                            uint64_t ifdrop, uint64_t osdrop)
{
    capture_build_block(b, PCAPNG_STATISTICS);
    capture_build_u32(b, interface);
    capture_build_u64(b, 0);
    capture_build_option_u64(b, 5, ifdrop);
    capture_build_option_u64(b, 7, osdrop);
    capture_build_option(b, 0, span_of(NULL, 0));
    capture_build_end(b);
}
