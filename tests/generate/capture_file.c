#include "capture_file.h"

#include "must.h"

#include <stdio.h>

enum {
    MAGIC_MICRO = 0xa1b2c3d4,
    MAGIC_NANO = 0xa1b23c4d,
    MAGIC_ORDER = 0x1a2b3c4d,
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_ENHANCED_PACKET = 6,
    OPTION_TSRESOL = 9,
    NANO_TSRESOL = 9, // 10^-9
    GREATEST_FRAME = 262144,
    BUFFER = 1 << 20,
};

struct capture_file {
    FILE *stream;
    struct capture_format format;
    unsigned interfaces;
    uint64_t size;
};

static void put_raw(struct capture_file *file, const void *bytes, size_t len)
{
    if (len && fwrite(bytes, 1, len, file->stream) != len)
        fail("cannot write the capture");
    file->size += len;
}

static void store_32(const struct capture_file *file, uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * (file->format.big_endian ? 3 - i : i));
}

static void store_16(const struct capture_file *file, uint8_t *at, unsigned value)
{
    for (unsigned i = 0; i < 2; i++)
        at[i] = (uint8_t)(value >> 8 * (file->format.big_endian ? 1 - i : i));
}

static uint32_t snaplen(const struct capture_file *file)
{
    return file->format.snaplen ? file->format.snaplen : GREATEST_FRAME;
}

// pcap: magic, version 2.4, two zero words, snap length, link type.
static void put_pcap_header(struct capture_file *file, unsigned link_type)
{
    uint8_t header[24] = {0};
    store_32(file, header, file->format.nano ? MAGIC_NANO : MAGIC_MICRO);
    store_16(file, header + 4, 2);
    store_16(file, header + 6, 4);
    store_32(file, header + 16, snaplen(file));
    store_32(file, header + 20, link_type);
    put_raw(file, header, sizeof header);
}

// pcapng section: type, length, byte-order magic, version 1.0, length unknown, length again.
static void put_section(struct capture_file *file)
{
    uint8_t block[28];
    store_32(file, block, BLOCK_SECTION);
    store_32(file, block + 4, sizeof block);
    store_32(file, block + 8, MAGIC_ORDER);
    store_16(file, block + 12, 1);
    store_16(file, block + 14, 0);
    memset(block + 16, 0xff, 8);
    store_32(file, block + 24, sizeof block);
    put_raw(file, block, sizeof block);
}

// Interface: type, length, link type, reserved, snap length, option if_tsresol, end of options,
// length again.
static void put_interface(struct capture_file *file, unsigned link_type)
{
    uint8_t block[32] = {0};
    size_t len = file->format.nano ? 32 : 20;
    store_32(file, block, BLOCK_INTERFACE);
    store_32(file, block + 4, (uint32_t)len);
    store_16(file, block + 8, link_type);
    store_32(file, block + 12, file->format.snaplen);
    if (file->format.nano) {
        store_16(file, block + 16, OPTION_TSRESOL);
        store_16(file, block + 18, 1);
        block[20] = NANO_TSRESOL;
    }
    store_32(file, block + len - 4, (uint32_t)len);
    put_raw(file, block, len);
}

struct capture_file *capture_create(const char *path, const struct capture_format *format)
{
    struct capture_file *file = must_zalloc(sizeof *file);
    file->format = *format;
    file->stream = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
    if (!file->stream)
        fail("cannot create %s", path);
    setvbuf(file->stream, NULL, _IOFBF, BUFFER);
    if (format->pcapng)
        put_section(file);
    return file;
}

void capture_close(struct capture_file *file)
{
    if (fclose(file->stream) != 0)
        fail("cannot write the capture");
    mem_free(file);
}

unsigned capture_interface(struct capture_file *file, unsigned link_type)
{
    if (file->format.pcapng)
        put_interface(file, link_type);
    else if (file->interfaces == 0)
        put_pcap_header(file, link_type);
    else
        fail("a classic capture has one interface");
    return file->interfaces++;
}

int64_t capture_time(const struct capture_file *file, int64_t time)
{
    return file->format.nano ? time : time - time % 1000;
}

uint32_t capture_length(const struct capture_file *file, size_t len)
{
    return len < snaplen(file) ? (uint32_t)len : snaplen(file);
}

static void put_classic(struct capture_file *file, int64_t time, uint32_t wire, struct span frame)
{
    uint8_t header[16];
    store_32(file, header, (uint32_t)(time / 1000000000));
    store_32(file, header + 4, (uint32_t)(time % 1000000000 / (file->format.nano ? 1 : 1000)));
    store_32(file, header + 8, (uint32_t)frame.len);
    store_32(file, header + 12, wire);
    put_raw(file, header, sizeof header);
    put_raw(file, frame.ptr, frame.len);
}

// Enhanced packet: type, length, interface, time in two words, captured, wire, bytes padded to a
// word, length again.
static void put_enhanced(struct capture_file *file, unsigned interface, int64_t time, uint32_t wire,
                         struct span frame)
{
    static const uint8_t padding[4];
    uint32_t pad = (uint32_t)(-frame.len & 3);
    uint32_t len = 32 + (uint32_t)frame.len + pad;
    uint64_t units = (uint64_t)time / (file->format.nano ? 1 : 1000);
    uint8_t header[28], trailer[4];
    store_32(file, header, BLOCK_ENHANCED_PACKET);
    store_32(file, header + 4, len);
    store_32(file, header + 8, interface);
    store_32(file, header + 12, (uint32_t)(units >> 32));
    store_32(file, header + 16, (uint32_t)units);
    store_32(file, header + 20, (uint32_t)frame.len);
    store_32(file, header + 24, wire);
    store_32(file, trailer, len);
    put_raw(file, header, sizeof header);
    put_raw(file, frame.ptr, frame.len);
    put_raw(file, padding, pad);
    put_raw(file, trailer, sizeof trailer);
}

void capture_packet(struct capture_file *file, unsigned interface, int64_t time, uint32_t wire,
                    struct span frame)
{
    if (file->format.pcapng)
        put_enhanced(file, interface, time, wire, frame);
    else
        put_classic(file, time, wire, frame);
}

uint64_t capture_size(const struct capture_file *file)
{
    return file->size;
}
