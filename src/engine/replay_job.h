// The parts of a replay: a job is a chunk of records with a list per worker and the marks where
// something happens to all workers at once; the spreader makes one of the other.
#pragma once

#include "input/capture.h"
#include "input/filter.h"

// Before record `record` of the chunk: the first bucket starts, or all buckets rotate.
struct mark {
    uint32_t record;
    bool first;
    int64_t time;
};

struct job {
    struct chunk chunk;
    unsigned workers;
    uint32_t **lists;   // per worker: indices of its records; unused when everything goes to one
    uint32_t *n_listed; // per worker
    uint32_t room;      // of each list
    bool all;           // one worker, no filter: every record, no list
    struct mark *marks;
    uint32_t n_marks, room_marks;
    uint64_t lost; // packets that the source lost
};

bool job_init(struct job *job, unsigned workers);
void job_done(struct job *job);

// NULL: every record of the chunk.
static inline const uint32_t *job_list(const struct job *job, unsigned worker)
{
    return job->all ? NULL : job->lists[worker];
}

// From `from` on, the position in a worker's list of the first record at or behind `record`.
uint32_t job_list_before(const struct job *job, unsigned worker, uint32_t from, uint32_t record);

struct spreader {
    unsigned workers;
    unsigned periods;
    const char *bpf;
    struct filter *filter; // compiled when the first record shows its link type
    bool started;
    int64_t first, newest;
    int64_t next_shift; // ns; the first record at or behind it begins a period
    uint64_t packets, lost;
};

void spreader_init(struct spreader *spreader, unsigned workers, unsigned periods, const char *bpf);
void spreader_done(struct spreader *spreader);

// Fills the lists and marks of a job from its chunk. False: no memory, or the filter does not
// compile; the job then holds no records.
bool spread(struct spreader *spreader, struct job *job, struct error *err);
