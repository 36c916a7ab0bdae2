#include "input/filter.h"

#include "base/memory.h"
#include "wire/packet.h"

#include <pcap/pcap.h>

enum { LINK_TYPES_MAX = 65536, SNAPLEN = CAPTURE_RECORD_MAX };

struct link_program {
    bool compiled; // else the expression makes no sense for this link type
    struct bpf_program program;
};

struct filter {
    char *expression;
    bool used; // it has compiled for some link type
    // By link type. Untouched pages of this table cost nothing.
    struct link_program **programs;
};

struct filter *filter_new(const char *expression, struct error *err)
{
    struct filter *filter = mem_zalloc(sizeof *filter);
    if (filter) {
        filter->expression = mem_strdup(expression);
        filter->programs = mem_calloc(LINK_TYPES_MAX, sizeof(struct link_program *));
        if (filter->expression && filter->programs)
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
    for (size_t link = 0; filter->programs && link < LINK_TYPES_MAX; link++) {
        if (!filter->programs[link])
            continue;
        pcap_freecode(&filter->programs[link]->program);
        mem_free(filter->programs[link]);
    }
    mem_free(filter->programs);
    mem_free(filter->expression);
    mem_free(filter);
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
    filter->programs[link] = entry;
    return entry;
}

int filter_match(struct filter *filter, const struct record *record, struct error *err)
{
    struct link_program *entry = filter->programs[record->link];
    if (!entry && !(entry = add_link(filter, record->link, err)))
        return -1;
    return entry->compiled &&
           bpf_filter(entry->program.bf_insns, record->data, record->wire, record->captured) != 0;
}
