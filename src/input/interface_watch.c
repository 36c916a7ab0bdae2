#include "input/interface_watch.h"

#include "base/memory.h"
#include "input/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <unistd.h>

enum {
    FIRST_ROOM = 16,
    // Receives that throw away what a new list will tell; what is left behind them does no harm.
    DRAIN_MAX = 4096,
};

struct interface_watch {
    int socket;
    struct interface_list list;
    struct interface_event *events; // a queue: first … count - 1 are still to be taken
    size_t first, count, room;
    uint64_t resyncs;
    bool stale; // the list is to be read anew
    uint8_t *bytes;
};

static bool no_memory(struct interface_watch *watch, struct error *err)
{
    watch->stale = true;
    return error_set(err, ERROR_MEMORY, "no memory for changes of interfaces");
}

static bool push(struct interface_watch *watch, const struct interface *link, unsigned kind,
                 const struct interface_address *address)
{
    if (watch->count == watch->room) {
        size_t room = watch->room ? watch->room * 2 : FIRST_ROOM;
        struct interface_event *events = mem_realloc(watch->events, room * sizeof *events);
        if (!events)
            return false;
        watch->events = events;
        watch->room = room;
    }
    struct interface_event *event = &watch->events[watch->count++];
    *event = (struct interface_event){.kind = (uint8_t)kind,
                                      .up = link->up,
                                      .carrier = link->carrier,
                                      .loopback = link->loopback,
                                      .index = link->index};
    memcpy(event->name, link->name, sizeof event->name);
    if (address)
        event->address = *address;
    return true;
}

static struct interface *known(struct interface_watch *watch, int index)
{
    const struct interface *item = interface_by_index(&watch->list, index);
    return item ? &watch->list.items[item - watch->list.items] : NULL;
}

static bool remove_address(struct interface_watch *watch, struct interface *item, size_t at)
{
    if (!push(watch, item, INTERFACE_ADDRESS_REMOVED, &item->addresses[at]))
        return false;
    interface_drop_address(item, at);
    return true;
}

// Events come first, the list behind them: where one of them fails neither is to be seen.
static bool settle(struct interface_watch *watch, size_t mark, bool good)
{
    if (!good)
        watch->count = mark;
    return good;
}

static bool add_address(struct interface_watch *watch, struct interface *item,
                        const struct interface_address *address)
{
    if (interface_find_address(item, address) < item->n_addresses)
        return true;
    size_t mark = watch->count;
    return settle(watch, mark,
                  push(watch, item, INTERFACE_ADDRESS_ADDED, address) &&
                      interface_put_address(item, address));
}

static bool remove_link(struct interface_watch *watch, struct interface *item)
{
    while (item->n_addresses > 0)
        if (!remove_address(watch, item, item->n_addresses - 1))
            return false;
    if (!push(watch, item, INTERFACE_GONE, NULL))
        return false;
    interface_list_drop(&watch->list, item->index);
    return true;
}

static bool add_link(struct interface_watch *watch, const struct interface *link)
{
    size_t mark = watch->count;
    return settle(watch, mark,
                  push(watch, link, INTERFACE_APPEARED, NULL) &&
                      interface_list_put(&watch->list, link));
}

// The new name appears with what the old one had.
static bool push_renamed(struct interface_watch *watch, const struct interface *item,
                         const struct interface *link)
{
    bool good = true;
    for (size_t i = item->n_addresses; good && i-- > 0;)
        good = push(watch, item, INTERFACE_ADDRESS_REMOVED, &item->addresses[i]);
    good = good && push(watch, item, INTERFACE_GONE, NULL) &&
           push(watch, link, INTERFACE_APPEARED, NULL);
    for (size_t i = 0; good && i < item->n_addresses; i++)
        good = push(watch, link, INTERFACE_ADDRESS_ADDED, &item->addresses[i]);
    return good;
}

static bool push_changed(struct interface_watch *watch, const struct interface *item,
                         const struct interface *link)
{
    if (strcmp(item->name, link->name) != 0)
        return push_renamed(watch, item, link);
    bool good =
        item->up == link->up || push(watch, link, link->up ? INTERFACE_UP : INTERFACE_DOWN, NULL);
    return good && (item->carrier == link->carrier || push(watch, link, INTERFACE_CARRIER, NULL));
}

static bool put_link(struct interface_watch *watch, const struct interface *link)
{
    struct interface *item = known(watch, link->index);
    if (!item)
        return add_link(watch, link);
    size_t mark = watch->count;
    struct interface changed = *link;
    if (!link->counts.known)
        changed.counts = item->counts;
    return settle(watch, mark,
                  push_changed(watch, item, link) && interface_list_put(&watch->list, &changed));
}

static bool take_message(struct interface_watch *watch, const struct netlink_message *m)
{
    struct interface *item = known(watch, m->index);
    switch ((enum netlink_kind)m->kind) {
    case NETLINK_LINK:
        return put_link(watch, &m->link);
    case NETLINK_LINK_GONE:
        return !item || remove_link(watch, item);
    case NETLINK_ADDRESS:
        return !item || add_address(watch, item, &m->address);
    case NETLINK_ADDRESS_GONE: {
        size_t at = item ? interface_find_address(item, &m->address) : 0;
        return !item || at == item->n_addresses || remove_address(watch, item, at);
    }
    case NETLINK_OTHER:
    case NETLINK_DONE:
    case NETLINK_ERROR:
        break;
    }
    return true;
}

// What is in the list but not (or under another name) in the kernel's.
static bool remove_missing(struct interface_watch *watch, const struct interface_list *now)
{
    for (size_t i = watch->list.count; i-- > 0;) {
        struct interface *item = &watch->list.items[i];
        const struct interface *there = interface_by_index(now, item->index);
        if (!there || strcmp(there->name, item->name) != 0) {
            if (!remove_link(watch, item))
                return false;
            continue;
        }
        for (size_t a = item->n_addresses; a-- > 0;)
            if (interface_find_address(there, &item->addresses[a]) == there->n_addresses &&
                !remove_address(watch, item, a))
                return false;
    }
    return true;
}

static bool add_new(struct interface_watch *watch, const struct interface_list *now)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct interface *link = &now->items[i];
        if (!put_link(watch, link))
            return false;
        struct interface *item = known(watch, link->index);
        for (size_t a = 0; a < link->n_addresses; a++)
            if (!add_address(watch, item, &link->addresses[a]))
                return false;
    }
    return true;
}

// Reads the kernel's list anew. Messages that still wait are older than it: they would take it
// back.
static bool resync(struct interface_watch *watch, struct error *err)
{
    struct span bytes;
    for (unsigned i = 0; i < DRAIN_MAX; i++)
        if (netlink_receive(watch->socket, false, watch->bytes, &bytes, NULL) == 0)
            break;
    struct interface_list now = {0};
    if (!interface_list_read(&now, err))
        return false;
    static const struct interface none;
    bool good = push(watch, &none, INTERFACE_RESYNC, NULL) && remove_missing(watch, &now) &&
                add_new(watch, &now);
    interface_list_done(&now);
    if (!good)
        return no_memory(watch, err);
    watch->stale = false;
    watch->resyncs++;
    return true;
}

// False: err, and the list is stale.
static bool receive(struct interface_watch *watch, bool *none, struct error *err)
{
    struct span bytes;
    int got = netlink_receive(watch->socket, false, watch->bytes, &bytes, err);
    *none = got == 0;
    if (got < 0) {
        watch->stale = true;
        return errno == ENOBUFS;
    }
    struct netlink_message m;
    while (got > 0 && netlink_parse(&bytes, &m))
        if (!take_message(watch, &m))
            return no_memory(watch, err);
    return true;
}

int interface_watch_next(struct interface_watch *watch, struct interface_event *event,
                         struct error *err)
{
    bool none = false;
    while (watch->first == watch->count) {
        watch->first = watch->count = 0;
        if (none)
            return 0;
        if (!(watch->stale ? resync(watch, err) : receive(watch, &none, err)))
            return -1;
    }
    *event = watch->events[watch->first++];
    return 1;
}

struct interface_watch *interface_watch_open(struct error *err)
{
    struct interface_watch *watch = mem_zalloc(sizeof *watch);
    if (!watch || !(watch->bytes = mem_alloc(NETLINK_ROOM))) {
        error_set(err, ERROR_MEMORY, "no memory to watch interfaces");
        mem_free(watch);
        return NULL;
    }
    // First the groups, then the list: what changes in between comes as a message.
    watch->socket = netlink_open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, err);
    if (watch->socket < 0 || !interface_list_read(&watch->list, err)) {
        interface_watch_close(watch);
        return NULL;
    }
    return watch;
}

void interface_watch_close(struct interface_watch *watch)
{
    if (!watch)
        return;
    if (watch->socket >= 0)
        close(watch->socket);
    interface_list_done(&watch->list);
    mem_free(watch->events);
    mem_free(watch->bytes);
    mem_free(watch);
}

int interface_watch_descriptor(const struct interface_watch *watch)
{
    return watch->socket;
}

const struct interface_list *interface_watch_list(const struct interface_watch *watch)
{
    return &watch->list;
}

uint64_t interface_watch_resyncs(const struct interface_watch *watch)
{
    return watch->resyncs;
}
