// The engine itself: its list of captures, and the keeper, a thread that closes periods, opens
// captures again and follows the interfaces' addresses.
#include "engine/source.h"

#include "base/clock.h"
#include "base/memory.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { KEEPER_WAIT_MS = 200 };

static int64_t clock_now(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

int64_t engine_monotonic(void)
{
    return clock_now(CLOCK_MONOTONIC);
}

int64_t engine_now(void)
{
    return clock_now(CLOCK_REALTIME);
}

void engine_wake(struct engine *engine)
{
    eventfd_write(engine->wake, 1);
}

void engine_warn(struct engine *engine, const char *format, ...)
{
    char text[512];
    va_list arguments;
    if (!engine->options.warn)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    engine->options.warn(engine->options.context, text);
}

// One pipeline after the other; between them whoever waits has a turn, after which the lists may be
// others. So it begins anew until nothing is due.
static struct pipeline *next_due(struct engine *engine)
{
    for (struct source *source = engine->sources; source; source = source->next)
        for (struct input *input = source->inputs; input; input = input->next)
            for (uint32_t i = 0; i < input->n_pipelines; i++)
                if (pipeline_close_period(input->pipelines[i]))
                    return input->pipelines[i];
    return NULL;
}

static void close_periods(struct engine *engine)
{
    bool more = true;
    while (more && !atomic_load(&engine->stop)) {
        gate_begin(&engine->turn);
        struct pipeline *closed = next_due(engine);
        if (closed && engine->options.closed)
            engine->options.closed(engine->options.context, closed);
        more = closed != NULL;
        gate_end(&engine->turn);
    }
}

// Networks of an interface for the inputs that follow them.
static bool renew_hosts(struct input *input, const struct interface *interface)
{
    struct source *source = input->source;
    struct host_spec *fresh = mem_zalloc(sizeof *fresh);
    if (!fresh)
        return false;
    host_spec_init(fresh);
    if (!interface_host_spec(interface, NULL, fresh, NULL)) {
        host_spec_done(fresh);
        mem_free(fresh);
        return false;
    }
    for (unsigned w = 0; w < source->n_workers; w++) {
        gate_enter(source->gates[w]);
        decoder_set_hosts(input->views[w].decoder, fresh);
        gate_leave(source->gates[w]);
    }
    host_spec_done(input->hosts);
    mem_free(input->hosts);
    input->hosts = fresh;
    return true;
}

static void follow_addresses(struct engine *engine)
{
    const struct interface_list *list = interface_watch_list(engine->watch);
    for (struct source *source = engine->sources; source; source = source->next) {
        const struct interface *interface =
            source->interface ? interface_by_name(list, source->interface) : NULL;
        for (struct input *input = source->inputs; interface && input; input = input->next)
            if (input->own_subnets && !renew_hosts(input, interface))
                engine_warn(engine, "input %s: no memory for its new addresses", input->name);
    }
}

// What the events of interfaces bring: other addresses, or a reason to try at once.
static void watch_interfaces(struct engine *engine)
{
    struct interface_event event;
    bool addresses = false, links = false;
    if (!engine->watch)
        return;
    while (interface_watch_next(engine->watch, &event, NULL) > 0) {
        addresses |= event.kind == INTERFACE_ADDRESS_ADDED ||
                     event.kind == INTERFACE_ADDRESS_REMOVED || event.kind == INTERFACE_RESYNC;
        links |= event.kind == INTERFACE_APPEARED || event.kind == INTERFACE_UP;
    }
    atomic_store(&engine->resyncs, interface_watch_resyncs(engine->watch));
    if (addresses)
        follow_addresses(engine);
    for (struct source *source = engine->sources; links && source; source = source->next)
        if (!atomic_load(&source->live) && source->retry > 0)
            source->retry = engine_monotonic();
}

static void follow_clock(struct engine *engine)
{
    bool set_back = false;
    for (struct source *source = engine->sources; source; source = source->next)
        set_back |= source_follow_clock(source, engine_now());
    if (set_back)
        engine_warn(engine, "the clock was set back: the period under way joins the one that it is "
                            "now");
}

static void keep_sources(struct engine *engine)
{
    gate_begin(&engine->turn);
    watch_interfaces(engine);
    follow_clock(engine);
    for (struct source *source = engine->sources; source; source = source->next)
        source_keep(source, engine_monotonic());
    gate_end(&engine->turn);
}

static void *keep(void *engine_)
{
    struct engine *engine = engine_;
    struct pollfd events[] = {{.fd = engine->wake, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    eventfd_t count;
    if (engine->watch)
        events[1].fd = interface_watch_descriptor(engine->watch);
    while (!atomic_load(&engine->stop)) {
        poll(events, 2, KEEPER_WAIT_MS);
        if (events[0].revents & POLLIN)
            eventfd_read(engine->wake, &count);
        close_periods(engine);
        keep_sources(engine);
    }
    return NULL;
}

struct engine *engine_new(const struct engine_options *options, struct error *err)
{
    struct engine *engine = mem_zalloc(sizeof *engine);
    if (!engine) {
        error_set(err, ERROR_MEMORY, "no memory for the engine");
        return NULL;
    }
    engine->options = *options;
    engine->period_ns = (int64_t)options->period_seconds * CLOCK_SECOND;
    if (engine->period_ns == 0)
        engine->period_ns = METRIC_PERIOD_SECONDS * CLOCK_SECOND;
    gate_init(&engine->turn);
    engine->watch = interface_watch_open(NULL);
    engine->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    engine->keeper_running =
        engine->wake >= 0 && pthread_create(&engine->keeper, NULL, keep, engine) == 0;
    if (engine->keeper_running) {
        pthread_setname_np(engine->keeper, "keeper");
        return engine;
    }
    error_set(err, ERROR_MEMORY, "cannot start the engine's thread");
    engine_free(engine);
    return NULL;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    if (engine->keeper_running) {
        atomic_store(&engine->stop, true);
        engine_wake(engine);
        pthread_join(engine->keeper, NULL);
    }
    if (engine->wake >= 0)
        close(engine->wake);
    interface_watch_close(engine->watch);
    gate_done(&engine->turn);
    mem_free(engine);
}

unsigned engine_period_seconds(const struct engine *engine)
{
    return (unsigned)(engine->period_ns / CLOCK_SECOND);
}

uint64_t engine_interface_resyncs(const struct engine *engine)
{
    return atomic_load(&engine->resyncs);
}

int64_t engine_oldest_sign(struct engine *engine)
{
    int64_t oldest = engine_monotonic();
    gate_enter(&engine->turn);
    for (struct source *source = engine->sources; source; source = source->next)
        for (unsigned w = 0; w < source->n_workers; w++) {
            int64_t sign = atomic_load(&source->workers[w].sign);
            oldest = sign < oldest ? sign : oldest;
        }
    gate_leave(&engine->turn);
    return oldest;
}
