#include "enrich/services.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <strings.h>

enum { PORTS = 65536, NAMES_BLOCK = 16384, FIRST_ENTRIES = 512 };

struct entry {
    uint16_t low, high;
    uint8_t len;
    const char *name;
};

struct table {
    struct entry *entries; // by `high`
    size_t count, room;
};

struct services {
    struct table tables[2]; // of everything that is not UDP, of UDP
    struct arena names;
    uint64_t skipped;
};

struct services *services_new(void)
{
    struct services *services = mem_zalloc(sizeof *services);
    if (services)
        arena_init(&services->names, NAMES_BLOCK, 0);
    return services;
}

void services_free(struct services *services)
{
    if (!services)
        return;
    for (size_t i = 0; i < 2; i++)
        mem_free(services->tables[i].entries);
    arena_done(&services->names);
    mem_free(services);
}

uint64_t services_skipped(const struct services *services)
{
    return services->skipped;
}

size_t services_count(const struct services *services, bool udp)
{
    return services->tables[udp].count;
}

void services_skip(struct services *services)
{
    services->skipped++;
}

// The first entry whose last port is not below this one.
static size_t find(const struct table *table, uint16_t port)
{
    size_t first = 0, last = table->count;
    while (first < last) {
        size_t middle = (first + last) / 2;
        if (table->entries[middle].high < port)
            first = middle + 1;
        else
            last = middle;
    }
    return first;
}

// Registries are in the order of their ports, so the place is nearly always the end.
static bool insert(struct table *table, size_t at, const struct entry *entry)
{
    if (table->count == table->room) {
        size_t room = table->room ? 2 * table->room : FIRST_ENTRIES;
        struct entry *entries = mem_realloc(table->entries, room * sizeof *entries);
        if (!entries)
            return false;
        table->entries = entries;
        table->room = room;
    }
    struct entry *place = table->entries + at;
    memmove(place + 1, place, (table->count - at) * sizeof *place);
    *place = *entry;
    table->count++;
    return true;
}

// "53", "6000-6063".
static bool read_ports(struct span text, uint16_t *low, uint16_t *high)
{
    uint32_t bounds[2] = {0, 0};
    size_t which = 0, digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == '-' && which == 0 && digits > 0) {
            which = 1;
            digits = 0;
        } else if (c >= '0' && c <= '9' && ++digits <= 5) {
            bounds[which] = bounds[which] * 10 + (c - '0');
        } else {
            return false;
        }
    }
    if (which == 0)
        bounds[1] = bounds[0];
    *low = (uint16_t)bounds[0];
    *high = (uint16_t)bounds[1];
    return digits > 0 && bounds[0] <= bounds[1] && bounds[1] < PORTS;
}

// 1: UDP, 0: TCP, -1: neither.
static int protocol_of(struct span text)
{
    if (text.len != 3)
        return -1;
    if (strncasecmp((const char *)text.ptr, "tcp", 3) == 0)
        return 0;
    return strncasecmp((const char *)text.ptr, "udp", 3) == 0 ? 1 : -1;
}

// Copies the name as it may be shown; length 0: it is too long. False: no memory.
static bool keep_name(struct services *services, struct span name, struct entry *entry)
{
    struct buffer text;
    buffer_init(&text, (size_t)TEXT_DECIMAL * SERVICES_NAME_MAX);
    if (name.len <= SERVICES_NAME_MAX)
        text_escape(name, &text);
    bool fine = !text.failed;
    if (fine && text.len > 0 && text.len <= SERVICES_NAME_MAX) {
        char *copy = arena_alloc(&services->names, text.len);
        if (copy)
            memcpy(copy, text.data, text.len);
        entry->name = copy;
        entry->len = (uint8_t)text.len;
        fine = copy != NULL;
    }
    buffer_done(&text);
    return fine;
}

bool services_add(struct services *services, struct span name, struct span ports,
                  struct span protocol)
{
    struct entry entry = {0};
    int which = protocol_of(protocol);
    if (which < 0 || name.len == 0 || !read_ports(ports, &entry.low, &entry.high)) {
        services->skipped++;
        return true;
    }
    struct table *table = &services->tables[which];
    size_t at = find(table, entry.high);
    if (at < table->count && table->entries[at].high == entry.high)
        return true; // the first one stays
    if (!keep_name(services, name, &entry))
        return false;
    if (entry.len == 0)
        services->skipped++;
    return entry.len == 0 || insert(table, at, &entry);
}

struct span services_name(const struct services *services, uint16_t port, bool udp)
{
    struct span none = {0};
    if (!services)
        return none;
    const struct table *table = &services->tables[udp];
    size_t at = find(table, port);
    if (at == table->count || port < table->entries[at].low)
        return none;
    return span_of(table->entries[at].name, table->entries[at].len);
}

struct span services_text(const struct services *services, uint16_t port, bool udp,
                          char room[static SERVICES_ROOM])
{
    struct span name = services_name(services, port, udp);
    if (name.len)
        return name;
    int len = snprintf(room, SERVICES_ROOM, "%u", port);
    return span_of(room, (size_t)len);
}
