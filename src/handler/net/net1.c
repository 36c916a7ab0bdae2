// net 1.0, schema "packets": totals over all directions, remote addresses.
#include "handler/net/net.h"

enum { CARDINALITY = 1, COUNTERS = 2, TOP_GEO = 4, TOP_IPS = 8 };

static const struct metric_group groups[] = {
    {"cardinality", true, .help = "distinct remote addresses"},
    {"counters", true, .help = "packets by direction, family and transport"},
    {"top_geo", true, .help = "remote places and networks"},
    {"top_ips", true, .help = "remote addresses"},
};

static const struct metric_scope_row scopes[] = {{.label = NULL}};

// clang-format off
#define NET1_ROWS(ROW)                                                                             \
    ROW(PPS_IN, .id = 1, .kind = METRIC_RATE, .shallow = true, .path = "rates.pps_in",             \
        .unit = "packets/s", .help = "packets to the host per second")                             \
    ROW(PPS_OUT, .id = 2, .kind = METRIC_RATE, .shallow = true, .path = "rates.pps_out",           \
        .unit = "packets/s", .help = "packets from the host per second")                           \
    ROW(PPS_TOTAL, .id = 3, .kind = METRIC_RATE, .shallow = true, .path = "rates.pps_total",       \
        .unit = "packets/s", .help = "packets per second")                                         \
    ROW(BYTES_IN, .id = 4, .kind = METRIC_RATE, .shallow = true, .path = "rates.bytes_in",         \
        .name = "payload_rates_bytes_in", .unit = "bytes/s",                                       \
        .help = "bytes of frames to the host per second")                                          \
    ROW(BYTES_OUT, .id = 5, .kind = METRIC_RATE, .shallow = true, .path = "rates.bytes_out",       \
        .name = "payload_rates_bytes_out", .unit = "bytes/s",                                      \
        .help = "bytes of frames from the host per second")                                        \
    ROW(BYTES_TOTAL, .id = 6, .kind = METRIC_RATE, .shallow = true, .path = "rates.bytes_total",   \
        .name = "payload_rates_bytes_total", .unit = "bytes/s", .help = "bytes of frames per second") \
    ROW(PPS_EVENTS, .id = 7, .kind = METRIC_RATE, .shallow = true, .path = "rates.pps_events",     \
        .role = METRIC_ROLE_EVENT_RATE,                                                            \
        .unit = "packets/s", .help = "packets per second before any filter")                       \
    ROW(EVENTS, .id = 8, .kind = METRIC_COUNTER, .shallow = true, .path = "events",                \
        .role = METRIC_ROLE_EVENTS,                                                                \
        .unit = "packets", .help = "packets offered to the handler")                               \
    ROW(DEEP_SAMPLES, .id = 9, .kind = METRIC_COUNTER, .path = "deep_samples",                     \
        .role = METRIC_ROLE_DEEP,                                                                  \
        .unit = "packets", .help = "packets that were looked at in full")                          \
    ROW(UDP, .id = 10, .kind = METRIC_COUNTER, .shallow = true, .path = "udp",                     \
        .groups = COUNTERS, .unit = "packets", .help = "UDP packets")                              \
    ROW(TCP, .id = 11, .kind = METRIC_COUNTER, .shallow = true, .path = "tcp",                     \
        .groups = COUNTERS, .unit = "packets", .help = "TCP packets")                              \
    ROW(TCP_SYNS, .id = 12, .kind = METRIC_COUNTER, .path = "protocol.tcp.syn",                    \
        .groups = COUNTERS, .unit = "packets", .help = "TCP packets with the SYN bit")             \
    ROW(OTHER_L4, .id = 13, .kind = METRIC_COUNTER, .shallow = true, .path = "other_l4",           \
        .groups = COUNTERS, .unit = "packets", .help = "packets that are neither UDP nor TCP")     \
    ROW(IPV4, .id = 14, .kind = METRIC_COUNTER, .shallow = true, .path = "ipv4",                   \
        .groups = COUNTERS, .unit = "packets", .help = "IPv4 packets")                             \
    ROW(IPV6, .id = 15, .kind = METRIC_COUNTER, .shallow = true, .path = "ipv6",                   \
        .groups = COUNTERS, .unit = "packets", .help = "IPv6 packets")                             \
    ROW(IN, .id = 16, .kind = METRIC_COUNTER, .shallow = true, .path = "in",                       \
        .groups = COUNTERS, .unit = "packets", .help = "packets to the host")                      \
    ROW(OUT, .id = 17, .kind = METRIC_COUNTER, .shallow = true, .path = "out",                     \
        .groups = COUNTERS, .unit = "packets", .help = "packets from the host")                    \
    ROW(UNKNOWN_DIR, .id = 18, .kind = METRIC_COUNTER, .shallow = true, .path = "unknown_dir",     \
        .groups = COUNTERS, .unit = "packets", .help = "packets of unknown direction")             \
    ROW(TOTAL, .id = 19, .kind = METRIC_COUNTER, .shallow = true, .path = "total",                 \
        .groups = COUNTERS, .unit = "packets", .help = "packets that passed the filters")          \
    ROW(FILTERED, .id = 20, .kind = METRIC_COUNTER, .shallow = true, .path = "filtered",           \
        .groups = COUNTERS, .unit = "packets", .help = "packets that a filter rejected")           \
    ROW(SRC_IPS_IN, .id = 21, .kind = METRIC_DISTINCT, .path = "cardinality.src_ips_in",           \
        .groups = CARDINALITY, .unit = "addresses", .help = "distinct sources of packets to the host") \
    ROW(DST_IPS_OUT, .id = 22, .kind = METRIC_DISTINCT, .path = "cardinality.dst_ips_out",         \
        .groups = CARDINALITY, .unit = "addresses",                                                \
        .help = "distinct destinations of packets from the host")                                  \
    ROW(TOP_IPV4, .id = 23, .kind = METRIC_TOP, .item = ITEM_IPV4,    .path = "top_ipv4",          \
        .label = "ipv4", .groups = TOP_IPS, .unit = "packets", .help = "remote IPv4 addresses")    \
    ROW(TOP_IPV6, .id = 24, .kind = METRIC_TOP, .item = ITEM_ADDRESS, .path = "top_ipv6",          \
        .label = "ipv6", .groups = TOP_IPS, .unit = "packets", .help = "remote IPv6 addresses")    \
    ROW(TOP_GEO_LOC, .id = 25, .kind = METRIC_TOP, .item = ITEM_PLACE, .path = "top_geoLoc",       \
        .label = "geo_loc", .groups = TOP_GEO, .unit = "packets", .help = "places of remote addresses") \
    ROW(TOP_ASN, .id = 26, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_ASN",               \
        .label = "asn", .groups = TOP_GEO, .unit = "packets", .help = "networks of remote addresses") \
    ROW(PAYLOAD_SIZE, .id = 27, .kind = METRIC_QUANTILES, .shallow = true, .path = "payload_size", \
        .unit = "bytes", .help = "length of a frame as sent")
// clang-format on

enum { NET1_ROWS(METRIC_ROW_INDEX) ROW_COUNT };
static const struct metric_row rows[] = {NET1_ROWS(METRIC_ROW_ENTRY)};

static const struct metric_table table = {
    .schema = "packets",
    .title = "net 1.0",
    .rows = rows,
    .n_rows = ROW_COUNT,
    .scopes = scopes,
    .n_scopes = 1,
    .groups = groups,
    .n_groups = sizeof groups / sizeof *groups,
};

// Counted over a batch, flushed at its end or when the second changes.
struct sums {
    uint64_t by_direction[3], by_l3[3], by_l4[3];
    uint64_t total, syns;
    int64_t second;
    uint64_t packets_in_second[3], bytes_in_second[3];
    uint32_t sizes[BATCH_EVENTS]; // total of them
};

static void flush_second(struct metric_scope *m, struct sums *s)
{
    static const uint8_t pps[3] = {PPS_TOTAL, PPS_IN, PPS_OUT};
    static const uint8_t bytes[3] = {BYTES_TOTAL, BYTES_IN, BYTES_OUT};
    uint64_t all_packets = 0, all_bytes = 0;
    for (unsigned d = 0; d < 3; d++) {
        all_packets += s->packets_in_second[d];
        all_bytes += s->bytes_in_second[d];
    }
    if (!all_packets)
        return;
    s->packets_in_second[DIRECTION_UNKNOWN] = all_packets;
    s->bytes_in_second[DIRECTION_UNKNOWN] = all_bytes;
    for (unsigned d = 0; d < 3; d++) {
        if (s->packets_in_second[d]) {
            metric_rate(m, pps[d], s->second, s->packets_in_second[d]);
            metric_rate(m, bytes[d], s->second, s->bytes_in_second[d]);
        }
        s->packets_in_second[d] = s->bytes_in_second[d] = 0;
    }
}

static void flush(struct metric_scope *m, struct sums *s)
{
    flush_second(m, s);
    metric_count(m, UDP, s->by_l4[L4_UDP]);
    metric_count(m, TCP, s->by_l4[L4_TCP]);
    metric_count(m, OTHER_L4, s->by_l4[L4_OTHER]);
    metric_count(m, IPV4, s->by_l3[L3_IPV4]);
    metric_count(m, IPV6, s->by_l3[L3_IPV6]);
    metric_count(m, IN, s->by_direction[DIRECTION_IN]);
    metric_count(m, OUT, s->by_direction[DIRECTION_OUT]);
    metric_count(m, UNKNOWN_DIR, s->by_direction[DIRECTION_UNKNOWN]);
    metric_count(m, TOTAL, s->total);
    metric_quantiles(m, PAYLOAD_SIZE, s->sizes, s->total);
    metric_count(m, TCP_SYNS, s->syns);
}

static void count_record(struct metric_scope *m, struct sums *s, const struct net_record *record)
{
    const struct packet_view *p = record->packet;
    int64_t second = p->second;
    if (second != s->second) {
        flush_second(m, s);
        s->second = second;
    }
    s->sizes[s->total++] = record->bytes;
    s->by_direction[p->direction]++;
    s->by_l3[p->l3]++;
    s->by_l4[p->l4]++;
    s->packets_in_second[p->direction]++;
    s->bytes_in_second[p->direction] += record->bytes;
}

// Packets whose remote address is still to be counted: hashed in a first pass that brings their
// slots near, counted in a second.
struct pending {
    const struct packet_view *packet;
    struct net_address remote;
    uint8_t distinct, top; // rows
};

static void remember_remote(const struct metric_scope *m, struct pending *pending,
                            const struct hash_key *key, const struct packet_view *p)
{
    pending->packet = p;
    pending->remote = net_address_of(key, net_remote(p), p->l3 == L3_IPV4);
    pending->distinct = p->direction == DIRECTION_IN ? SRC_IPS_IN : DST_IPS_OUT;
    pending->top = p->l3 == L3_IPV4 ? TOP_IPV4 : TOP_IPV6;
    net_prefetch_address(m, pending->distinct, pending->top, &pending->remote);
}

static void count_remotes(struct net_shard *shard, struct metric_scope *m,
                          const struct pending *pending, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct pending *p = &pending[i];
        net_count_address(m, p->distinct, p->top, &p->remote);
        if (shard->geo)
            count_places(shard->geo, m, (struct place_rows){TOP_GEO_LOC, TOP_ASN},
                         net_remote(p->packet));
    }
}

static void process(void *shard, struct metric_shard *metrics, struct batch *batch,
                    const struct selection *in, struct selection *out)
{
    struct metric_scope *m = metrics->live->root;
    const struct hash_key *key = hash_process_key();
    struct net_walk walk = {.shard = shard, .metrics = metrics, .batch = batch, .in = in};
    struct sums sums;
    memset(&sums, 0, offsetof(struct sums, sizes));
    struct pending pending[BATCH_EVENTS];
    uint32_t n_pending = 0;
    tally_begin(&walk.tally, m, PPS_EVENTS);
    for (struct net_record record; net_next(&walk, out, &record);) {
        bool deep = metric_shard_sample(metrics);
        count_record(m, &sums, &record);
        if (!deep)
            continue;
        walk.tally.deep++;
        sums.syns += record.syn;
        if (record.packet->direction != DIRECTION_UNKNOWN && record.packet->l3 != L3_NONE)
            remember_remote(m, &pending[n_pending++], key, record.packet);
    }
    count_remotes(shard, m, pending, n_pending);
    flush(m, &sums);
    tally_end(&walk.tally, (struct tally_rows){EVENTS, DEEP_SAMPLES, FILTERED});
}

const struct handler_class net1_class = {
    NET_CLASS,
    .version = "1.0",
    .metrics = &table,
    .process = process,
};
