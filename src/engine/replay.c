#include "engine/replay.h"

#include "base/memory.h"
#include "engine/replay_job.h"
#include "input/decode.h"
#include "input/filter.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

// Chunks in flight. One worker uses the same memory again and again, so that it stays in the cache;
// several need some to even out what falls to each.
enum { JOBS_MAX = 8 };

// Chunks that lie before a worker when it no longer thinks of reading.
enum { READ_AHEAD = 2 };

struct replay;

struct worker {
    struct replay *replay;
    unsigned number;
    pthread_t thread;
    uint64_t next; // the job it will do next
    struct wire_counters counters;
    struct decoder *decoder;
    struct batch batch;
};

struct replay {
    struct capture *capture;
    const struct replay_options *options;
    struct pipeline *pipeline;
    struct spreader spreader;
    struct job jobs[JOBS_MAX];
    unsigned n_jobs;
    struct worker *workers;
    unsigned n_workers;
    pthread_barrier_t rotation;
    atomic_uint_fast64_t packets, bytes;

    pthread_mutex_t lock;    // guards what follows, and `next` of the workers
    pthread_cond_t changed;  // for workers that have nothing to do, `idle` of them
    pthread_cond_t finished; // for the thread that waits for the workers
    unsigned idle;
    uint64_t produced; // jobs filled so far; job n lies in jobs[n % n_jobs]
    bool reading;      // somebody has the reader's role
    bool ended;
    bool stopped; // written by the reader's role
    unsigned running;
    bool failed;
    struct error failure;
};

// Periods end for all workers at the same record: they meet, one lets the handlers learn.
static void rotate(struct worker *worker, int64_t time)
{
    struct replay *r = worker->replay;
    pipeline_rotate(r->pipeline, worker->number, time);
    if (pthread_barrier_wait(&r->rotation) == PTHREAD_BARRIER_SERIAL_THREAD)
        pipeline_learn(r->pipeline);
    pthread_barrier_wait(&r->rotation);
}

static uint64_t stream_errors(const struct wire_counters *counters)
{
    return counters->count[WIRE_STREAM_GAP] + counters->count[WIRE_STREAM_MEMORY] +
           counters->count[WIRE_STREAM_FRAMING];
}

// What the source lost is told by the first worker, once a job.
static void take_losses(struct worker *worker, struct job *job)
{
    if (worker->number != 0)
        return;
    worker->batch.losses.interface = job->lost;
    job->lost = 0;
}

// The job held none of the first worker's records: losses come in a batch without events.
static void report_losses(struct worker *worker, struct job *job)
{
    if (worker->number != 0 || job->lost == 0)
        return;
    batch_reset(&worker->batch);
    take_losses(worker, job);
    pipeline_process(worker->replay->pipeline, worker->number, &worker->batch);
}

// Runs records first .. end of the worker's list through the pipeline, batch by batch.
static void run_records(struct worker *worker, struct job *job, uint32_t first, uint32_t end)
{
    struct batch *batch = &worker->batch;
    while (first < end) {
        uint64_t errors = stream_errors(&worker->counters);
        batch_reset(batch);
        first += decoder_fill(worker->decoder, batch, &job->chunk, job_list(job, worker->number),
                              first, end);
        batch->losses.streams = stream_errors(&worker->counters) - errors;
        take_losses(worker, job);
        pipeline_process(worker->replay->pipeline, worker->number, batch);
    }
}

static void run_job(struct worker *worker, struct job *job)
{
    uint32_t done = 0;
    for (uint32_t i = 0; i < job->n_marks; i++) {
        const struct mark *mark = &job->marks[i];
        uint32_t end = job_list_before(job, worker->number, done, mark->record);
        run_records(worker, job, done, end);
        done = end;
        if (mark->first)
            pipeline_start(worker->replay->pipeline, worker->number, mark->time);
        else
            rotate(worker, mark->time);
    }
    run_records(worker, job, done, job->n_listed[worker->number]);
    report_losses(worker, job);
}

static bool is_stopped(const struct replay *r)
{
    const atomic_bool *stop = r->options->stop;
    return stop && atomic_load_explicit(stop, memory_order_relaxed);
}

// As capture_next. Being stopped is an end like that of the file, wherever it cuts the input.
static int next_chunk(struct replay *r, struct chunk *chunk, struct error *err)
{
    if (is_stopped(r)) {
        chunk->count = 0;
        chunk->lost = 0;
        r->stopped = true;
        return 0;
    }
    int got = capture_next(r->capture, chunk, err);
    r->stopped = got <= 0 && is_stopped(r);
    return r->stopped ? 0 : got;
}

// Tells workers that wait, with the lock held. Usually nobody does, and that costs no system call.
static void tell_idle(struct replay *r)
{
    if (r->idle)
        pthread_cond_broadcast(&r->changed);
}

// The reader's role: fills the next job. Called without the lock, by one worker at a time.
static void produce(struct replay *r, struct job *job)
{
    struct error err = {0};
    int got = next_chunk(r, &job->chunk, &err);
    if (!spread(&r->spreader, job, &err))
        got = -1;
    atomic_store_explicit(&r->packets, r->spreader.packets, memory_order_relaxed);
    atomic_store_explicit(&r->bytes, capture_offset(r->capture), memory_order_relaxed);
    pthread_mutex_lock(&r->lock);
    if (got < 0) {
        r->failed = true;
        r->failure = err;
    }
    r->ended = got <= 0;
    r->produced++;
    r->reading = false;
    tell_idle(r);
}

static uint64_t slowest(const struct replay *r)
{
    uint64_t least = r->workers[0].next;
    for (unsigned w = 1; w < r->n_workers; w++)
        if (r->workers[w].next < least)
            least = r->workers[w].next;
    return least;
}

// Whoever comes to the end of what is read reads on, while the others still have something to do:
// if it waited until it had nothing left, the others would by then be waiting for it.
static bool should_read(const struct worker *worker)
{
    const struct replay *r = worker->replay;
    return !r->reading && !r->ended && r->produced < worker->next + READ_AHEAD &&
           r->produced < slowest(r) + r->n_jobs;
}

// With the lock held, before and after. False: nothing is left to do.
static bool step(struct worker *worker)
{
    struct replay *r = worker->replay;
    if (should_read(worker)) {
        r->reading = true;
        struct job *job = &r->jobs[r->produced % r->n_jobs];
        pthread_mutex_unlock(&r->lock);
        produce(r, job);
    } else if (worker->next < r->produced) {
        struct job *job = &r->jobs[worker->next % r->n_jobs];
        pthread_mutex_unlock(&r->lock);
        run_job(worker, job);
        pthread_mutex_lock(&r->lock);
        worker->next++;
        tell_idle(r);
    } else if (r->ended) {
        return false;
    } else {
        r->idle++;
        pthread_cond_wait(&r->changed, &r->lock);
        r->idle--;
    }
    return true;
}

static void *work(void *worker_)
{
    struct worker *worker = worker_;
    struct replay *r = worker->replay;
    pthread_mutex_lock(&r->lock);
    while (step(worker))
        continue;
    pthread_mutex_unlock(&r->lock);
    pipeline_finish(r->pipeline, worker->number, r->spreader.newest);
    pthread_mutex_lock(&r->lock);
    r->running--;
    pthread_cond_signal(&r->finished);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static bool worker_init(struct worker *worker, struct replay *r, unsigned number, struct error *err)
{
    worker->replay = r;
    worker->number = number;
    struct decoder_options options = {.hosts = r->options->hosts,
                                      .limits = r->options->stream_limits};
    options.n_ports = pipeline_ports(r->pipeline, &options.ports);
    worker->decoder = decoder_new(&options, &worker->counters);
    bool made = batch_init(&worker->batch, &worker->counters) && worker->decoder;
    return made || error_set(err, ERROR_MEMORY, "no memory for worker %u", number);
}

static bool replay_init(struct replay *r, struct error *err)
{
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    pthread_cond_init(&r->finished, NULL);
    pthread_barrier_init(&r->rotation, NULL, r->n_workers);
    r->workers = mem_calloc(r->n_workers, sizeof *r->workers);
    bool made = r->workers != NULL;
    r->n_jobs = r->n_workers == 1 ? 1 : JOBS_MAX;
    for (unsigned j = 0; j < r->n_jobs; j++)
        made = made && job_init(&r->jobs[j], r->n_workers);
    if (!made)
        return error_set(err, ERROR_MEMORY, "no memory to read a capture");
    for (unsigned w = 0; w < r->n_workers; w++)
        if (!worker_init(&r->workers[w], r, w, err))
            return false;
    return true;
}

static void replay_done(struct replay *r)
{
    for (unsigned w = 0; r->workers && w < r->n_workers; w++) {
        decoder_free(r->workers[w].decoder);
        batch_done(&r->workers[w].batch);
    }
    mem_free(r->workers);
    for (unsigned j = 0; j < r->n_jobs; j++)
        job_done(&r->jobs[j]);
    spreader_done(&r->spreader);
    pthread_barrier_destroy(&r->rotation);
    pthread_cond_destroy(&r->finished);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
}

// Waits for the workers and reports progress once a second.
static void attend(struct replay *r)
{
    struct timespec due;
    clock_gettime(CLOCK_REALTIME, &due);
    due.tv_sec++;
    pthread_mutex_lock(&r->lock);
    while (r->running) {
        if (pthread_cond_timedwait(&r->finished, &r->lock, &due) != ETIMEDOUT)
            continue;
        due.tv_sec++;
        if (r->options->progress)
            r->options->progress(r->options->context, atomic_load(&r->packets),
                                 atomic_load(&r->bytes));
    }
    pthread_mutex_unlock(&r->lock);
}

static bool start_workers(struct replay *r, struct error *err)
{
    unsigned started = 0;
    pthread_mutex_lock(&r->lock); // none runs before all are there
    while (started < r->n_workers) {
        struct worker *worker = &r->workers[started];
        if (pthread_create(&worker->thread, NULL, work, worker) != 0)
            break;
        started++;
    }
    r->running = started;
    bool all = started == r->n_workers;
    r->ended = !all;
    pthread_mutex_unlock(&r->lock);
    if (all)
        attend(r);
    for (unsigned w = 0; w < started; w++)
        pthread_join(r->workers[w].thread, NULL);
    return all || error_set(err, ERROR_MEMORY, "cannot start %u threads", r->n_workers);
}

// Else the filter makes no sense for it, or memory was short.
static bool is_damaged(const struct replay *r)
{
    enum error_code code = r->failure.code;
    return r->failed && (code == ERROR_FORMAT || code == ERROR_IO || code == ERROR_UNSUPPORTED);
}

static void report(const struct replay *r, struct replay_result *result)
{
    const struct spreader *s = &r->spreader;
    *result = (struct replay_result){.packets = s->packets,
                                     .bytes = atomic_load(&r->bytes),
                                     .lost = s->lost,
                                     .first = s->first,
                                     .last = s->newest,
                                     .stopped = r->stopped,
                                     .damaged = is_damaged(r)};
    for (unsigned w = 0; w < r->n_workers; w++)
        for (unsigned e = 0; e < WIRE_EVENT_COUNT; e++)
            result->malformed.count[e] += r->workers[w].counters.count[e];
}

bool replay_run(struct capture *capture, const struct replay_options *options,
                struct pipeline *pipeline, unsigned workers, struct replay_result *result,
                struct error *err)
{
    struct replay r = {
        .capture = capture, .options = options, .pipeline = pipeline, .n_workers = workers};
    *result = (struct replay_result){0};
    spreader_init(&r.spreader, workers, options->periods, options->bpf);
    bool fine = replay_init(&r, err) && start_workers(&r, err);
    if (fine)
        report(&r, result);
    if (fine && r.failed) {
        *err = r.failure;
        fine = false;
    }
    replay_done(&r);
    return fine;
}
