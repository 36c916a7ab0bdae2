// net 2.0, schema "net": everything by direction.
#include "handler/net/net.h"
#include "handler/scopes.h"

enum { CARDINALITY = 1, COUNTERS = 2, QUANTILES = 4, TOP_GEO = 8, TOP_IPS = 16 };

static const struct metric_group groups[] = {
    {"cardinality", true, .help = "distinct remote addresses"},
    {"counters", true, .help = "packets by family and transport"},
    {"quantiles", true, .help = "frame lengths and rates"},
    {"top_geo", true, .help = "remote places and networks"},
    {"top_ips", true, .help = "remote addresses"},
};

// clang-format off
#define NET2_ROWS(ROW)                                                                             \
    ROW(PPS, .id = 1, .kind = METRIC_RATE, .scope = SCOPE_DIRECTION, .shallow = true,              \
        .path = "rates.pps", .groups = QUANTILES, .unit = "packets/s", .help = "packets per second") \
    ROW(BPS, .id = 2, .kind = METRIC_RATE, .scope = SCOPE_DIRECTION, .shallow = true,              \
        .path = "rates.bps", .groups = QUANTILES, .unit = "bytes/s",                               \
        .help = "bytes (not bits) of frames per second")                                           \
    ROW(OBSERVED_PPS, .id = 3, .kind = METRIC_RATE, .shallow = true, .path = "rates.observed_pps", \
        .role = METRIC_ROLE_EVENT_RATE,                                                            \
        .unit = "packets/s", .help = "packets per second before any filter")                       \
    ROW(OBSERVED, .id = 4, .kind = METRIC_COUNTER, .shallow = true, .path = "observed_packets",    \
        .role = METRIC_ROLE_EVENTS,                                                                \
        .unit = "packets", .help = "packets offered to the handler")                               \
    ROW(DEEP_SAMPLED, .id = 5, .kind = METRIC_COUNTER, .path = "deep_sampled_packets",             \
        .role = METRIC_ROLE_DEEP,                                                                  \
        .unit = "packets", .help = "packets that were looked at in full")                          \
    ROW(FILTERED, .id = 6, .kind = METRIC_COUNTER, .shallow = true, .path = "filtered_packets",    \
        .groups = COUNTERS, .unit = "packets", .help = "packets that a filter rejected")           \
    ROW(UDP, .id = 7, .kind = METRIC_COUNTER, .scope = SCOPE_DIRECTION, .shallow = true,           \
        .path = "udp_packets", .groups = COUNTERS, .unit = "packets", .help = "UDP packets")       \
    ROW(TCP, .id = 8, .kind = METRIC_COUNTER, .scope = SCOPE_DIRECTION, .shallow = true,           \
        .path = "tcp_packets", .groups = COUNTERS, .unit = "packets", .help = "TCP packets")       \
    ROW(OTHER_L4, .id = 9, .kind = METRIC_COUNTER, .scope = SCOPE_DIRECTION, .shallow = true,      \
        .path = "other_l4_packets", .groups = COUNTERS, .unit = "packets",                         \
        .help = "packets that are neither UDP nor TCP")                                            \
    ROW(IPV4, .id = 10, .kind = METRIC_COUNTER, .scope = SCOPE_DIRECTION, .shallow = true,         \
        .path = "ipv4_packets", .groups = COUNTERS, .unit = "packets", .help = "IPv4 packets")     \
    ROW(IPV6, .id = 11, .kind = METRIC_COUNTER, .scope = SCOPE_DIRECTION, .shallow = true,         \
        .path = "ipv6_packets", .groups = COUNTERS, .unit = "packets", .help = "IPv6 packets")     \
    ROW(TCP_SYNS, .id = 12, .kind = METRIC_COUNTER, .scope = SCOPE_DIRECTION,                      \
        .path = "tcp.syn_packets", .groups = COUNTERS, .unit = "packets",                          \
        .help = "TCP packets with the SYN bit")                                                    \
    ROW(TOTAL, .id = 13, .kind = METRIC_COUNTER, .scope = SCOPE_DIRECTION, .shallow = true,        \
        .path = "total_packets", .groups = COUNTERS, .unit = "packets",                            \
        .help = "packets that passed the filters")                                                 \
    ROW(IPS, .id = 14, .kind = METRIC_DISTINCT, .scope = SCOPE_DIRECTION, .lg_k = 14,              \
        .path = "cardinality.ips", .groups = CARDINALITY, .unit = "addresses",                     \
        .help = "distinct remote addresses (both ends where the direction is unknown)")            \
    ROW(TOP_IPV4, .id = 15, .kind = METRIC_TOP, .item = ITEM_IPV4,    .scope = SCOPE_DIRECTION,    \
        .path = "top_ipv4_packets", .label = "ipv4", .groups = TOP_IPS, .unit = "packets",         \
        .help = "remote IPv4 addresses")                                                           \
    ROW(TOP_IPV6, .id = 16, .kind = METRIC_TOP, .item = ITEM_ADDRESS, .scope = SCOPE_DIRECTION,    \
        .path = "top_ipv6_packets", .label = "ipv6", .groups = TOP_IPS, .unit = "packets",         \
        .help = "remote IPv6 addresses")                                                           \
    ROW(TOP_GEO_LOC, .id = 17, .kind = METRIC_TOP, .item = ITEM_PLACE, .scope = SCOPE_DIRECTION,   \
        .path = "top_geo_loc_packets", .label = "geo_loc", .groups = TOP_GEO, .unit = "packets",   \
        .help = "places of remote addresses")                                                      \
    ROW(TOP_ASN, .id = 18, .kind = METRIC_TOP, .item = ITEM_TEXT, .scope = SCOPE_DIRECTION,        \
        .path = "top_asn_packets", .label = "asn", .groups = TOP_GEO, .unit = "packets",           \
        .help = "networks of remote addresses")                                                    \
    ROW(PAYLOAD_SIZE, .id = 19, .kind = METRIC_QUANTILES, .scope = SCOPE_DIRECTION,                \
        .shallow = true, .path = "payload_size_bytes", .groups = QUANTILES, .unit = "bytes",       \
        .help = "length of a frame as sent")
// clang-format on

enum { NET2_ROWS(METRIC_ROW_INDEX) ROW_COUNT };
static const struct metric_row rows[] = {NET2_ROWS(METRIC_ROW_ENTRY)};

static const struct metric_table table = {
    .schema = "net",
    .title = "net 2.0",
    .rows = rows,
    .n_rows = ROW_COUNT,
    .scopes = direction_scopes,
    .n_scopes = DIRECTION_SCOPE_COUNT,
    .groups = groups,
    .n_groups = sizeof groups / sizeof *groups,
};

// Counted over a batch, flushed at its end or when the second changes.
struct sums {
    uint64_t by_l3[3], by_l4[3];
    uint64_t total, syns;
    uint64_t packets_in_second, bytes_in_second;
    uint32_t sizes[BATCH_EVENTS]; // total of them
};

static void flush_second(struct metric_scope *m, struct sums *s, int64_t second)
{
    if (!s->packets_in_second)
        return;
    metric_rate(m, PPS, second, s->packets_in_second);
    metric_rate(m, BPS, second, s->bytes_in_second);
    s->packets_in_second = s->bytes_in_second = 0;
}

static void flush(struct metric_scope *m, struct sums *s, int64_t second)
{
    flush_second(m, s, second);
    metric_count(m, UDP, s->by_l4[L4_UDP]);
    metric_count(m, TCP, s->by_l4[L4_TCP]);
    metric_count(m, OTHER_L4, s->by_l4[L4_OTHER]);
    metric_count(m, IPV4, s->by_l3[L3_IPV4]);
    metric_count(m, IPV6, s->by_l3[L3_IPV6]);
    metric_count(m, TOTAL, s->total);
    metric_count(m, TCP_SYNS, s->syns);
    metric_quantiles(m, PAYLOAD_SIZE, s->sizes, s->total);
}

static void count_record(struct sums *s, const struct net_record *record)
{
    s->sizes[s->total++] = record->bytes;
    s->by_l3[record->packet->l3]++;
    s->by_l4[record->packet->l4]++;
    s->packets_in_second++;
    s->bytes_in_second += record->bytes;
}

static void count_address(struct net_shard *shard, struct metric_scope *m,
                          const struct hash_key *key, const struct ip_address *ip, bool v4)
{
    struct net_address address = net_address_of(key, ip, v4);
    net_count_address(m, IPS, v4 ? TOP_IPV4 : TOP_IPV6, &address);
    if (shard->geo)
        count_places(shard->geo, m, (struct place_rows){TOP_GEO_LOC, TOP_ASN}, ip);
}

static void count_addresses(struct net_shard *shard, struct metric_scope *m,
                            const struct hash_key *key, const struct packet_view *p)
{
    if (p->l3 == L3_NONE)
        return;
    if (p->direction != DIRECTION_OUT)
        count_address(shard, m, key, &p->src, p->l3 == L3_IPV4);
    if (p->direction != DIRECTION_IN)
        count_address(shard, m, key, &p->dst, p->l3 == L3_IPV4);
}

// The objects of a batch, by direction.
struct objects {
    int64_t second;
    struct metric_scope *scopes[3]; // NULL until the first record of the batch
    struct sums sums[3];            // set where there is a scope
};

static void next_second(struct objects *o, int64_t second)
{
    for (unsigned d = 0; d < 3; d++)
        if (o->scopes[d])
            flush_second(o->scopes[d], &o->sums[d], o->second);
    o->second = second;
}

// True: it was looked at in full.
static bool count(struct net_shard *shard, struct objects *o, struct metric_shard *metrics,
                  const struct hash_key *key, const struct net_record *record)
{
    unsigned d = record->packet->direction;
    int64_t second = record->packet->second;
    if (second != o->second)
        next_second(o, second);
    if (!o->scopes[d]) {
        o->scopes[d] = direction_scope(metrics->live->root, d);
        memset(&o->sums[d], 0, offsetof(struct sums, sizes));
    }
    bool deep = metric_shard_sample(metrics);
    count_record(&o->sums[d], record);
    if (!deep)
        return false;
    o->sums[d].syns += record->syn;
    count_addresses(shard, o->scopes[d], key, record->packet);
    return true;
}

static void process(void *shard, struct metric_shard *metrics, struct batch *batch,
                    const struct selection *in, struct selection *out)
{
    const struct hash_key *key = hash_process_key();
    struct net_walk walk = {.shard = shard, .metrics = metrics, .batch = batch, .in = in};
    struct objects objects;
    memset(&objects, 0, offsetof(struct objects, sums));
    tally_begin(&walk.tally, metrics->live->root, OBSERVED_PPS);
    for (struct net_record record; net_next(&walk, out, &record);)
        walk.tally.deep += count(shard, &objects, metrics, key, &record);
    for (unsigned d = 0; d < 3; d++)
        if (objects.scopes[d])
            flush(objects.scopes[d], &objects.sums[d], objects.second);
    tally_end(&walk.tally, (struct tally_rows){OBSERVED, DEEP_SAMPLED, FILTERED});
}

const struct handler_class net2_class = {
    NET_CLASS,
    .version = "2.0",
    .metrics = &table,
    .process = process,
};
