// What both versions of the net handler share: configuration, filters, and the walk over a batch
// that turns events into records.
#pragma once

#include "enrich/geo.h"
#include "handler/handler.h"
#include "handler/places.h"
#include "handler/tally.h"
#include "wire/bytes.h"

extern const struct handler_class net1_class;
extern const struct handler_class net2_class;

extern const struct option_row net_options[];
enum { NET_OPTION_COUNT = 5 };

struct net_config {
    bool geo_not_found, asn_not_found;
    bool filter_geo, filter_asn; // any filter of that kind
    char **geo_prefixes;
    size_t n_geo_prefixes;
    char **asn_numbers; // "16509"
    size_t n_asn_numbers;
};

void *net_config_new(json_t *options, const struct metric_settings *settings,
                     const struct handler_env *env, struct error *err);
void net_config_free(void *config);

struct net_shard {
    const struct net_config *config;
    struct geo_cache *geo;
};

void *net_shard_new(const void *config, const struct handler_env *env);
void net_shard_free(void *shard);

// What the classes of both versions are alike in.
#define NET_CLASS                                                                                \
    .type = "net", .stream_name = "NetStreamHandler",                                            \
    .inputs = INPUT_PCAP | INPUT_DNSTAP | INPUT_MOCK, .options = net_options,                    \
    .n_options = NET_OPTION_COUNT, .config_new = net_config_new, .config_free = net_config_free, \
    .shard_new = net_shard_new, .shard_free = net_shard_free

// A record as the net handlers count it: a packet, or a DNS message when the handler stands behind
// one that passes messages on.
struct net_record {
    const struct packet_view *packet;
    uint32_t bytes; // of the frame as sent, or of the message
    bool syn;
    bool counts; // false: a message at a place in a chain where packets count
};

static inline struct net_record net_record_of(const struct selection *in, const struct event *event)
{
    const struct packet_view *packet = event->packet;
    if (event->kind != EVENT_PACKET)
        return (struct net_record){packet, event->body_wire, false, in->messages};
    bool syn = packet->l4 == L4_TCP && (packet->tcp_flags & TCP_SYN);
    return (struct net_record){packet, packet->wire, syn, true};
}

// The address at the other end: source when in, destination when out.
static inline const struct ip_address *net_remote(const struct packet_view *packet)
{
    return packet->direction == DIRECTION_IN ? &packet->src : &packet->dst;
}

// False: rejected by geo or ASN filter.
bool net_filter_passes(struct net_shard *shard, const struct packet_view *packet);
static inline bool net_passes(struct net_shard *shard, const struct packet_view *packet)
{
    const struct net_config *c = shard->config;
    return (!c->filter_geo && !c->filter_asn) || net_filter_passes(shard, packet);
}

// The way through a batch: what is no packet or message is passed over, what a filter rejects is
// counted, what passes is written to `out`.
struct net_walk {
    struct net_shard *shard;
    const struct metric_shard *metrics;
    const struct batch *batch;
    const struct selection *in;
    uint32_t at, passed;
    struct tally tally;
};

// Filters and tallies what the handler is offered. False: rejected.
static inline bool net_takes(struct net_walk *w, const struct net_record *record)
{
    bool passes = net_passes(w->shard, record->packet);
    if (record->counts) {
        w->tally.records++;
        tally_rate(&w->tally, record->packet->second, 1);
        w->tally.filtered += !passes;
        w->tally.deep += !passes && w->metrics->deep;
    }
    return passes;
}

// The next record that counts; false at the end. `out` may be `in`.
static inline bool net_next(struct net_walk *w, struct selection *out, struct net_record *record)
{
    while (w->at < w->in->count) {
        uint16_t index = w->in->index[w->at++];
        const struct event *event = &w->batch->events[index];
        if (!event->packet)
            continue;
        *record = net_record_of(w->in, event);
        if (!net_takes(w, record))
            continue;
        out->index[w->passed++] = index;
        if (record->counts)
            return true;
    }
    out->messages = w->in->messages;
    out->count = w->passed;
    return false;
}

// An address as the sketches take it: IPv4 as a number, IPv6 as its 16 bytes.
struct net_address {
    const struct ip_address *ip;
    uint64_t number;
    uint64_t hash;
    uint32_t coupon;
    bool v4;
};

static inline struct net_address net_address_of(const struct hash_key *key,
                                                const struct ip_address *ip, bool v4)
{
    struct net_address address = {.ip = ip, .v4 = v4};
    if (v4) {
        address.number = load_be32(ip->bytes + IP_V4_AT);
        address.hash = hash_u64(key, address.number);
        address.coupon = hll_coupon_4(ip->bytes + IP_V4_AT);
    } else {
        address.hash = hash_u128(key, hash_load64(ip->bytes), hash_load64(ip->bytes + 8));
        address.coupon = hll_coupon_16(ip->bytes);
    }
    return address;
}

static inline void net_prefetch_address(const struct metric_scope *m, unsigned distinct,
                                        unsigned top, const struct net_address *address)
{
    if (m->cells[distinct].distinct)
        hll_prefetch(m->cells[distinct].distinct, address->coupon);
    if (m->cells[top].top)
        frequent_prefetch(m->cells[top].top, address->hash);
}

static inline void net_count_address(struct metric_scope *m, unsigned distinct, unsigned top,
                                     const struct net_address *address)
{
    metric_distinct(m, distinct, address->coupon);
    if (address->v4)
        metric_top_u64(m, top, address->hash, address->number, 1);
    else
        metric_top_bytes(m, top, address->hash, span_of(address->ip->bytes, 16), 1);
}
