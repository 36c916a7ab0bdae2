#include "engine/replay_job.h"

#include "base/clock.h"
#include "base/memory.h"
#include "metric/settings.h"
#include "wire/packet.h"

bool job_init(struct job *job, unsigned workers)
{
    *job = (struct job){.workers = workers};
    job->lists = mem_calloc(workers, sizeof *job->lists);
    job->n_listed = mem_calloc(workers, sizeof *job->n_listed);
    return chunk_init(&job->chunk) && job->lists && job->n_listed;
}

void job_done(struct job *job)
{
    for (unsigned w = 0; job->lists && w < job->workers; w++)
        mem_free(job->lists[w]);
    mem_free(job->lists);
    mem_free(job->n_listed);
    mem_free(job->marks);
    chunk_done(&job->chunk);
}

uint32_t job_list_before(const struct job *job, unsigned worker, uint32_t from, uint32_t record)
{
    if (job->all)
        return record;
    while (from < job->n_listed[worker] && job->lists[worker][from] < record)
        from++;
    return from;
}

void spreader_init(struct spreader *spreader, unsigned workers, unsigned periods, const char *bpf)
{
    *spreader = (struct spreader){
        .workers = workers, .periods = periods, .bpf = bpf, .next_shift = INT64_MIN};
}

void spreader_done(struct spreader *spreader)
{
    filter_free(spreader->filter);
}

static bool make_room(struct job *job)
{
    if (job->room >= job->chunk.count)
        return true;
    uint32_t room = job->chunk.count * 2;
    for (unsigned w = 0; w < job->workers; w++) {
        mem_free(job->lists[w]);
        job->lists[w] = mem_alloc(room * sizeof **job->lists);
        if (!job->lists[w]) {
            job->room = 0;
            return false;
        }
    }
    job->room = room;
    return true;
}

static bool add_mark(struct job *job, struct mark mark)
{
    if (job->n_marks == job->room_marks) {
        uint32_t room = job->room_marks ? job->room_marks * 2 : 4;
        struct mark *marks = mem_realloc(job->marks, room * sizeof *marks);
        if (!marks)
            return false;
        job->marks = marks;
        job->room_marks = room;
    }
    job->marks[job->n_marks++] = mark;
    return true;
}

// Moves the stream's clock to a record that is looked at; marks what that brings.
static bool advance(struct spreader *s, struct job *job, uint32_t record, int64_t time)
{
    s->packets++;
    s->newest = time > s->newest ? time : s->newest;
    if (time < s->next_shift)
        return true;
    bool first = !s->started;
    s->started = true;
    if (first)
        s->first = s->newest = time;
    s->next_shift =
        s->periods < 2 ? INT64_MAX : (clock_second(time) + METRIC_PERIOD_SECONDS) * CLOCK_SECOND;
    return add_mark(job, (struct mark){record, first, time});
}

static bool spread_record(struct spreader *s, struct job *job, uint32_t i, struct error *err)
{
    const struct record *record = &job->chunk.records[i];
    if (s->filter) {
        int match = filter_match(s->filter, record, err);
        if (match <= 0)
            return match == 0;
    }
    if (!advance(s, job, i, record->time))
        return error_set(err, ERROR_MEMORY, "no memory for the marks of a period");
    if (job->all)
        return true;
    unsigned worker = 0;
    if (s->workers > 1)
        worker = packet_spread(record->link, record->data, record->captured) % s->workers;
    job->lists[worker][job->n_listed[worker]++] = i;
    return true;
}

bool spread(struct spreader *s, struct job *job, struct error *err)
{
    job->n_marks = 0;
    job->lost = job->chunk.lost;
    s->lost += job->chunk.lost;
    memset(job->n_listed, 0, job->workers * sizeof *job->n_listed);
    if (s->bpf && !s->filter && !(s->filter = filter_new(s->bpf, err)))
        return false;
    job->all = s->workers == 1 && !s->filter;
    if (!job->all && !make_room(job))
        return error_set(err, ERROR_MEMORY, "no memory to spread a chunk");
    for (uint32_t i = 0; i < job->chunk.count; i++)
        if (!spread_record(s, job, i, err)) {
            memset(job->n_listed, 0, job->workers * sizeof *job->n_listed);
            job->n_marks = 0;
            return false;
        }
    if (job->all)
        job->n_listed[0] = job->chunk.count;
    return true;
}
