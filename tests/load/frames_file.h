// Frames of a classic pcap file of this machine's byte order: of a regular file all of them, again
// and again; of a pipe each once, as it comes.
#pragma once

#include "../common/send.h"

#include <stddef.h>
#include <stdio.h>

enum { FRAME_MAX = 9018 }; // longer ones are not sent: frames of an interface are whole

struct frames_file {
    FILE *stream;
    bool kept; // the file is in memory
    uint8_t *bytes;
    struct send_frame *frames; // all of the file, or room for a batch
    size_t n_frames;           // of a kept file
    size_t next;
};

// Prints what is wrong, and exits.
void frames_open(struct frames_file *file, const char *path);
void frames_close(struct frames_file *file);

// Up to `wanted` (at most SEND_BATCH) frames, valid until the next call. 0: a pipe has ended.
size_t frames_next(struct frames_file *file, size_t wanted, struct send_frame *frames);
