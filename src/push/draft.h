// A minute while it is put together for one target, in memory: requests, packed when they are large
// enough, and what identifies their series. Nothing here waits for the disk; draft_save does.
//
// Failures stick, as those of a buffer: draft_save tells them.
#pragma once

#include "push/queue.h"
#include "push/series_set.h"

enum {
    DRAFT_REQUEST_FULL = 512 << 10, // bytes before they are packed: then a request is ended
    DRAFT_MAX = 256 << 20,          // packed bytes of a minute
};

struct draft {
    // How a request is packed for its way; false: no memory.
    bool (*pack)(struct span plain, struct buffer *packed);
    struct buffer request; // the one at hand; the protocol's writer fills it
    uint32_t samples;      // in it
    struct buffer series;  // identities, not packed yet
    uint32_t n_series;     // in there
    struct buffer packed, records;
    struct series_set set;
    uint64_t duplicates, markers; // series that came twice and were left out; staleness markers
    bool failed;
};

void draft_init(struct draft *draft, bool (*pack)(struct span plain, struct buffer *packed));
void draft_done(struct draft *draft);
void draft_clear(struct draft *draft); // for the next minute; gives most of the memory back

// A series of the minute. False: it is there already (or memory is missing) and must not be
// written.
bool draft_series(struct draft *draft, struct span identity);

// Ends the request at hand, if there is one.
void draft_flush(struct draft *draft);

// Calls `gone` for each series of the newest minute in the queue that this one lacks.
void draft_compare(struct draft *draft, struct queue *queue,
                   void (*gone)(void *context, struct span identity), void *context);

// The same with a minute that is open.
void draft_compare_with(struct draft *draft, struct minute_reader *before,
                        void (*gone)(void *context, struct span identity), void *context);

// Writes the minute into the queue. False: err; nothing is written.
bool draft_save(struct draft *draft, struct queue *queue, int64_t end, struct error *err);

// Packings.
bool draft_pack_snappy(struct span plain, struct buffer *packed); // the block format
bool draft_pack_gzip(struct span plain, struct buffer *packed);
