// How fast: one count per second of the stream's own time. Counts of the same second add up over
// workers and agents, which quantiles of rates cannot; quantiles over all seconds of the period are
// taken when read.
//
// Seconds are kept in blocks of 64, only where something happened: a gap of days costs nothing. At
// most RATE_BLOCKS blocks (130 KiB); when a period is longer than that, pairs of seconds are joined
// (aligned to even epoch seconds, so merges still line up) and the rate is taken over the wider
// step. The width is the least that fits, so it and all counts are the same bit for bit however a
// stream was split before a merge.
#pragma once

#include "base/pool.h"
#include "base/span.h"

enum { RATE_BLOCK = 64, RATE_BLOCKS = 256 };

struct rate_block {
    int64_t step; // first step (epoch seconds >> lg_width), a multiple of RATE_BLOCK
    uint64_t counts[RATE_BLOCK];
};

struct rate {
    struct pool *pool;
    struct rate_block *recent;  // the block last written; NULL: none
    struct rate_block **blocks; // sorted by step
    uint32_t used, room;
    uint8_t lg_width; // a step is 2^lg_width seconds
    uint64_t total;   // of all counts held
    uint64_t lost;    // counts dropped because the pool was empty
};

void rate_init(struct rate *r, struct pool *pool);
void rate_done(struct rate *r);
void rate_reset(struct rate *r); // empty again, memory given back

// A second outside the block last written.
bool rate_add_elsewhere(struct rate *r, int64_t second, uint64_t n);

// Counts n at an epoch second. Seconds may come in any order. False when the pool has no room.
static inline bool rate_add(struct rate *r, int64_t second, uint64_t n)
{
    struct rate_block *recent = r->recent;
    if (recent) {
        uint64_t at = (uint64_t)(second >> r->lg_width) - (uint64_t)recent->step;
        if (at < RATE_BLOCK) {
            recent->counts[at] += n;
            r->total += n;
            return true;
        }
    }
    return rate_add_elsewhere(r, second, n);
}

struct rate_summary {
    double p50, p90, p95, p99; // per second, over all seconds of the period, empty ones too
    double sum;                // of all counts
    uint64_t count;            // seconds looked at
    double live;               // the count of the last whole second looked at
};

// Over the seconds first .. last (inclusive; none when last < first). Inclusive ranks as in
// exphist_quantile, exact; with joined seconds each stands for its share of the step. False when
// memory for sorting could not be had.
bool rate_read(const struct rate *r, int64_t first, int64_t last, struct rate_summary *out);

// dst also counts what src has counted. False: no room (what is missing is in dst->lost).
bool rate_merge(struct rate *dst, const struct rate *src);
size_t rate_memory(const struct rate *r);
