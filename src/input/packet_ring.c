#include "input/packet_ring.h"

#include "base/clock.h"
#include "base/memory.h"
#include "input/bpf.h"
#include "wire/packet.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RING_FRAME_BYTES = 2048, // means nothing to TPACKET_V3, but must be given
    VLAN_TYPE = 0x8100,
    ADDRESS_AT = TPACKET_ALIGN((int)sizeof(struct tpacket3_hdr)), // the sockaddr_ll
};

static bool set_option(const struct packet_ring *ring, int option, const void *value,
                       socklen_t size)
{
    return setsockopt(ring->fd, SOL_PACKET, option, value, size) == 0;
}

static void choose_blocks(struct packet_ring *ring, size_t ring_bytes)
{
    ring->block_bytes = RING_BLOCK_BYTES;
    while (ring->block_bytes > RING_BLOCK_BYTES_MIN && ring_bytes / ring->block_bytes < RING_BLOCKS)
        ring->block_bytes /= 2;
    ring->blocks = (unsigned)(ring_bytes / ring->block_bytes);
}

static bool map_ring(struct packet_ring *ring, struct error *err)
{
    struct tpacket_req3 request = {
        .tp_block_size = (unsigned)ring->block_bytes,
        .tp_block_nr = ring->blocks,
        .tp_frame_size = RING_FRAME_BYTES,
        .tp_frame_nr = (unsigned)(ring->block_bytes / RING_FRAME_BYTES) * ring->blocks,
        .tp_retire_blk_tov = RING_RETIRE_MS,
    };
    if (!set_option(ring, PACKET_RX_RING, &request, sizeof request))
        return live_refused("set RX_RING", err);
    void *map = mmap(NULL, ring->block_bytes * ring->blocks, PROT_READ | PROT_WRITE, MAP_SHARED,
                     ring->fd, 0);
    if (map == MAP_FAILED)
        return live_refused("mmap the ring", err);
    ring->map = map;
    return true;
}

static bool open_socket(struct packet_ring *ring, struct error *err)
{
    static const struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    int version = TPACKET_V3, reserve = BPF_VLAN_BYTES, on = 1;
    ring->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (ring->fd < 0)
        return live_refused("create socket", err);
    if (!packet_ring_filter(ring, &nothing, 1))
        return live_refused("attach BPF", err);
    if (!set_option(ring, PACKET_VERSION, &version, sizeof version))
        return live_refused("set packet v3", err);
    if (!set_option(ring, PACKET_RESERVE, &reserve, sizeof reserve))
        return live_refused("reserve room for VLAN tags", err);
    // Times of arrival; without it they are those of the copy into the ring.
    if (setsockopt(ring->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
        return live_refused("ask for time stamps", err);
    return true;
}

bool packet_ring_open(struct packet_ring *ring, const struct live *live, struct error *err)
{
    *ring = (struct packet_ring){.fd = -1, .link = live->link, .snaplen = live->snaplen};
    pthread_mutex_init(&ring->mutex, NULL);
    choose_blocks(ring, live->ring_bytes);
    ring->records = mem_calloc(LIVE_CHUNK_RECORDS, sizeof *ring->records);
    if (!ring->records)
        return error_set(err, ERROR_MEMORY, "no memory for a capture's records");
    return open_socket(ring, err) && map_ring(ring, err);
}

void packet_ring_close(struct packet_ring *ring)
{
    if (ring->map)
        munmap(ring->map, ring->block_bytes * ring->blocks);
    if (ring->fd >= 0)
        close(ring->fd);
    mem_free(ring->records);
    pthread_mutex_destroy(&ring->mutex);
}

bool packet_ring_bind(struct packet_ring *ring, unsigned interface, struct error *err)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)interface};
    if (bind(ring->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return live_refused("bind", err);
    return true;
}

bool packet_ring_filter(struct packet_ring *ring, const struct sock_filter *program, size_t n)
{
    struct sock_fprog filter = {.len = (unsigned short)n, .filter = (struct sock_filter *)program};
    return setsockopt(ring->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

static struct tpacket_block_desc *block_at(const struct packet_ring *ring)
{
    return (struct tpacket_block_desc *)(ring->map + ring->block_bytes * ring->current);
}

void packet_ring_release(struct packet_ring *ring)
{
    if (!ring->held || ring->left > 0)
        return;
    __atomic_store_n(&block_at(ring)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    ring->held = false;
    ring->current = (ring->current + 1) % ring->blocks;
}

static bool take_block(struct packet_ring *ring)
{
    struct tpacket_hdr_v1 *block = &block_at(ring)->hdr.bh1;
    if (!(__atomic_load_n(&block->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
        return false;
    ring->held = true;
    ring->left = block->num_pkts;
    ring->packet = (const uint8_t *)block_at(ring) + block->offset_to_first_pkt;
    return true;
}

// Moves the addresses four bytes to the front, where the ring keeps room, and puts the tag behind
// them.
static void restore_vlan(const struct tpacket3_hdr *header, struct record *record)
{
    bool has_type = header->tp_status & TP_STATUS_VLAN_TPID_VALID;
    uint16_t tag[] = {htons(has_type ? header->hv1.tp_vlan_tpid : VLAN_TYPE),
                      htons((uint16_t)header->hv1.tp_vlan_tci)};
    uint8_t *frame = (uint8_t *)record->data - BPF_VLAN_BYTES;
    memmove(frame, record->data, BPF_VLAN_AT);
    memcpy(frame + BPF_VLAN_AT, tag, sizeof tag);
    record->data = frame;
    record->captured += BPF_VLAN_BYTES;
    record->wire += BPF_VLAN_BYTES;
    record->vlan_restored = true;
}

static void read_packet(const struct packet_ring *ring, const struct tpacket3_hdr *header,
                        struct record *record)
{
    const struct sockaddr_ll *address = (const void *)((const uint8_t *)header + ADDRESS_AT);
    *record = (struct record){
        .time = header->tp_sec * CLOCK_SECOND + header->tp_nsec,
        .data = (const uint8_t *)header + header->tp_mac,
        .captured = header->tp_snaplen,
        .wire = header->tp_len,
        .link = ring->link,
        .packet_type = address->sll_pkttype,
    };
    bool tagged = header->tp_status & TP_STATUS_VLAN_VALID || header->hv1.tp_vlan_tci;
    if (tagged && ring->link == LINK_ETHERNET && record->captured >= BPF_VLAN_AT)
        restore_vlan(header, record);
    if (record->captured > ring->snaplen)
        record->captured = ring->snaplen;
}

static void read_packets(struct packet_ring *ring, struct chunk *chunk)
{
    uint32_t n = ring->left < LIVE_CHUNK_RECORDS ? ring->left : (uint32_t)LIVE_CHUNK_RECORDS;
    for (uint32_t i = 0; i < n; i++) {
        const struct tpacket3_hdr *header = (const void *)ring->packet;
        ring->packet += header->tp_next_offset;
        __builtin_prefetch(ring->packet);
        read_packet(ring, header, &ring->records[i]);
    }
    ring->left -= n;
    chunk->records = ring->records;
    chunk->count = n;
}

bool packet_ring_next(struct packet_ring *ring, struct chunk *chunk)
{
    while (ring->left == 0) {
        packet_ring_release(ring);
        if (!take_block(ring))
            return false;
    }
    read_packets(ring, chunk);
    return true;
}

void packet_ring_statistics(struct packet_ring *ring, struct live_statistics *statistics)
{
    struct tpacket_stats_v3 now;
    socklen_t size = sizeof now;
    pthread_mutex_lock(&ring->mutex);
    if (getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &now, &size) == 0) {
        ring->seen += now.tp_packets;
        ring->dropped += now.tp_drops;
    }
    statistics->seen = ring->seen;
    statistics->dropped = ring->dropped;
    pthread_mutex_unlock(&ring->mutex);
}
