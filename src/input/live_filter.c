#include "input/live_filter.h"

#include "base/memory.h"
#include "input/filter.h"
#include "wire/bytes.h"
#include "wire/packet.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pcap/pcap.h>
#include <pthread.h>

enum { COMPILER_SNAPLEN = 64, COMPILER_RING = 65536, ETHERTYPE_AT = 12 };

struct live_filter {
    bool beside; // written for VLAN tags that stand beside the packet
    bool kernel; // means in the kernel what it means here
    uint32_t n;  // 0: matches all
    struct sock_filter program[];
};

// The open capture that libpcap compiles for; kept for the life of the process.
static struct {
    pthread_mutex_t mutex;
    pcap_t *handle;
    bool refused; // no right to capture
} compiler = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static pcap_t *open_on(const char *interface)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *handle = pcap_create(interface, text);
    if (!handle)
        return NULL;
    pcap_set_snaplen(handle, COMPILER_SNAPLEN);
    pcap_set_buffer_size(handle, COMPILER_RING);
    int status = pcap_activate(handle);
    compiler.refused = status == PCAP_ERROR_PERM_DENIED;
    struct bpf_insn nothing = {.code = BPF_RET | BPF_K};
    struct bpf_program drop = {.bf_len = 1, .bf_insns = &nothing};
    if (status >= 0 && pcap_datalink(handle) == DLT_EN10MB && pcap_setfilter(handle, &drop) == 0)
        return handle;
    pcap_close(handle);
    return NULL;
}

static pcap_t *open_on_any(void)
{
    pcap_t *handle = open_on("lo");
    struct if_nameindex *all = handle || compiler.refused ? NULL : if_nameindex();
    for (struct if_nameindex *i = all; i && i->if_index && !handle && !compiler.refused; i++)
        handle = open_on(i->if_name);
    if (all)
        if_freenameindex(all);
    return handle;
}

// The mutex is held.
static pcap_t *live_compiler(uint16_t link)
{
    if (link != LINK_ETHERNET)
        return NULL;
    if (!compiler.handle && !compiler.refused)
        compiler.handle = open_on_any();
    return compiler.handle;
}

static struct live_filter *copy_program(const struct bpf_program *program, struct error *err)
{
    struct live_filter *filter =
        mem_zalloc(sizeof *filter + program->bf_len * sizeof *filter->program);
    if (!filter) {
        error_set(err, ERROR_MEMORY, "no memory for a filter");
        return NULL;
    }
    filter->n = program->bf_len;
    for (uint32_t i = 0; i < filter->n; i++) {
        const struct bpf_insn *in = &program->bf_insns[i];
        filter->program[i] = (struct sock_filter){in->code, in->jt, in->jf, in->k};
    }
    if (filter->n == 0 || bpf_check(filter->program, filter->n, err))
        return filter;
    mem_free(filter);
    return NULL;
}

static struct live_filter *compile_for(pcap_t *handle, const char *expression, struct error *err)
{
    struct bpf_program program;
    if (pcap_compile(handle, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        error_set(err, ERROR_INVALID, "%s", pcap_geterr(handle));
        return NULL;
    }
    struct live_filter *filter = copy_program(&program, err);
    pcap_freecode(&program);
    return filter;
}

static struct live_filter *compile_dead(const char *expression, uint16_t link, struct error *err)
{
    pcap_t *handle = pcap_open_dead(filter_dlt(link), COMPILER_SNAPLEN);
    if (!handle) {
        error_set(err, ERROR_MEMORY, "no memory for a filter");
        return NULL;
    }
    struct live_filter *filter = compile_for(handle, expression, err);
    pcap_close(handle);
    if (filter)
        filter->kernel = link != LINK_ETHERNET;
    return filter;
}

static struct live_filter *compile(const char *expression, uint16_t link, struct error *err)
{
    pthread_mutex_lock(&compiler.mutex);
    pcap_t *handle = live_compiler(link);
    struct live_filter *filter = handle ? compile_for(handle, expression, err) : NULL;
    pthread_mutex_unlock(&compiler.mutex);
    if (!handle)
        return compile_dead(expression, link, err);
    if (filter)
        filter->beside = filter->kernel = true;
    return filter;
}

static bool is_blank(const char *expression)
{
    return expression[strspn(expression, " \t\r\n")] == '\0';
}

struct live_filter *live_filter_new(const char *expression, uint16_t link, struct error *err)
{
    static const struct bpf_program all = {0};
    struct error own = {.code = ERROR_NONE};
    struct live_filter *filter =
        is_blank(expression) ? copy_program(&all, &own) : compile(expression, link, &own);
    if (!filter && own.code == ERROR_MEMORY)
        error_set(err, ERROR_MEMORY, "no memory for a filter");
    else if (!filter)
        error_set(err, ERROR_INVALID, "Failed to parse bpf filter: %s: %s", expression, own.text);
    return filter;
}

void live_filter_free(struct live_filter *filter)
{
    mem_free(filter);
}

bool live_filter_match(const struct live_filter *filter, const struct record *record)
{
    if (filter->n == 0)
        return true;
    struct bpf_frame frame = {
        .data = record->data,
        .captured = record->captured,
        .wire = record->wire,
        .vlan_beside = filter->beside && record->vlan_restored,
        .packet_type = record->packet_type,
        .hardware_type = ARPHRD_ETHER,
    };
    uint32_t at = ETHERTYPE_AT + (frame.vlan_beside ? BPF_VLAN_BYTES : 0);
    if (record->link == LINK_ETHERNET && record->captured >= at + 2)
        frame.protocol = load_be16(record->data + at);
    return bpf_run(filter->program, &frame) != 0;
}

// Appends a filter: its refusals lead to what is behind it.
static size_t append(struct sock_filter *program, size_t n, const struct live_filter *filter,
                     uint32_t keep)
{
    for (uint32_t i = 0; i < filter->n; i++) {
        struct sock_filter in = filter->program[i];
        if (in.code == (BPF_RET | BPF_K))
            in = in.k ? (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, keep)
                      : (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, filter->n - i - 1);
        program[n + i] = in;
    }
    return n + filter->n;
}

static bool may_append(const struct live_filter *filter, size_t n)
{
    if (filter->n == 0 || !filter->kernel || n + filter->n >= BPF_PROGRAM_MAX)
        return false;
    for (uint32_t i = 0; i < filter->n; i++)
        if (filter->program[i].code == (BPF_RET | BPF_A))
            return false;
    return true;
}

size_t live_filter_union(struct live_filter *const *filters, size_t n, bool skip_outgoing,
                         uint32_t keep, struct sock_filter program[BPF_PROGRAM_MAX])
{
    static const struct sock_filter skip[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    size_t start = 0;
    if (skip_outgoing) {
        memcpy(program, skip, sizeof skip);
        start = sizeof skip / sizeof *skip;
    }
    size_t length = start;
    bool all = n == 0;
    for (size_t i = 0; i < n && !all; i++) {
        all = !may_append(filters[i], length);
        if (!all)
            length = append(program, length, filters[i], keep);
    }
    length = all ? start : length;
    program[length] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, all ? keep : 0);
    return length + 1;
}
