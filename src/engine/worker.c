// A worker: takes its share of a capture's packets and runs the pipelines of the inputs that they
// match; once a second it tells them what was lost and what it costs.
#include "base/clock.h"
#include "base/memory.h"
#include "base/process.h"
#include "engine/source.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 100, BEAT_SECONDS = 1 };

#define GRACE_NS (ENGINE_GRACE_MS * (CLOCK_SECOND / 1000))

bool worker_init(struct worker *worker, struct source *source, unsigned number)
{
    int64_t length = source->engine->period_ns;
    worker->source = source;
    worker->number = number;
    worker->idle = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    gate_init(&worker->gate);
    worker->period = engine_now() / length;
    worker->next_shift = (worker->period + 1) * length;
    atomic_store(&worker->sign, engine_monotonic());
    worker->packets = mem_calloc(BATCH_PACKETS, sizeof *worker->packets);
    worker->list = mem_calloc(BATCH_PACKETS, sizeof *worker->list);
    return batch_init(&worker->batch, NULL) && worker->packets && worker->list && worker->idle >= 0;
}

void worker_done(struct worker *worker)
{
    if (!worker->source)
        return;
    if (worker->idle >= 0)
        close(worker->idle);
    gate_done(&worker->gate);
    batch_done(&worker->batch);
    mem_free(worker->packets);
    mem_free(worker->list);
    mem_free(worker->views);
}

void worker_wake(struct worker *worker)
{
    struct live *live = atomic_load(&worker->using);
    if (live)
        live_wake(live, worker->number);
    eventfd_write(worker->idle, 1);
}

static uint64_t stream_errors(const struct wire_counters *counters)
{
    return counters->count[WIRE_STREAM_GAP] + counters->count[WIRE_STREAM_MEMORY] +
           counters->count[WIRE_STREAM_FRAMING];
}

// Every pipeline of a view gets the batch, and the CPU time that it takes is put down to it, not
// the time that passes: the processor may have other work meanwhile.
static void run_pipelines(struct worker *worker, const struct worker_view *view)
{
    uint64_t before = process_thread_cpu_ns();
    for (uint32_t i = 0; i < view->n_pipelines; i++) {
        pipeline_process(view->pipelines[i], worker->number, &worker->batch);
        uint64_t after = process_thread_cpu_ns();
        pipeline_used(view->pipelines[i], worker->number, worker->batch.n_packets, after - before);
        before = after;
    }
}

static void run_view(struct worker *worker, struct worker_view *view, uint32_t count)
{
    struct batch *batch = &worker->batch;
    batch->counters = &view->counters;
    view->matched += count;
    for (uint32_t done = 0; done < count && view->n_pipelines > 0;) {
        uint64_t errors = stream_errors(&view->counters);
        batch_reset(batch);
        done +=
            decoder_take(view->decoder, batch, worker->packets, worker->list + done, count - done);
        batch->losses.streams = stream_errors(&view->counters) - errors;
        run_pipelines(worker, view);
    }
}

// Which of a run of records a filter lets pass, as positions in it.
static uint32_t match(struct worker *worker, const struct filter_slot *slot,
                      const struct record *records, uint32_t count)
{
    uint32_t passed = 0;
    for (uint32_t i = 0; i < count; i++) {
        worker->list[passed] = (uint16_t)i;
        passed += !slot || live_filter_match(slot->filter, &records[i]);
    }
    return passed;
}

static void run_records(struct worker *worker, const struct chunk *chunk, uint32_t first,
                        uint32_t end)
{
    uint32_t passed = 0;
    decode_records(chunk, first, end, worker->packets);
    for (uint32_t v = 0; v < worker->n_views; v++) {
        struct worker_view *view = worker->views[v];
        if (v == 0 || view->slot != worker->views[v - 1]->slot)
            passed = match(worker, view->slot, &chunk->records[first], end - first);
        run_view(worker, view, passed);
    }
}

static uint64_t take_more(uint64_t now, uint64_t *told)
{
    uint64_t more = now > *told ? now - *told : 0;
    *told += more;
    return more;
}

// What was lost since it was told last. Between the end of a capture and the keeper's putting it
// down as past the sum is smaller than it was; what is missing comes later.
static struct source_losses take_losses(struct worker *worker, struct live *live)
{
    struct live_statistics now = {0};
    const struct live_statistics *past = &worker->source->past[worker->number];
    if (live)
        live_statistics(live, worker->number, &now);
    return (struct source_losses){
        .system = take_more(past->dropped + now.dropped, &worker->told.dropped),
        .interface = take_more(past->if_dropped + now.if_dropped, &worker->told.if_dropped)};
}

// A batch without packets to all pipelines: losses, a sample of resources, an event of the input
// type mock.
static void tell_pipelines(struct worker *worker, const struct source_losses *losses,
                           struct resource_sample *sample)
{
    struct batch *batch = &worker->batch;
    for (uint32_t v = 0; v < worker->n_views; v++) {
        struct worker_view *view = worker->views[v];
        batch_reset(batch);
        batch->counters = &view->counters;
        batch->losses = *losses;
        batch->resources = sample;
        if (sample) {
            sample->policies = atomic_load(&view->input->n_policies);
            sample->handlers = atomic_load(&view->input->n_handlers);
        }
        if (sample && worker->source->kind == INPUT_MOCK && worker->number == 0)
            batch->events[batch->n_events++] = (struct event){.kind = EVENT_MOCK};
        run_pipelines(worker, view);
    }
}

void worker_tell_losses(struct worker *worker, struct live *live)
{
    struct source_losses losses = take_losses(worker, live);
    if (losses.system || losses.interface)
        tell_pipelines(worker, &losses, NULL);
}

static void rotate(struct worker *worker, int64_t now)
{
    int64_t length = worker->source->engine->period_ns;
    worker_tell_losses(worker, atomic_load(&worker->using));
    worker->period = now / length;
    worker->next_shift = (worker->period + 1) * length;
    for (uint32_t v = 0; v < worker->n_views; v++)
        for (uint32_t p = 0; p < worker->views[v]->n_pipelines; p++)
            pipeline_rotate_to(worker->views[v]->pipelines[p], worker->number,
                               worker->period * length, worker->period);
    engine_wake(worker->source->engine);
}

// More than a period ahead of the clock: less is waited for, the period is only longer then.
bool worker_is_ahead(struct worker *worker, int64_t now)
{
    gate_enter(&worker->gate);
    bool ahead = worker->next_shift - now > 2 * worker->source->engine->period_ns;
    gate_leave(&worker->gate);
    return ahead;
}

void worker_go_back(struct worker *worker, int64_t now)
{
    gate_enter(&worker->gate);
    rotate(worker, now);
    gate_leave(&worker->gate);
}

// Up to a batch of records of one period, from `first` on. Returns behind the last of them.
static uint32_t run_step(struct worker *worker, const struct chunk *chunk, uint32_t first)
{
    if (chunk->records[first].time >= worker->next_shift)
        rotate(worker, chunk->records[first].time);
    uint32_t end = first;
    while (end < chunk->count && end - first < BATCH_PACKETS &&
           chunk->records[end].time < worker->next_shift)
        end++;
    run_records(worker, chunk, first, end);
    return end;
}

static void run_chunk(struct worker *worker, const struct chunk *chunk)
{
    for (uint32_t next = 0; next < chunk->count;) {
        gate_begin(&worker->gate);
        next = run_step(worker, chunk, next);
        gate_end(&worker->gate);
    }
}

// False: none is due; the first call only begins to measure.
static bool take_sample(struct worker *worker, int64_t monotonic, struct resource_sample *sample)
{
    *sample = (struct resource_sample){.time = engine_now()};
    if (!cpu_meter_sample(&worker->cpu, monotonic, process_thread_cpu_ns(), CLOCK_SECOND / 2,
                          &sample->cpu_percent))
        return false;
    uint64_t memory = worker->number == 0 ? process_resident_bytes() : 0;
    sample->memory_bytes = memory == PROCESS_UNKNOWN ? 0 : memory;
    return true;
}

// Nothing arrives: the clock does what packets do else.
static void advance_by_clock(struct worker *worker)
{
    int64_t now = engine_now() - GRACE_NS;
    if (now >= worker->next_shift)
        rotate(worker, now);
    for (uint32_t v = 0; v < worker->n_views; v++) {
        struct worker_view *view = worker->views[v];
        decoder_expire(view->decoder, now);
        for (uint32_t p = 0; p < view->n_pipelines; p++)
            pipeline_tick(view->pipelines[p], worker->number, now);
    }
}

static void beat(struct worker *worker, bool quiet)
{
    int64_t monotonic = engine_monotonic();
    atomic_store_explicit(&worker->sign, monotonic, memory_order_relaxed);
    if (!quiet && monotonic < worker->next_beat)
        return;
    gate_begin(&worker->gate);
    if (monotonic >= worker->next_beat) {
        struct source_losses losses = take_losses(worker, atomic_load(&worker->using));
        struct resource_sample sample;
        bool due = take_sample(worker, monotonic, &sample);
        tell_pipelines(worker, &losses, due ? &sample : NULL);
        worker->next_beat = monotonic + BEAT_SECONDS * CLOCK_SECOND;
    }
    if (quiet)
        advance_by_clock(worker);
    gate_end(&worker->gate);
}

// The capture to look at; until the next call the keeper does not close it.
static struct live *use_live(struct worker *worker)
{
    struct live *live = atomic_load(&worker->source->live);
    if (atomic_load(&worker->failed))
        live = NULL;
    atomic_store(&worker->using, live);
    if (live && atomic_load(&worker->source->live) != live) {
        atomic_store(&worker->using, NULL);
        return NULL;
    }
    return live;
}

static void wait_idle(struct worker *worker)
{
    struct pollfd wake = {.fd = worker->idle, .events = POLLIN};
    eventfd_t count;
    if (poll(&wake, 1, WAIT_MS) > 0)
        eventfd_read(worker->idle, &count);
}

static void take_records(struct worker *worker, struct live *live)
{
    struct chunk chunk;
    struct error err = {0};
    int got = live_next(live, worker->number, WAIT_MS, &chunk, &err);
    if (got > 0) {
        run_chunk(worker, &chunk);
        live_release(live, worker->number);
    } else if (got < 0) {
        worker->failure = err;
        atomic_store(&worker->failed, true);
        engine_wake(worker->source->engine);
    }
    beat(worker, got <= 0);
}

void *worker_run(void *worker_)
{
    struct worker *worker = worker_;
    while (!atomic_load_explicit(&worker->stop, memory_order_relaxed)) {
        struct live *live = use_live(worker);
        if (live) {
            take_records(worker, live);
        } else {
            wait_idle(worker);
            beat(worker, true);
        }
    }
    atomic_store(&worker->using, NULL);
    return NULL;
}
