// Captures: opened once for all inputs that want the same, opened again when their interface is
// back.
#include "engine/source.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LEAVE_POLL_NS = 200 * 1000 };

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool source_fits(const struct source *source, const struct input_config *config, unsigned workers)
{
    return source->kind == config->kind && source->backend == config->backend &&
           source->snaplen == config->snaplen && source->ring_bytes == config->ring_bytes &&
           source->n_workers == workers && same_text(source->interface, config->interface) &&
           (source->backend != LIVE_MOCK ||
            memcmp(&source->mock, &config->mock, sizeof source->mock) == 0);
}

static struct live *open_live(const struct source *source, struct error *err)
{
    struct live_options options = {.interface = source->interface,
                                   .backend = source->backend,
                                   .snaplen = source->snaplen,
                                   .ring_bytes = source->ring_bytes,
                                   .workers = source->n_workers,
                                   .mock = &source->mock};
    return live_open(&options, err);
}

// Every expression of the source's inputs, and that of `more`. The count of them; an array of
// `room` is filled as far as it goes.
static size_t expressions(const struct source *source, const struct input *more, const char **list)
{
    size_t n = 0;
    for (const struct input *input = source->inputs; input; input = input->next, n++)
        if (list)
            list[n] = input->bpf;
    if (more && list)
        list[n] = more->bpf;
    return n + (more != NULL);
}

static bool set_filter(const struct source *source, struct live *live, const struct input *more,
                       struct error *err)
{
    size_t n = expressions(source, more, NULL);
    const char **list = mem_calloc(n, sizeof *list);
    if (!list)
        return error_set(err, ERROR_MEMORY, "no memory for a filter");
    expressions(source, more, list);
    bool fine = live_set_filter(live, list, n, err);
    mem_free(list);
    return fine;
}

bool source_set_filter(struct source *source, const struct input *more, struct error *err)
{
    struct live *live = atomic_load(&source->live);
    return !live || set_filter(source, live, more, err);
}

static bool start_workers(struct source *source, struct error *err)
{
    for (unsigned w = 0; w < source->n_workers; w++) {
        struct worker *worker = &source->workers[w];
        if (pthread_create(&worker->thread, NULL, worker_run, worker) != 0)
            return error_set(err, ERROR_MEMORY, "Packet capture failed to start: no thread");
        worker->running = true;
        char name[16]; // what the system shows of it
        snprintf(name, sizeof name, "p-%.8s-%u", source->interface ? source->interface : "mock",
                 w % 1000);
        pthread_setname_np(worker->thread, name);
    }
    return true;
}

static bool fill(struct source *source, const struct input_config *config, struct error *err)
{
    source->kind = config->kind;
    source->backend = config->backend;
    source->snaplen = config->snaplen;
    source->ring_bytes = config->ring_bytes;
    source->mock = config->mock;
    source->workers = mem_calloc(source->n_workers, sizeof *source->workers);
    source->gates = mem_calloc(source->n_workers, sizeof *source->gates);
    source->past = mem_calloc(source->n_workers, sizeof *source->past);
    bool made = source->workers && source->gates && source->past;
    if (made && config->interface)
        made = (source->interface = mem_strdup(config->interface)) != NULL;
    for (unsigned w = 0; made && w < source->n_workers; w++) {
        source->gates[w] = &source->workers[w].gate;
        made = worker_init(&source->workers[w], source, w);
    }
    return made || error_set(err, ERROR_MEMORY, "no memory for a capture");
}

struct source *source_new(struct engine *engine, const struct input_config *config,
                          unsigned workers, struct error *err)
{
    struct source *source = mem_zalloc(sizeof *source);
    if (!source) {
        error_set(err, ERROR_MEMORY, "no memory for a capture");
        return NULL;
    }
    source->engine = engine;
    source->n_workers = workers;
    bool made = fill(source, config, err);
    if (made && source->kind == INPUT_PCAP) {
        struct live *live = open_live(source, err);
        atomic_store(&source->live, live);
        source->link = live ? live_link(live) : 0;
        made = live != NULL;
    }
    if (made && start_workers(source, err))
        return source;
    source_free(source);
    return NULL;
}

// No worker is inside the capture any more, nor will be.
static void evict(struct source *source, struct live *live)
{
    atomic_store(&source->live, NULL);
    for (unsigned w = 0; w < source->n_workers; w++) {
        struct worker *worker = &source->workers[w];
        struct timespec pause = {.tv_nsec = LEAVE_POLL_NS};
        while (atomic_load(&worker->using) == live) {
            live_wake(live, w);
            nanosleep(&pause, NULL);
        }
    }
}

static void close_live(struct source *source)
{
    struct live *live = atomic_load(&source->live);
    if (!live)
        return;
    evict(source, live);
    for (unsigned w = 0; w < source->n_workers; w++) {
        struct live_statistics now;
        struct live_statistics *past = &source->past[w];
        live_statistics(live, w, &now);
        gate_enter(source->gates[w]);
        past->seen += now.seen;
        past->dropped += now.dropped;
        past->if_dropped += now.if_dropped;
        gate_leave(source->gates[w]);
    }
    live_close(live);
}

void source_free(struct source *source)
{
    if (!source)
        return;
    for (unsigned w = 0; source->workers && w < source->n_workers; w++)
        atomic_store(&source->workers[w].stop, true);
    for (unsigned w = 0; source->workers && w < source->n_workers; w++) {
        struct worker *worker = &source->workers[w];
        if (!worker->running)
            continue;
        worker_wake(worker);
        pthread_join(worker->thread, NULL);
    }
    live_close(atomic_load(&source->live));
    for (unsigned w = 0; source->workers && w < source->n_workers; w++)
        worker_done(&source->workers[w]);
    mem_free(source->workers);
    mem_free(source->gates);
    mem_free(source->past);
    mem_free(source->interface);
    mem_free(source);
}

static void keep_reason(struct source *source, const struct error *err)
{
    snprintf(source->reason, sizeof source->reason, "%.*s", (int)sizeof source->reason - 1,
             err->text);
}

static bool any_failed(struct source *source)
{
    bool failed = false;
    for (unsigned w = 0; w < source->n_workers; w++) {
        struct worker *worker = &source->workers[w];
        if (!atomic_load(&worker->failed))
            continue;
        if (!failed)
            keep_reason(source, &worker->failure);
        failed = true;
    }
    return failed;
}

bool source_slot(struct source *source, const char *expression, struct filter_slot **slot,
                 struct error *err)
{
    *slot = NULL;
    if (!expression || !*expression)
        return true;
    for (struct filter_slot *known = source->slots; known; known = known->next)
        if (strcmp(known->expression, expression) == 0) {
            known->users++;
            *slot = known;
            return true;
        }
    struct filter_slot *fresh = mem_zalloc(sizeof *fresh);
    if (!fresh || !(fresh->expression = mem_strdup(expression))) {
        mem_free(fresh);
        return error_set(err, ERROR_MEMORY, "no memory for a filter");
    }
    if (!(fresh->filter = live_filter_new(expression, source->link, err))) {
        mem_free(fresh->expression);
        mem_free(fresh);
        return false;
    }
    fresh->users = 1;
    fresh->next = source->slots;
    *slot = source->slots = fresh;
    return true;
}

void source_slot_free(struct source *source, struct filter_slot *slot)
{
    if (!slot || --slot->users > 0)
        return;
    struct filter_slot **at = &source->slots;
    while (*at != slot)
        at = &(*at)->next;
    *at = slot->next;
    live_filter_free(slot->filter);
    mem_free(slot->expression);
    mem_free(slot);
}

// A capture of another link type needs other programs. No worker looks at them now: there is no
// capture.
static bool recompile(struct source *source, uint16_t link, struct error *err)
{
    source->mixed = true;
    for (struct filter_slot *slot = source->slots; slot; slot = slot->next) {
        struct live_filter *fresh = live_filter_new(slot->expression, link, err);
        if (!fresh)
            return false;
        live_filter_free(slot->filter);
        slot->filter = fresh;
    }
    source->link = link;
    source->mixed = false;
    return true;
}

static void reopen(struct source *source, int64_t now)
{
    struct error err = {0};
    struct live *live = open_live(source, &err);
    bool same = live && live_link(live) == source->link && !source->mixed;
    bool fine = live && (same || recompile(source, live_link(live), &err));
    if (fine && set_filter(source, live, NULL, &err)) {
        for (unsigned w = 0; w < source->n_workers; w++)
            atomic_store(&source->workers[w].failed, false);
        atomic_store(&source->live, live);
        for (unsigned w = 0; w < source->n_workers; w++)
            worker_wake(&source->workers[w]);
        return;
    }
    live_close(live);
    if (err.code == ERROR_NOT_FOUND) // as a worker says it
        error_set(&err, ERROR_NOT_FOUND, "interface %s is gone", source->interface);
    keep_reason(source, &err);
    source->retry = now + ENGINE_RETRY_MS * (CLOCK_SECOND / 1000);
}

// Whether all workers have been at the capture since then, and it has not failed. What a worker
// that was held up will find is not known.
static bool holds_since(struct source *source, int64_t time)
{
    for (unsigned w = 0; w < source->n_workers; w++)
        if (atomic_load(&source->workers[w].sign) < time)
            return false;
    return !any_failed(source);
}

// An interface that is down can be opened but fails at once: it runs again when it has not failed
// for a while.
static void notice_recovery(struct source *source, int64_t now)
{
    int64_t due = source->retry + ENGINE_RETRY_MS * (CLOCK_SECOND / 1000);
    if (source->retry == 0 || now < due || !holds_since(source, due))
        return;
    source->retry = 0;
    source->reason[0] = '\0';
    engine_warn(source->engine, "capture on %s goes on", source->interface);
}

void source_keep(struct source *source, int64_t now)
{
    if (source->kind != INPUT_PCAP)
        return;
    if (atomic_load(&source->live) && any_failed(source)) {
        if (source->retry == 0)
            engine_warn(source->engine, "capture on %s waits: %s", source->interface,
                        source->reason);
        close_live(source);
        source->retry = now + ENGINE_RETRY_MS * (CLOCK_SECOND / 1000) / 2;
    }
    if (atomic_load(&source->live))
        notice_recovery(source, now);
    else if (now >= source->retry)
        reopen(source, now);
}

static bool any_ahead(struct source *source, int64_t now)
{
    bool ahead = false;
    for (unsigned w = 0; w < source->n_workers && !ahead; w++)
        ahead = worker_is_ahead(&source->workers[w], now);
    return ahead;
}

// Periods begin anew at the clock's: else the one under way would last until the clock is there
// again, for hours or days.
bool source_follow_clock(struct source *source, int64_t now)
{
    if (!any_ahead(source, now))
        return false;
    for (unsigned w = 0; w < source->n_workers; w++)
        worker_go_back(&source->workers[w], now);
    for (struct input *input = source->inputs; input; input = input->next)
        for (uint32_t i = 0; i < input->n_pipelines; i++)
            pipeline_go_back(input->pipelines[i], now / source->engine->period_ns);
    return true;
}

void source_statistics(struct source *source, struct input_status *status)
{
    struct live *live = atomic_load(&source->live);
    status->n_workers = source->n_workers;
    for (unsigned w = 0; w < source->n_workers; w++) {
        struct live_statistics now = {0};
        const struct live_statistics *past = &source->past[w];
        if (live)
            live_statistics(live, w, &now);
        status->workers[w].seen = past->seen + now.seen;
        status->workers[w].dropped = past->dropped + now.dropped;
        status->seen += status->workers[w].seen;
        status->dropped += status->workers[w].dropped;
        status->if_dropped += past->if_dropped + now.if_dropped;
    }
}
