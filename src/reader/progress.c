#include "reader/progress.h"

#include <stdio.h>
#include <unistd.h>

void progress_init(struct progress *progress, uint64_t file_size)
{
    *progress = (struct progress){.terminal = isatty(STDERR_FILENO), .file_size = file_size};
}

static void step_on_terminal(const struct progress *p, uint64_t packets, uint64_t rate,
                             uint64_t bytes)
{
    fprintf(stderr, "\r%llu packets (%llu/s)", (unsigned long long)packets,
            (unsigned long long)rate);
    if (p->file_size && bytes && bytes <= p->file_size) {
        double share = (double)bytes / (double)p->file_size;
        double left = (double)p->seconds * (1 - share) / share;
        fprintf(stderr, " %3.0f %%, %.0f s left", share * 100, left);
    }
    fputs("\033[K", stderr);
}

void progress_step(void *progress, uint64_t packets, uint64_t bytes)
{
    struct progress *p = progress;
    uint64_t rate = packets - p->last_packets;
    p->last_packets = packets;
    p->seconds++;
    if (p->terminal)
        step_on_terminal(p, packets, rate, bytes);
    else
        fprintf(stderr, "processed %llu packets (%llu/s)\n", (unsigned long long)packets,
                (unsigned long long)rate);
}

void progress_end(struct progress *progress, uint64_t packets)
{
    if (progress->terminal && progress->seconds)
        fputs("\r\033[K", stderr);
    fprintf(stderr, "processed %llu packets\n", (unsigned long long)packets);
}
