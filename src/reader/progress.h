// The line on standard error while a capture is read: share, rate and time left on a terminal,
// plain counts elsewhere.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool terminal;
    uint64_t file_size; // 0: unknown (a pipe)
    uint64_t last_packets;
    uint64_t seconds;
};

void progress_init(struct progress *progress, uint64_t file_size);
// Once a second.
void progress_step(void *progress, uint64_t packets, uint64_t bytes);
void progress_end(struct progress *progress, uint64_t packets);
