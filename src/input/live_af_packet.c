// AF_PACKET: a socket with its own ring for each worker, in one fan-out group whose program gives a
// packet to the worker that packet_spread names. The group numbers its sockets as they join.
#include "base/memory.h"
#include "base/parallel.h"
#include "input/bpf.h"
#include "input/interface.h"
#include "input/packet_ring.h"
#include "input/spread_program.h"
#include "wire/packet.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <sys/socket.h>

enum worker_state {
    RUNNING,
    FAILED, // the kernel gives no more; the last block is still to come
    ENDED,  // and has come
};

struct af_packet {
    struct live live;
    int index;
    bool loopback;
    bool down; // when it was opened: there are no rings
    unsigned rings_open;
    struct packet_ring rings[LIVE_WORKERS_MAX];
    uint8_t states[LIVE_WORKERS_MAX]; // enum worker_state; each is that worker's own
    int errors[LIVE_WORKERS_MAX];     // errno values of FAILED
    pthread_mutex_t mutex;            // of what follows
    struct live_interface_drops drops;
};

// Types whose packets have no header of their own (libpcap's map_arphrd_to_dlt).
static int link_of(unsigned type)
{
    switch (type) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
        return LINK_ETHERNET;
    case ARPHRD_NONE:
    case ARPHRD_RAWIP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
        return LINK_RAW;
    default:
        return -1;
    }
}

static bool take_interface(struct af_packet *af, const struct interface *interface,
                           struct error *err)
{
    int link = link_of(interface->type);
    if (link < 0)
        return error_set(err, ERROR_INVALID,
                         "af_packet does not know interface %s's type %u: libpcap may",
                         interface->name, interface->type);
    af->live.link = (uint16_t)link;
    af->index = interface->index;
    af->loopback = interface->loopback;
    af->down = !interface->up;
    return true;
}

static bool find_interface(struct af_packet *af, struct error *err)
{
    struct interface_list list = {0};
    if (!live_is_named(&af->live, err) || !interface_list_read(&list, err))
        return false;
    const struct interface *interface = interface_by_name(&list, af->live.interface);
    bool found = interface ? take_interface(af, interface, err)
                           : error_set(err, ERROR_NOT_FOUND,
                                       "Failed to get interface index from name '%s': No such "
                                       "device",
                                       af->live.interface);
    interface_list_done(&list);
    return found;
}

static bool join(struct af_packet *af, unsigned worker, unsigned *group, struct error *err)
{
    int fd = af->rings[worker].fd;
    unsigned flags = worker == 0 ? PACKET_FANOUT_FLAG_UNIQUEID : 0;
    unsigned value = *group | (PACKET_FANOUT_CBPF | flags) << 16;
    socklen_t size = sizeof value;
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, size) != 0)
        return live_refused("set fanout", err);
    if (worker > 0)
        return true;
    if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, &size) != 0)
        return live_refused("get the fanout group", err);
    *group = value & 0xffff;
    struct sock_filter program[SPREAD_PROGRAM_MAX];
    struct sock_fprog spread = {.len = (unsigned short)spread_program(af->live.link, program),
                                .filter = program};
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &spread, sizeof spread) != 0)
        return live_refused("set the fanout program", err);
    return true;
}

static bool promiscuous(const struct af_packet *af, struct error *err)
{
    struct packet_mreq request = {.mr_ifindex = af->index, .mr_type = PACKET_MR_PROMISC};
    if (setsockopt(af->rings[0].fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) !=
        0)
        return live_refused("set promisc mode", err);
    return true;
}

struct ring_opening {
    struct af_packet *af;
    struct error errors[LIVE_WORKERS_MAX];
};

static void open_ring(void *context, unsigned worker)
{
    struct ring_opening *opening = context;
    packet_ring_open(&opening->af->rings[worker], &opening->af->live, &opening->errors[worker]);
}

static void close_ring(void *context, unsigned worker)
{
    struct af_packet *af = context;
    packet_ring_close(&af->rings[worker]);
}

// For each ring the kernel waits for its other processors: some milliseconds, which add up unless
// all wait at once.
static bool open_rings(struct af_packet *af, struct error *err)
{
    struct ring_opening opening = {.af = af};
    af->rings_open = af->live.workers;
    parallel_run(af->live.workers, open_ring, &opening);
    for (unsigned w = 0; w < af->live.workers; w++)
        if (opening.errors[w].code)
            return error_set(err, opening.errors[w].code, "%s", opening.errors[w].text);
    return true;
}

// Until all have joined the filters refuse everything, so that no packet comes to a wrong worker.
static bool start(struct af_packet *af, struct error *err)
{
    unsigned group = 0;
    for (unsigned w = 0; w < af->live.workers; w++) {
        if (!packet_ring_bind(&af->rings[w], (unsigned)af->index, err))
            return false;
        if (af->live.workers > 1 && !join(af, w, &group, err))
            return false;
    }
    return promiscuous(af, err) && live_af_packet.set_filter(&af->live, NULL, 0, err);
}

static void close_capture(struct live *live)
{
    struct af_packet *af = (struct af_packet *)live;
    parallel_run(af->rings_open, close_ring, af);
    pthread_mutex_destroy(&af->mutex);
}

static bool open_capture(struct live *live, const struct live_options *options, struct error *err)
{
    (void)options;
    struct af_packet *af = (struct af_packet *)live;
    if (!find_interface(af, err))
        return false;
    pthread_mutex_init(&af->mutex, NULL);
    live_interface_drops(live, &af->drops);
    if (af->down || (open_rings(af, err) && start(af, err)))
        return true;
    close_capture(live);
    return false;
}

// The kernel says once per socket that the interface went down.
static void note_failure(struct af_packet *af, unsigned worker)
{
    socklen_t size = sizeof af->errors[worker];
    if (getsockopt(af->rings[worker].fd, SOL_SOCKET, SO_ERROR, &af->errors[worker], &size) != 0)
        af->errors[worker] = errno;
    if (af->states[worker] == RUNNING)
        af->states[worker] = FAILED;
}

static int next(struct live *live, unsigned worker, int wait_ms, struct chunk *chunk,
                struct error *err)
{
    struct af_packet *af = (struct af_packet *)live;
    struct packet_ring *ring = &af->rings[worker];
    if (!af->down && packet_ring_next(ring, chunk))
        return 1;
    if (af->down || af->states[worker] == ENDED) {
        live_down(live, af->errors[worker], err);
        return -1;
    }
    // What was captured before the end comes with the last block, which takes its time.
    bool failed = af->states[worker] == FAILED;
    unsigned ready =
        live_wait(live, worker, failed ? -1 : ring->fd, failed ? (int)LIVE_DRAIN_MS : wait_ms);
    if (ready & LIVE_FAILED)
        note_failure(af, worker);
    else if (failed && !(ready & LIVE_WOKEN))
        af->states[worker] = ENDED;
    return packet_ring_next(ring, chunk);
}

static void release(struct live *live, unsigned worker)
{
    struct af_packet *af = (struct af_packet *)live;
    if (!af->down)
        packet_ring_release(&af->rings[worker]);
}

static bool attach(struct af_packet *af, const struct sock_filter *program, size_t n)
{
    for (unsigned w = 0; w < af->rings_open; w++)
        if (!packet_ring_filter(&af->rings[w], program, n))
            return false;
    return true;
}

static bool set_filter(struct live *live, struct live_filter *const *filters, size_t n,
                       struct error *err)
{
    struct af_packet *af = (struct af_packet *)live;
    struct sock_filter *program = mem_calloc(BPF_PROGRAM_MAX, sizeof *program);
    if (!program)
        return error_set(err, ERROR_MEMORY, "no memory for a filter");
    size_t length = live_filter_union(filters, n, af->loopback, live->snaplen, program);
    bool set = attach(af, program, length);
    // The system bounds what a socket's filter may weigh (net.core.optmem_max).
    if (!set && errno == ENOMEM) {
        length = live_filter_union(NULL, 0, af->loopback, live->snaplen, program);
        set = attach(af, program, length);
    }
    mem_free(program);
    return set || live_refused("attach BPF", err);
}

static void stop(struct live *live)
{
    static const struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    attach((struct af_packet *)live, &nothing, 1);
}

static void statistics(struct live *live, unsigned worker, struct live_statistics *statistics)
{
    struct af_packet *af = (struct af_packet *)live;
    if (!af->down)
        packet_ring_statistics(&af->rings[worker], statistics);
    if (worker > 0)
        return;
    pthread_mutex_lock(&af->mutex);
    live_interface_drops(live, &af->drops);
    statistics->if_dropped = af->drops.total;
    pthread_mutex_unlock(&af->mutex);
}

const struct live_operations live_af_packet = {
    .size = sizeof(struct af_packet),
    .open = open_capture,
    .close = close_capture,
    .next = next,
    .release = release,
    .stop = stop,
    .set_filter = set_filter,
    .statistics = statistics,
};
