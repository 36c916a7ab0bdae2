// Capture files: classic pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng),
// either byte order, micro- or nanoseconds. Written in one pass through a buffer.
#pragma once

#include "base/span.h"

#include <stdint.h>

struct capture_format {
    bool pcapng, nano, big_endian;
    uint32_t snaplen; // 0: whole frames
};

struct capture_file;

// "-" is standard output. All functions end the program when they fail.
struct capture_file *capture_create(const char *path, const struct capture_format *format);
void capture_close(struct capture_file *file);

// pcapng: any number, at any time, numbered from 0. pcap: exactly one.
unsigned capture_interface(struct capture_file *file, unsigned link_type);

// Time as this file stores it (cut to microseconds, if so), and what is stored of a frame.
int64_t capture_time(const struct capture_file *file, int64_t time);
uint32_t capture_length(const struct capture_file *file, size_t len);

// `wire` is the length as sent; frame.len was captured.
void capture_packet(struct capture_file *file, unsigned interface, int64_t time, uint32_t wire,
                    struct span frame);

uint64_t capture_size(const struct capture_file *file); // bytes so far
