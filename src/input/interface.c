#include "input/interface.h"

#include "base/memory.h"
#include "input/netlink.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <unistd.h>

enum {
    READ_ATTEMPTS = 10, // while the tables keep changing; then what there is is taken
};

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "no memory for the list of interfaces");
}

// The place of an index, or where it would stand.
static size_t place_of(const struct interface_list *list, int index)
{
    size_t at = 0;
    while (at < list->count && list->items[at].index < index)
        at++;
    return at;
}

static struct interface *find(struct interface_list *list, int index)
{
    size_t at = place_of(list, index);
    return at < list->count && list->items[at].index == index ? &list->items[at] : NULL;
}

bool interface_list_put(struct interface_list *list, const struct interface *link)
{
    struct interface *item = find(list, link->index);
    if (item) {
        struct interface old = *item;
        *item = *link;
        item->addresses = old.addresses;
        item->n_addresses = old.n_addresses;
        return true;
    }
    struct interface *items = mem_realloc(list->items, (list->count + 1) * sizeof *items);
    if (!items)
        return false;
    list->items = items;
    size_t at = place_of(list, link->index);
    memmove(items + at + 1, items + at, (list->count - at) * sizeof *items);
    items[at] = *link;
    items[at].addresses = NULL;
    items[at].n_addresses = 0;
    list->count++;
    return true;
}

void interface_list_drop(struct interface_list *list, int index)
{
    struct interface *item = find(list, index);
    if (!item)
        return;
    mem_free(item->addresses);
    size_t behind = (size_t)(list->items + list->count - item) - 1;
    memmove(item, item + 1, behind * sizeof *item);
    list->count--;
}

static bool same_address(const struct interface_address *a, const struct interface_address *b)
{
    return a->l3 == b->l3 && a->prefix == b->prefix && ip_equal(&a->ip, &b->ip);
}

size_t interface_find_address(const struct interface *interface,
                              const struct interface_address *address)
{
    size_t at = 0;
    while (at < interface->n_addresses && !same_address(&interface->addresses[at], address))
        at++;
    return at;
}

bool interface_put_address(struct interface *interface, const struct interface_address *address)
{
    size_t count = interface->n_addresses;
    if (interface_find_address(interface, address) < count)
        return true;
    struct interface_address *more = mem_realloc(interface->addresses, (count + 1) * sizeof *more);
    if (!more)
        return false;
    more[count] = *address;
    interface->addresses = more;
    interface->n_addresses = count + 1;
    return true;
}

void interface_drop_address(struct interface *interface, size_t at)
{
    struct interface_address *all = interface->addresses;
    memmove(all + at, all + at + 1, (interface->n_addresses - at - 1) * sizeof *all);
    interface->n_addresses--;
}

void interface_list_done(struct interface_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        mem_free(list->items[i].addresses);
    mem_free(list->items);
    *list = (struct interface_list){0};
}

// A dump that is being read.
struct reading {
    int socket;
    uint8_t *room;
    struct interface_list list;
    bool interrupted;
};

static bool take_message(struct reading *r, const struct netlink_message *m, struct error *err)
{
    if (m->kind == NETLINK_LINK)
        return interface_list_put(&r->list, &m->link) || no_memory(err);
    struct interface *item = m->kind == NETLINK_ADDRESS ? find(&r->list, m->index) : NULL;
    return !item || interface_put_address(item, &m->address) || no_memory(err);
}

// One table, up to its end.
static bool read_table(struct reading *r, unsigned type, struct error *err)
{
    if (!netlink_ask(r->socket, type, type, err))
        return false;
    for (;;) {
        struct span bytes;
        if (netlink_receive(r->socket, true, r->room, &bytes, err) < 0)
            return false;
        struct netlink_message m;
        while (netlink_parse(&bytes, &m)) {
            if (m.sequence != type)
                continue;
            r->interrupted |= m.interrupted;
            if (m.kind == NETLINK_ERROR)
                return error_set(err, ERROR_IO, "the kernel does not list interfaces: error %d",
                                 m.error);
            if (m.kind == NETLINK_DONE)
                return true;
            if (!take_message(r, &m, err))
                return false;
        }
    }
}

static bool read_tables(struct reading *r, struct error *err)
{
    for (unsigned attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
        interface_list_done(&r->list);
        r->interrupted = false;
        if (!read_table(r, RTM_GETLINK, err) || !read_table(r, RTM_GETADDR, err))
            return false;
        if (!r->interrupted)
            break;
    }
    return true;
}

bool interface_list_read(struct interface_list *list, struct error *err)
{
    struct reading r = {.socket = netlink_open(0, err)};
    if (r.socket < 0)
        return false;
    r.room = mem_alloc(NETLINK_ROOM);
    bool good = r.room ? read_tables(&r, err) : no_memory(err);
    close(r.socket);
    mem_free(r.room);
    struct interface_list old = *list;
    if (good)
        *list = r.list;
    interface_list_done(good ? &old : &r.list);
    return good;
}

const struct interface *interface_by_name(const struct interface_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

const struct interface *interface_by_index(const struct interface_list *list, int index)
{
    size_t at = place_of(list, index);
    return at < list->count && list->items[at].index == index ? &list->items[at] : NULL;
}

void interface_names(const struct interface_list *list, char *text, size_t room)
{
    if (room > 0)
        text[0] = '\0';
    size_t at = 0;
    for (size_t i = 0; i < list->count && at < room; i++)
        at += (size_t)snprintf(text + at, room - at, "%s%s", i ? "," : "", list->items[i].name);
}

static const struct interface *by_address(const struct interface_list *list,
                                          const struct ip_address *ip)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t a = 0; a < list->items[i].n_addresses; a++)
            if (ip_equal(&list->items[i].addresses[a].ip, ip))
                return &list->items[i];
    return NULL;
}

static const struct interface *busiest(const struct interface_list *list)
{
    const struct interface *best = NULL;
    uint64_t most = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct interface *item = &list->items[i];
        uint64_t packets = item->counts.rx_packets + item->counts.tx_packets;
        if (!item->up || item->loopback || !item->counts.known || (best && packets <= most))
            continue;
        best = item;
        most = packets;
    }
    return best;
}

const struct interface *interface_resolve(const struct interface_list *list, const char *iface,
                                          struct error *err)
{
    const struct interface *found;
    struct ip_address ip;
    if (!iface || !*iface) {
        error_set(err, ERROR_INVALID, "no iface was specified for live capture");
        return NULL;
    }
    if (strcmp(iface, "auto") == 0) {
        found = busiest(list);
        if (!found)
            error_set(err, ERROR_NOT_FOUND, "iface was set to 'auto' but no interface was found");
    } else if (ip_parse(iface, &ip)) {
        found = by_address(list, &ip);
        if (!found)
            error_set(err, ERROR_NOT_FOUND, "Couldn't find interface by provided IP: %s", iface);
    } else {
        char names[512];
        interface_names(list, names, sizeof names);
        found = interface_by_name(list, iface);
        if (!found)
            error_set(err, ERROR_NOT_FOUND,
                      "Couldn't find interface by provided name: \"%s\". Available interfaces: %s",
                      iface, names);
    }
    return found;
}

bool interface_host_spec(const struct interface *interface, const char *text,
                         struct host_spec *spec, struct error *err)
{
    if (text && *text)
        return host_spec_parse(spec, text, err);
    bool good = true;
    for (size_t i = 0; good && i < interface->n_addresses; i++) {
        const struct interface_address *a = &interface->addresses[i];
        good = host_spec_add(spec, a->l3, &a->ip, a->prefix, err);
    }
    return good;
}
