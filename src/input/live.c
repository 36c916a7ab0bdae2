#include "input/live_backend.h"

#include "base/memory.h"
#include "input/interface.h"
#include "wire/packet.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

const char *const live_backend_names[LIVE_BACKENDS] = {
    [LIVE_AF_PACKET] = "af_packet",
    [LIVE_LIBPCAP] = "libpcap",
    [LIVE_MOCK] = "mock",
};

static const struct live_operations *const backends[LIVE_BACKENDS] = {
    [LIVE_AF_PACKET] = &live_af_packet,
    [LIVE_LIBPCAP] = &live_libpcap,
    [LIVE_MOCK] = &live_mock,
};

static bool open_wakes(struct live *live, struct error *err)
{
    for (unsigned w = 0; w < live->workers; w++)
        if ((live->wake[w] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
            return live_refused("create an eventfd", err);
    return true;
}

static void close_wakes(struct live *live)
{
    for (unsigned w = 0; w < live->workers; w++)
        if (live->wake[w] >= 0)
            close(live->wake[w]);
}

static bool take_options(struct live *live, const struct live_options *options, struct error *err)
{
    const char *name = options->interface ? options->interface : "";
    if (strlen(name) >= sizeof live->interface)
        return error_set(err, ERROR_INVALID, "Invalid argument: interface name is too long: %s",
                         name);
    memcpy(live->interface, name, strlen(name) + 1);
    live->workers = options->workers ? options->workers : 1;
    if (live->workers > LIVE_WORKERS_MAX)
        live->workers = LIVE_WORKERS_MAX;
    live->snaplen = options->snaplen;
    if (live->snaplen == 0 || live->snaplen > LIVE_SNAPLEN_MAX)
        live->snaplen = LIVE_SNAPLEN_MAX;
    live->ring_bytes = options->ring_bytes ? options->ring_bytes : LIVE_RING_BYTES;
    if (live->ring_bytes < LIVE_RING_BYTES_MIN)
        live->ring_bytes = LIVE_RING_BYTES_MIN;
    for (unsigned w = 0; w < LIVE_WORKERS_MAX; w++)
        live->wake[w] = -1;
    return true;
}

struct live *live_open(const struct live_options *options, struct error *err)
{
    const struct live_operations *operations = backends[options->backend];
    struct live *live = mem_zalloc(operations->size);
    if (!live) {
        error_set(err, ERROR_MEMORY, "no memory for a live capture");
        return NULL;
    }
    live->operations = operations;
    if (!take_options(live, options, err)) {
        mem_free(live);
        return NULL;
    }
    if (open_wakes(live, err) && operations->open(live, options, err))
        return live;
    close_wakes(live);
    mem_free(live);
    return NULL;
}

void live_close(struct live *live)
{
    if (!live)
        return;
    live->operations->close(live);
    close_wakes(live);
    mem_free(live);
}

int live_next(struct live *live, unsigned worker, int wait_ms, struct chunk *chunk,
              struct error *err)
{
    *chunk = (struct chunk){0};
    live->operations->release(live, worker);
    return live->operations->next(live, worker, wait_ms, chunk, err);
}

void live_release(struct live *live, unsigned worker)
{
    live->operations->release(live, worker);
}

void live_stop(struct live *live)
{
    live->operations->stop(live);
}

void live_wake(struct live *live, unsigned worker)
{
    uint64_t one = 1;
    // It fails only when the counter is full: then the worker has been woken anyway.
    if (write(live->wake[worker], &one, sizeof one) < 0)
        return;
}

static void free_filters(struct live_filter **filters, size_t n)
{
    for (size_t i = 0; i < n; i++)
        live_filter_free(filters[i]);
    mem_free(filters);
}

static struct live_filter *compile(const struct live_operations *operations, const char *expression,
                                   uint16_t link, struct error *err)
{
    struct error own = {.code = ERROR_NONE};
    struct live_filter *filter = live_filter_new(expression, link, &own);
    if (filter)
        return filter;
    if (operations->filter_error && own.code != ERROR_MEMORY)
        error_prefix(&own, "%s", operations->filter_error);
    error_set(err, own.code, "%s", own.text);
    return NULL;
}

bool live_check_filter(enum live_backend backend, const char *expression, struct error *err)
{
    struct live_filter *filter = compile(backends[backend], expression, LINK_ETHERNET, err);
    live_filter_free(filter);
    return filter != NULL;
}

bool live_set_filter(struct live *live, const char *const *expressions, size_t n, struct error *err)
{
    struct live_filter **filters = mem_calloc(n + 1, sizeof *filters);
    if (!filters)
        return error_set(err, ERROR_MEMORY, "no memory for %zu filters", n);
    bool compiled = true;
    for (size_t i = 0; i < n && compiled; i++)
        compiled =
            (filters[i] = compile(live->operations, expressions[i], live->link, err)) != NULL;
    bool set = compiled && (!live->operations->set_filter ||
                            live->operations->set_filter(live, filters, n, err));
    free_filters(filters, n);
    return set;
}

void live_statistics(struct live *live, unsigned worker, struct live_statistics *statistics)
{
    *statistics = (struct live_statistics){0};
    live->operations->statistics(live, worker, statistics);
}

uint16_t live_link(const struct live *live)
{
    return live->link;
}

unsigned live_wait(struct live *live, unsigned worker, int fd, int wait_ms)
{
    struct pollfd polled[] = {{.fd = live->wake[worker], .events = POLLIN},
                              {.fd = fd, .events = POLLIN}};
    if (poll(polled, 2, wait_ms) <= 0)
        return 0;
    unsigned ready = 0;
    uint64_t count;
    if (polled[0].revents && read(polled[0].fd, &count, sizeof count) == sizeof count)
        ready |= LIVE_WOKEN;
    if (polled[1].revents & POLLIN)
        ready |= LIVE_READY;
    if (polled[1].revents & (POLLERR | POLLHUP | POLLNVAL))
        ready |= LIVE_FAILED;
    return ready;
}

bool live_is_named(const struct live *live, struct error *err)
{
    return live->interface[0] != '\0' ||
           error_set(err, ERROR_INVALID, "no iface was specified for live capture");
}

void live_down(const struct live *live, int error, struct error *err)
{
    char why[128];
    if (if_nametoindex(live->interface) == 0)
        error_set(err, ERROR_NOT_FOUND, "interface %s is gone", live->interface);
    else if (error == ENETDOWN || error == 0)
        error_set(err, ERROR_IO, "interface %s is down", live->interface);
    else
        error_set(err, ERROR_IO, "interface %s: %s", live->interface,
                  strerror_r(error, why, sizeof why));
}

bool live_refused(const char *what, struct error *err)
{
    char why[128];
    int error = errno;
    bool right = error == EPERM || error == EACCES;
    return error_set(err,
                     right             ? ERROR_UNSUPPORTED
                     : error == ENOMEM ? ERROR_MEMORY
                                       : ERROR_IO,
                     "Failed to %s: %s%s", what, strerror_r(error, why, sizeof why),
                     right ? " (a capture needs CAP_NET_RAW)" : "");
}

void live_interface_drops(const struct live *live, struct live_interface_drops *drops)
{
    struct interface_list list = {0};
    if (!interface_list_read(&list, NULL))
        return;
    const struct interface *interface = interface_by_name(&list, live->interface);
    if (interface && interface->counts.known) {
        uint64_t now = interface->counts.rx_dropped + interface->counts.rx_missed;
        // A driver that starts its counters anew, or another interface of the name, is no increase.
        drops->total += drops->known && now > drops->last ? now - drops->last : 0;
        drops->last = now;
        drops->known = true;
    }
    interface_list_done(&list);
}
