// What both versions of the net handler share: configuration, filters, and the walk over a batch
// that turns events into records.
#pragma once

#include "enrich/geo.h"
#include "handler/handler.h"

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

// A record as the net handlers count it: a packet, or a DNS message when the handler stands behind
// one that passes messages on.
struct net_record {
    const struct packet_view *packet;
    uint32_t bytes; // of the frame as sent, or of the message
    bool syn;
};

// True when the event is a record for this place in a chain.
bool net_is_record(const struct selection *in, const struct event *event,
                   struct net_record *record);

// The address at the other end: source when in, destination when out.
static inline const struct ip_address *net_remote(const struct packet_view *packet)
{
    return packet->direction == DIRECTION_IN ? &packet->src : &packet->dst;
}

// False: rejected by geo or ASN filter.
bool net_passes(struct net_shard *shard, const struct packet_view *packet);

// The hash under which an address enters top lists.
static inline uint64_t net_address_hash(const struct hash_key *key, const struct ip_address *ip)
{
    uint64_t high, low;
    memcpy(&high, ip->bytes, 8);
    memcpy(&low, ip->bytes + 8, 8);
    return hash_u128(key, high, low);
}
