// Inputs: views over a capture, and the pipelines that look through them.
#include "base/clock.h"
#include "base/memory.h"
#include "engine/source.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void input_config_free(struct input_config *config)
{
    if (!config)
        return;
    mem_free(config->name);
    mem_free(config->tap);
    mem_free(config->interface);
    mem_free(config->bpf);
    mem_free(config->pcap_file);
    host_spec_done(&config->hosts);
    json_decref(config->config);
    mem_free(config);
}

static unsigned wanted_workers(const struct engine *engine, const struct input_config *config)
{
    if (config->kind == INPUT_MOCK || config->backend == LIVE_LIBPCAP)
        return 1;
    if (config->workers > 0)
        return config->workers;
    if (engine->options.workers > 0)
        return engine->options.workers;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > 2 ? (unsigned)processors / 2 : 1;
}

// Room for one more pointer in a list that is given by reference.
static bool grow(void ***list, uint32_t used, uint32_t *room)
{
    enum { FIRST_ROOM = 4 };
    if (used < *room)
        return true;
    uint32_t more = *room ? *room * 2 : FIRST_ROOM;
    void **grown = mem_realloc(*list, more * sizeof *grown);
    if (!grown)
        return false;
    *list = grown;
    *room = more;
    return true;
}

// Behind the views of the same filter, so that it is matched once.
static void insert_view(struct worker *worker, struct worker_view *view)
{
    uint32_t at = worker->n_views;
    for (uint32_t v = 0; v < worker->n_views; v++)
        if (worker->views[v]->slot == view->slot)
            at = v + 1;
    memmove(&worker->views[at + 1], &worker->views[at],
            (worker->n_views - at) * sizeof *worker->views);
    worker->views[at] = view;
    worker->n_views++;
}

static bool add_view(struct worker *worker, struct worker_view *view)
{
    gate_enter(&worker->gate);
    bool room = grow((void ***)&worker->views, worker->n_views, &worker->room);
    if (room)
        insert_view(worker, view);
    gate_leave(&worker->gate);
    return room;
}

static void remove_view(struct worker *worker, const struct worker_view *view)
{
    gate_enter(&worker->gate);
    uint32_t at = 0;
    while (at < worker->n_views && worker->views[at] != view)
        at++;
    if (at < worker->n_views) {
        worker->n_views--;
        memmove(&worker->views[at], &worker->views[at + 1],
                (worker->n_views - at) * sizeof *worker->views);
    }
    gate_leave(&worker->gate);
}

static void input_free(struct input *input)
{
    struct source *source = input->source;
    for (unsigned w = 0; input->views && w < source->n_workers; w++) {
        remove_view(&source->workers[w], &input->views[w]);
        decoder_free(input->views[w].decoder);
        mem_free(input->views[w].pipelines);
    }
    mem_free(input->views);
    mem_free(input->pipelines);
    source_slot_free(source, input->slot);
    if (input->hosts)
        host_spec_done(input->hosts);
    mem_free(input->hosts);
    mem_free(input->bpf);
    mem_free(input->name);
    mem_free(input);
}

static bool set_hosts(struct input *input, const struct input_config *config, struct error *err)
{
    input->own_subnets = config->own_subnets;
    if (!(input->hosts = mem_zalloc(sizeof *input->hosts)))
        return error_set(err, ERROR_MEMORY, "no memory for an input");
    host_spec_init(input->hosts);
    if (!config->own_subnets)
        return host_spec_copy(input->hosts, &config->hosts) ||
               error_set(err, ERROR_MEMORY, "no memory for an input");
    struct interface_list list = {0};
    bool fine = interface_list_read(&list, err);
    const struct interface *own = fine ? interface_by_name(&list, config->interface) : NULL;
    if (own)
        fine = interface_host_spec(own, NULL, input->hosts, err);
    interface_list_done(&list);
    return fine;
}

static bool make_views(struct input *input, struct error *err)
{
    struct source *source = input->source;
    struct decoder_options options = {.hosts = input->hosts, .limits = input->limits};
    for (unsigned w = 0; w < source->n_workers; w++) {
        struct worker_view *view = &input->views[w];
        view->input = input;
        view->slot = input->slot;
        view->decoder = decoder_new(&options, &view->counters);
        if (!view->decoder || !add_view(&source->workers[w], view))
            return error_set(err, ERROR_MEMORY, "no memory for an input");
    }
    return true;
}

// The capture is widened before the input looks through it.
static bool fill(struct input *input, const struct input_config *config, struct error *err)
{
    struct source *source = input->source;
    input->limits = stream_default_limits;
    if (config->stream_limit > 0)
        input->limits.streams = config->stream_limit;
    input->name = mem_strdup(config->name);
    input->bpf = mem_strdup(config->bpf ? config->bpf : "");
    input->views = mem_calloc(source->n_workers, sizeof *input->views);
    if (!input->name || !input->bpf || !input->views)
        return error_set(err, ERROR_MEMORY, "no memory for an input");
    return set_hosts(input, config, err) && source_set_filter(source, input, err) &&
           source_slot(source, input->bpf, &input->slot, err) && make_views(input, err);
}

static struct input *input_new(struct source *source, const struct input_config *config,
                               struct error *err)
{
    struct input *input = mem_zalloc(sizeof *input);
    if (!input) {
        error_set(err, ERROR_MEMORY, "no memory for an input");
        return NULL;
    }
    input->source = source;
    input->users = 1;
    if (fill(input, config, err)) {
        input->next = source->inputs;
        source->inputs = input;
        return input;
    }
    input_free(input);
    source_set_filter(source, NULL, NULL); // as it was
    return NULL;
}

static struct input *find_input(const struct engine *engine, const char *name)
{
    for (struct source *source = engine->sources; source; source = source->next)
        for (struct input *input = source->inputs; input; input = input->next)
            if (strcmp(input->name, name) == 0)
                return input;
    return NULL;
}

static struct source *find_source(struct engine *engine, const struct input_config *config,
                                  unsigned workers)
{
    struct source *source = engine->sources;
    while (source && !source_fits(source, config, workers))
        source = source->next;
    return source;
}

static void put_in(struct engine *engine, struct source *source)
{
    source->next = engine->sources;
    engine->sources = source;
}

static void take_out(struct source *source)
{
    struct source **at = &source->engine->sources;
    while (*at != source)
        at = &(*at)->next;
    *at = source->next;
}

// Upstream's input for tests can be told to fail.
static bool mock_starts(const struct input_config *config, struct error *err)
{
    return config->kind != INPUT_MOCK || !json_object_get(config->config, "except_on_start") ||
           error_set(err, ERROR_INVALID, "mock error on start");
}

struct opening {
    struct engine *engine;
    const struct input_config *config;
    unsigned workers;
    struct source *fresh; // a capture for it that is not in the list
    bool created;
};

// With the engine's turn. False: it needs a capture first.
static bool find_or_make(struct opening *o, struct input **input, struct error *err)
{
    if ((*input = find_input(o->engine, o->config->name))) {
        (*input)->users++;
        return true;
    }
    struct source *source = find_source(o->engine, o->config, o->workers);
    if (!source && !o->fresh)
        return false;
    if (!source) {
        source = o->fresh;
        o->fresh = NULL;
        put_in(o->engine, source);
    }
    *input = input_new(source, o->config, err);
    o->created = *input != NULL;
    if (!source->inputs) {
        take_out(source);
        o->fresh = source;
    }
    return true;
}

static bool try_to_open(struct opening *o, struct input **input, struct error *err)
{
    gate_enter(&o->engine->turn);
    bool done = find_or_make(o, input, err);
    gate_leave(&o->engine->turn);
    return done;
}

// Opening and closing a capture takes the kernel tens of milliseconds: meanwhile others have their
// turn.
struct input *engine_open(struct engine *engine, const struct input_config *config, bool *created,
                          struct error *err)
{
    struct opening o = {
        .engine = engine, .config = config, .workers = wanted_workers(engine, config)};
    struct input *input = NULL;
    if (mock_starts(config, err) && !try_to_open(&o, &input, err) &&
        (o.fresh = source_new(engine, config, o.workers, err)))
        try_to_open(&o, &input, err);
    source_free(o.fresh);
    *created = o.created;
    return input;
}

void engine_close(struct input *input)
{
    struct source *source = input->source, *last = NULL;
    struct engine *engine = source->engine;
    gate_enter(&engine->turn);
    if (--input->users == 0) {
        struct input **at = &source->inputs;
        while (*at != input)
            at = &(*at)->next;
        *at = input->next;
        input_free(input);
        if (source->inputs)
            source_set_filter(source, NULL, NULL); // a wider one would do no harm
        else
            take_out(last = source);
    }
    gate_leave(&engine->turn);
    source_free(last);
}

const char *input_name(const struct input *input)
{
    return input->name;
}

unsigned input_workers(const struct input *input)
{
    return input->source->n_workers;
}

unsigned input_users(const struct input *input)
{
    struct engine *engine = input->source->engine;
    gate_enter(&engine->turn);
    unsigned users = input->users;
    gate_leave(&engine->turn);
    return users;
}

static size_t count_chains(const struct pipeline *pipeline)
{
    return pipeline_spec(pipeline)->n_chains;
}

// What resource samples tell of the input.
static void recount(struct input *input)
{
    size_t handlers = 0;
    for (uint32_t i = 0; i < input->n_pipelines; i++)
        handlers += count_chains(input->pipelines[i]);
    atomic_store(&input->n_policies, input->n_pipelines);
    atomic_store(&input->n_handlers, (unsigned)handlers);
}

// Room and ports for one more pipeline, at every worker, before any of them runs it.
static bool prepare(struct input *input, const struct pipeline *pipeline)
{
    const struct stream_port *ports;
    size_t n_ports = pipeline_ports(pipeline, &ports);
    bool fine = grow((void ***)&input->pipelines, input->n_pipelines, &input->room);
    for (unsigned w = 0; fine && w < input->source->n_workers; w++) {
        struct worker_view *view = &input->views[w];
        gate_enter(input->source->gates[w]);
        fine = grow((void ***)&view->pipelines, view->n_pipelines, &view->room);
        for (size_t i = 0; fine && i < n_ports; i++)
            fine = decoder_add_port(view->decoder, ports[i]);
        gate_leave(input->source->gates[w]);
    }
    return fine;
}

static void begin(struct worker *worker, struct pipeline *pipeline)
{
    int64_t now = engine_now();
    int64_t start = now < worker->next_shift ? now : worker->next_shift - 1;
    pipeline_start_in(pipeline, worker->number, start, worker->period);
}

static void replace(struct pipeline **list, uint32_t *n, const struct pipeline *old,
                    struct pipeline *fresh)
{
    uint32_t at = 0;
    while (at < *n && list[at] != old)
        at++;
    if (!old)
        list[(*n)++] = fresh;
    else if (fresh && at < *n)
        list[at] = fresh;
    else if (at < *n)
        list[at] = list[--*n];
}

// Between two batches of each worker: `fresh` in, `old` out; either may be NULL. What was lost
// before concerns those who were there.
static void exchange(struct input *input, struct pipeline *old, struct pipeline *fresh)
{
    struct source *source = input->source;
    if (fresh)
        pipeline_set_gates(fresh, source->gates);
    for (unsigned w = 0; w < source->n_workers; w++) {
        struct worker_view *view = &input->views[w];
        gate_enter(source->gates[w]);
        worker_tell_losses(&source->workers[w], atomic_load(&source->live));
        if (fresh)
            begin(&source->workers[w], fresh);
        replace(view->pipelines, &view->n_pipelines, old, fresh);
        gate_leave(source->gates[w]);
    }
    replace(input->pipelines, &input->n_pipelines, old, fresh);
    recount(input);
}

bool input_attach(struct input *input, struct pipeline *pipeline, struct error *err)
{
    struct engine *engine = input->source->engine;
    gate_enter(&engine->turn);
    bool fine = prepare(input, pipeline);
    if (fine)
        exchange(input, NULL, pipeline);
    gate_leave(&engine->turn);
    return fine || error_set(err, ERROR_MEMORY, "no memory for one more policy");
}

void input_detach(struct input *input, struct pipeline *pipeline)
{
    struct engine *engine = input->source->engine;
    gate_enter(&engine->turn);
    exchange(input, pipeline, NULL);
    gate_leave(&engine->turn);
    pipeline_set_gates(pipeline, NULL);
}

bool input_exchange(struct input *input, struct pipeline *old, struct pipeline *fresh,
                    struct error *err)
{
    struct engine *engine = input->source->engine;
    gate_enter(&engine->turn);
    bool fine = prepare(input, fresh);
    if (fine)
        exchange(input, old, fresh);
    gate_leave(&engine->turn);
    if (fine)
        pipeline_set_gates(old, NULL);
    return fine || error_set(err, ERROR_MEMORY, "no memory for one more policy");
}

static void add_counters(struct wire_counters *sum, const struct wire_counters *more)
{
    for (unsigned e = 0; e < WIRE_EVENT_COUNT; e++)
        sum->count[e] += more->count[e];
}

void input_status(struct input *input, struct input_status *status)
{
    struct source *source = input->source;
    *status = (struct input_status){0};
    gate_enter(&source->engine->turn);
    source_statistics(source, status);
    for (unsigned w = 0; w < source->n_workers; w++) {
        const struct worker_view *view = &input->views[w];
        gate_enter(source->gates[w]);
        struct streams_usage usage = decoder_usage(view->decoder);
        status->matched += view->matched;
        status->streams.streams += usage.streams;
        status->streams.marks += usage.marks;
        status->streams.bytes += usage.bytes;
        add_counters(&status->malformed, &view->counters);
        gate_leave(source->gates[w]);
    }
    bool waits = source->kind == INPUT_PCAP && source->retry > 0;
    status->state = waits ? INPUT_WAITING : INPUT_RUNNING;
    if (waits)
        snprintf(status->reason, sizeof status->reason, "%s", source->reason);
    status->pipelines = input->n_pipelines;
    gate_leave(&source->engine->turn);
}
