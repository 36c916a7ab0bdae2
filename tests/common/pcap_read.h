// Reads classic pcap files of this machine's byte order, for tests that want the packets of a
// recorded capture and not the file input.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PCAP_MICRO = 0xa1b2c3d4, PCAP_NANO = 0xa1b23c4d };
enum { PCAP_FILE_HEADER = 24, PCAP_RECORD_HEADER = 16, PCAP_LINK_AT = 20 };

struct pcap_file {
    uint8_t *data;
    size_t size, at;
    int64_t tick; // ns of the fraction's unit
    uint32_t link;
};

struct pcap_packet {
    int64_t time;
    const uint8_t *frame;
    uint32_t captured, wire;
};

static inline uint32_t pcap_u32(const struct pcap_file *file, size_t at)
{
    uint32_t value;
    memcpy(&value, file->data + at, sizeof value);
    return value;
}

// A file of the folder captures/ of the shared data; false when it is not there.
static inline bool pcap_read_open(struct pcap_file *file, const char *name)
{
    const char *shared = getenv("PKTVISOR_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/captures/%s", shared ? shared : ".", name);
    FILE *stream = fopen(path, "rb");
    *file = (struct pcap_file){0};
    if (!stream)
        return false;
    fseek(stream, 0, SEEK_END);
    file->size = (size_t)ftell(stream);
    rewind(stream);
    file->data = malloc(file->size + 1);
    bool whole = file->data && fread(file->data, 1, file->size, stream) == file->size;
    fclose(stream);
    if (!whole || file->size < PCAP_FILE_HEADER)
        return false;
    file->tick = pcap_u32(file, 0) == PCAP_NANO ? 1 : 1000;
    file->link = pcap_u32(file, PCAP_LINK_AT);
    file->at = PCAP_FILE_HEADER;
    return pcap_u32(file, 0) == PCAP_NANO || pcap_u32(file, 0) == PCAP_MICRO;
}

static inline bool pcap_read_next(struct pcap_file *file, struct pcap_packet *packet)
{
    if (file->size - file->at < PCAP_RECORD_HEADER)
        return false;
    size_t at = file->at;
    packet->time = pcap_u32(file, at) * (int64_t)1000000000 + pcap_u32(file, at + 4) * file->tick;
    packet->captured = pcap_u32(file, at + 8);
    packet->wire = pcap_u32(file, at + 12);
    packet->frame = file->data + at + PCAP_RECORD_HEADER;
    if (packet->captured > file->size - at - PCAP_RECORD_HEADER)
        return false;
    file->at += PCAP_RECORD_HEADER + packet->captured;
    return true;
}

static inline void pcap_read_close(struct pcap_file *file)
{
    free(file->data);
}
