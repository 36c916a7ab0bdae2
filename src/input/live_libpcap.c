// libpcap: packets are copied out of its buffer into a chunk. All go to worker 0.
#include "base/clock.h"
#include "base/memory.h"
#include "input/bpf.h"
#include "input/interface.h"
#include "input/live_backend.h"
#include "wire/bytes.h"
#include "wire/packet.h"

#include <pcap/pcap.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

enum {
    TIMEOUT_MS = 10,         // of libpcap's buffer, as upstream
    COPY_BYTES = 512 * 1024, // of a chunk, more than one packet of LIVE_SNAPLEN_MAX
    COPY_RECORD_BYTES = LIVE_SNAPLEN_MAX,
    IDLE_ROUNDS = 16,
    VLAN_TYPE = 0x8100,
    SERVICE_VLAN_TYPE = 0x88a8,
};

struct pcap_capture {
    struct live live;
    pcap_t *handle;
    pthread_mutex_t mutex; // libpcap's handles are for one thread at a time; and of `total`
    int64_t tick;          // ns of a unit of the fraction
    bool loopback;
    bool down;          // when it was opened: the handle is not active
    bool ending, ended; // the interface is down: the last packets are still to come, have come
    unsigned idle;      // rounds without a packet
    int fd;             // -1: it cannot be waited for
    uint8_t *bytes;
    size_t used;
    struct record *records;
    uint32_t count;
    struct pcap_stat last; // libpcap counts in 32 bits
    struct live_statistics total;
    struct live_interface_drops drops;
};

static bool find_interface(struct pcap_capture *capture, struct error *err)
{
    struct interface_list list = {0};
    if (!live_is_named(&capture->live, err) || !interface_list_read(&list, err))
        return false;
    const struct interface *interface = interface_by_name(&list, capture->live.interface);
    char names[512];
    if (interface)
        capture->loopback = interface->loopback;
    else
        interface_names(&list, names, sizeof names);
    interface_list_done(&list);
    return interface || error_set(err, ERROR_NOT_FOUND,
                                  "Couldn't find interface by provided name: \"%s\". Available "
                                  "interfaces: %s",
                                  capture->live.interface, names);
}

static void set_up(struct pcap_capture *capture)
{
    pcap_set_snaplen(capture->handle, (int)capture->live.snaplen);
    pcap_set_promisc(capture->handle, 1);
    pcap_set_timeout(capture->handle, TIMEOUT_MS);
    pcap_set_buffer_size(capture->handle, (int)capture->live.ring_bytes);
    // Refused where an interface has microseconds alone; activation says which it is.
    pcap_set_tstamp_precision(capture->handle, PCAP_TSTAMP_PRECISION_NANO);
}

// Link types as in files: they differ from libpcap's own numbers for raw IP alone.
static uint16_t link_of(int dlt)
{
    return dlt == DLT_RAW ? LINK_RAW : (uint16_t)dlt;
}

static bool activate(struct pcap_capture *capture, struct error *err)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    int status = pcap_activate(capture->handle);
    bool right = status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED;
    if (status == PCAP_ERROR_IFACE_NOT_UP) {
        capture->down = capture->ended = true;
        capture->live.link = LINK_ETHERNET;
        return true;
    }
    if (status < 0)
        return error_set(err, right ? ERROR_UNSUPPORTED : ERROR_IO,
                         "Cannot open interface for packet capture: %s%s",
                         pcap_geterr(capture->handle),
                         right ? " (a capture needs CAP_NET_RAW)" : "");
    if (pcap_setnonblock(capture->handle, 1, text) != 0)
        return error_set(err, ERROR_IO, "Packet capture failed to start: %s", text);
    bool nano = pcap_get_tstamp_precision(capture->handle) == PCAP_TSTAMP_PRECISION_NANO;
    capture->tick = nano ? 1 : 1000;
    capture->fd = pcap_get_selectable_fd(capture->handle);
    capture->live.link = link_of(pcap_datalink(capture->handle));
    return true;
}

static void close_capture(struct live *live)
{
    struct pcap_capture *capture = (struct pcap_capture *)live;
    if (capture->handle)
        pcap_close(capture->handle);
    mem_free(capture->bytes);
    mem_free(capture->records);
    pthread_mutex_destroy(&capture->mutex);
}

static bool open_handle(struct pcap_capture *capture, struct error *err)
{
    char text[PCAP_ERRBUF_SIZE];
    capture->bytes = mem_alloc(COPY_BYTES);
    capture->records = mem_calloc(LIVE_CHUNK_RECORDS, sizeof *capture->records);
    if (!capture->bytes || !capture->records)
        return error_set(err, ERROR_MEMORY, "no memory for a capture's records");
    capture->handle = pcap_create(capture->live.interface, text);
    if (!capture->handle)
        return error_set(err, ERROR_IO, "Cannot open interface for packet capture: %s", text);
    set_up(capture);
    return activate(capture, err);
}

static bool open_capture(struct live *live, const struct live_options *options, struct error *err)
{
    (void)options;
    struct pcap_capture *capture = (struct pcap_capture *)live;
    capture->fd = -1;
    if (!find_interface(capture, err))
        return false;
    pthread_mutex_init(&capture->mutex, NULL);
    live_interface_drops(live, &capture->drops);
    if (open_handle(capture, err) && live_libpcap.set_filter(live, NULL, 0, err))
        return true;
    close_capture(live);
    return false;
}

// libpcap puts the tag that the kernel keeps beside a packet back in its place without saying so;
// the kernel leaves none there.
static bool is_tagged(const struct record *record)
{
    if (record->link != LINK_ETHERNET || record->captured < BPF_VLAN_AT + BPF_VLAN_BYTES)
        return false;
    uint16_t type = load_be16(record->data + BPF_VLAN_AT);
    return type == VLAN_TYPE || type == SERVICE_VLAN_TYPE;
}

static void take_packet(u_char *subject, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct pcap_capture *capture = (struct pcap_capture *)subject;
    uint32_t captured =
        header->caplen < COPY_RECORD_BYTES ? header->caplen : (uint32_t)COPY_RECORD_BYTES;
    uint8_t *data = capture->bytes + capture->used;
    memcpy(data, bytes, captured);
    struct record *record = &capture->records[capture->count++];
    *record = (struct record){
        .time = header->ts.tv_sec * CLOCK_SECOND + header->ts.tv_usec * capture->tick,
        .data = data,
        .captured = captured,
        .wire = header->len > captured ? header->len : captured,
        .link = capture->live.link,
    };
    record->vlan_restored = is_tagged(record);
    capture->used += captured;
    // It cannot be told beforehand how many packets there is room for.
    if (capture->count == LIVE_CHUNK_RECORDS || COPY_BYTES - capture->used < COPY_RECORD_BYTES)
        pcap_breakloop(capture->handle);
}

// -1: libpcap gives up; else how many.
static int read_packets(struct pcap_capture *capture, struct chunk *chunk)
{
    capture->used = capture->count = 0;
    pthread_mutex_lock(&capture->mutex);
    int status = pcap_dispatch(capture->handle, LIVE_CHUNK_RECORDS, take_packet, (u_char *)capture);
    pthread_mutex_unlock(&capture->mutex);
    chunk->records = capture->records;
    chunk->count = capture->count;
    return status < 0 && status != PCAP_ERROR_BREAK && capture->count == 0 ? -1
                                                                           : (int)capture->count;
}

static bool is_up(const struct live *live)
{
    struct interface_list list = {0};
    if (!interface_list_read(&list, NULL))
        return true;
    const struct interface *interface = interface_by_name(&list, live->interface);
    bool up = interface && interface->up;
    interface_list_done(&list);
    return up;
}

// Nothing came. libpcap waits in silence for an interface that went down, so that is looked up now
// and then; what was captured before comes with the last block, which takes its time.
static void look_for_end(struct pcap_capture *capture, unsigned ready)
{
    if (!(ready & LIVE_FAILED) && ++capture->idle % IDLE_ROUNDS != 0)
        return;
    if (!is_up(&capture->live))
        capture->ending = true;
}

static int read_later(struct pcap_capture *capture, int wait_ms, struct chunk *chunk)
{
    int got = 0;
    if (capture->ending) {
        live_wait(&capture->live, 0, -1, LIVE_DRAIN_MS);
        got = read_packets(capture, chunk);
        return got > 0 ? got : -1;
    }
    // What cannot be waited for is asked again every TIMEOUT_MS.
    bool asks = capture->fd < 0 && (wait_ms < 0 || wait_ms > TIMEOUT_MS);
    unsigned ready = live_wait(&capture->live, 0, capture->fd, asks ? (int)TIMEOUT_MS : wait_ms);
    got = read_packets(capture, chunk);
    if (got == 0)
        look_for_end(capture, ready);
    return got;
}

static int next(struct live *live, unsigned worker, int wait_ms, struct chunk *chunk,
                struct error *err)
{
    struct pcap_capture *capture = (struct pcap_capture *)live;
    if (worker > 0) {
        live_wait(live, worker, -1, wait_ms);
        return 0;
    }
    int got = capture->ended ? -1 : read_packets(capture, chunk);
    if (got == 0)
        got = read_later(capture, wait_ms, chunk);
    if (got >= 0)
        return got > 0;
    capture->ended = true;
    live_down(live, 0, err);
    return -1;
}

static void release(struct live *live, unsigned worker)
{
    (void)live;
    (void)worker;
}

// libpcap's own way of setting a filter refuses everything for a moment. A socket of packets with
// their link header takes ours as it is.
static bool swap_in_kernel(struct pcap_capture *capture, struct sock_filter *program, size_t n)
{
    struct sock_fprog filter = {.len = (unsigned short)n, .filter = program};
    return capture->live.link == LINK_ETHERNET &&
           setsockopt(pcap_fileno(capture->handle), SOL_SOCKET, SO_ATTACH_FILTER, &filter,
                      sizeof filter) == 0;
}

static bool set_program(struct pcap_capture *capture, struct sock_filter *program, size_t n,
                        struct error *err)
{
    if (swap_in_kernel(capture, program, n))
        return true;
    struct bpf_insn *copy = mem_calloc(n, sizeof *copy);
    if (!copy)
        return error_set(err, ERROR_MEMORY, "no memory for a filter");
    for (size_t i = 0; i < n; i++)
        copy[i] = (struct bpf_insn){program[i].code, program[i].jt, program[i].jf, program[i].k};
    struct bpf_program all = {.bf_len = (unsigned)n, .bf_insns = copy};
    bool set = pcap_setfilter(capture->handle, &all) == 0;
    mem_free(copy);
    return set || error_set(err, ERROR_IO, "%s: %s", live_libpcap.filter_error,
                            pcap_geterr(capture->handle));
}

static bool set_filter(struct live *live, struct live_filter *const *filters, size_t n,
                       struct error *err)
{
    struct pcap_capture *capture = (struct pcap_capture *)live;
    struct sock_filter *program = mem_calloc(BPF_PROGRAM_MAX, sizeof *program);
    if (!program)
        return error_set(err, ERROR_MEMORY, "no memory for a filter");
    size_t length = live_filter_union(filters, n, capture->loopback, live->snaplen, program);
    pthread_mutex_lock(&capture->mutex);
    bool set = capture->down || set_program(capture, program, length, err);
    pthread_mutex_unlock(&capture->mutex);
    mem_free(program);
    return set;
}

static void stop(struct live *live)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct pcap_capture *capture = (struct pcap_capture *)live;
    pthread_mutex_lock(&capture->mutex);
    if (!capture->down)
        set_program(capture, &nothing, 1, NULL);
    pthread_mutex_unlock(&capture->mutex);
}

static void statistics(struct live *live, unsigned worker, struct live_statistics *statistics)
{
    struct pcap_capture *capture = (struct pcap_capture *)live;
    struct pcap_stat now;
    if (worker > 0)
        return;
    pthread_mutex_lock(&capture->mutex);
    if (!capture->down && pcap_stats(capture->handle, &now) == 0) {
        capture->total.seen += (uint32_t)(now.ps_recv - capture->last.ps_recv);
        capture->total.dropped += (uint32_t)(now.ps_drop - capture->last.ps_drop);
        capture->last = now;
    }
    live_interface_drops(live, &capture->drops);
    *statistics = capture->total;
    statistics->if_dropped = capture->drops.total;
    pthread_mutex_unlock(&capture->mutex);
}

const struct live_operations live_libpcap = {
    .size = sizeof(struct pcap_capture),
    .filter_error = "Cannot set BPF filter to interface",
    .open = open_capture,
    .close = close_capture,
    .next = next,
    .release = release,
    .stop = stop,
    .set_filter = set_filter,
    .statistics = statistics,
};
