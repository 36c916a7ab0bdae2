#include "input/filter.h"

#include "base/memory.h"
#include "wire/packet.h"

#include <pcap/pcap.h>

enum { SNAPLEN = CAPTURE_RECORD_MAX };

// Rows of LINK_TYPES.
enum link_index {
#define LINK_INDEX(name, value, decoder) INDEX_##name,
    LINK_TYPES(LINK_INDEX)
#undef LINK_INDEX
        LINK_COUNT
};

struct link_program {
    bool compiled; // else the expression makes no sense for this link type
    struct bpf_program program;
};

struct filter {
    char *expression;
    bool used;                                 // it has compiled for some link type
    struct link_program *programs[LINK_COUNT]; // NULL: none yet
};

struct filter *filter_new(const char *expression, struct error *err)
{
    struct filter *filter = mem_zalloc(sizeof *filter);
    if (filter) {
        filter->expression = mem_strdup(expression);
        if (filter->expression)
            return filter;
    }
    filter_free(filter);
    error_set(err, ERROR_MEMORY, "no memory for a filter");
    return NULL;
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    for (size_t link = 0; link < LINK_COUNT; link++) {
        if (!filter->programs[link])
            continue;
        pcap_freecode(&filter->programs[link]->program);
        mem_free(filter->programs[link]);
    }
    mem_free(filter->expression);
    mem_free(filter);
}

static enum link_index index_of(uint16_t link)
{
    switch (link) {
#define LINK_CASE(name, value, decoder) \
    case value:                         \
        return INDEX_##name;
        LINK_TYPES(LINK_CASE)
#undef LINK_CASE
    default:
        return LINK_COUNT;
    }
}

// libpcap compiles for DLT_ numbers. Those differ from the LINKTYPE_ numbers of files for raw IP
// only, as far as packets of such a link are decoded here.
int filter_dlt(uint16_t link)
{
    return link == LINK_RAW || link == LINK_RAW_OPENBSD ? DLT_RAW : link;
}

static bool compile(struct filter *filter, struct link_program *entry, uint16_t link,
                    struct error *err)
{
    pcap_t *handle = pcap_open_dead(filter_dlt(link), SNAPLEN);
    if (!handle)
        return error_set(err, ERROR_MEMORY, "no memory for a filter");
    entry->compiled =
        pcap_compile(handle, &entry->program, filter->expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!entry->compiled)
        error_set(err, ERROR_INVALID, "Cannot set BPF filter to pcap file: %s",
                  pcap_geterr(handle));
    pcap_close(handle);
    return entry->compiled || filter->used;
}

static struct link_program *add_link(struct filter *filter, uint16_t link, struct error *err)
{
    struct link_program *entry = mem_zalloc(sizeof *entry);
    if (!entry) {
        error_set(err, ERROR_MEMORY, "no memory for a filter");
        return NULL;
    }
    if (!compile(filter, entry, link, err)) {
        mem_free(entry);
        return NULL;
    }
    filter->used = true;
    filter->programs[index_of(link)] = entry;
    return entry;
}

static int unknown_link(const struct filter *filter, uint16_t link, struct error *err)
{
    if (filter->used)
        return 0;
    error_set(err, ERROR_INVALID, "Cannot set BPF filter to pcap file: unknown link type %u", link);
    return -1;
}

int filter_match(struct filter *filter, const struct record *record, struct error *err)
{
    enum link_index index = index_of(record->link);
    if (index == LINK_COUNT)
        return unknown_link(filter, record->link, err);
    struct link_program *entry = filter->programs[index];
    if (!entry && !(entry = add_link(filter, record->link, err)))
        return -1;
    return entry->compiled &&
           bpf_filter(entry->program.bf_insns, record->data, record->wire, record->captured) != 0;
}

bool filter_check(const char *expression, struct error *err)
{
    const struct record nothing = {.data = (const uint8_t *)"", .link = LINK_ETHERNET};
    struct filter *filter = filter_new(expression, err);
    bool fine = filter && filter_match(filter, &nothing, err) >= 0;
    filter_free(filter);
    return fine;
}
