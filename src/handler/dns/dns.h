// What both versions of the dns handler share: configuration, filters, and the way from an event to
// a DNS message.
#pragma once

#include "enrich/geo.h"
#include "enrich/suffix.h"
#include "handler/dns/name_set.h"
#include "handler/dns/transactions.h"
#include "handler/handler.h"
#include "handler/places.h"
#include "handler/ttl.h"

extern const struct handler_class dns1_class;
extern const struct handler_class dns2_class;
extern const struct stream_port dns_ports[];
enum { DNS_PORT_COUNT = 4 };

enum { DNS_RCODES = 4096 }; // 4 bits of the header and 8 of EDNS

struct dns_config {
    bool filters; // any of what follows can reject a message
    bool exclude_noerror;
    bool only_rcode; // `rcodes` says which; never together with exclude_noerror
    bool only_answer_count;
    bool only_queries, only_responses, only_dnssec_response;
    bool geo_not_found, asn_not_found; // only with their database
    bool public_suffix;
    uint32_t ecs_groups; // those of the table that need the client subnet of queries
    bool reads_ecs;      // something needs it
    uint64_t answer_count;
    uint8_t rcodes[DNS_RCODES / 8];
    uint16_t *qtypes;
    size_t n_qtypes;
    struct name_set qnames;
    struct name_set suffixes;
    bool directions[3]; // enum direction: transactions that are counted (2.0)
    int64_t ttl;        // ns
};

// Reads all keys of both versions. `ecs_groups`: the groups of the table that need the client
// subnet.
struct dns_config *dns_config_new(json_t *options, const struct metric_settings *settings,
                                  uint32_t ecs_groups, const struct handler_env *env,
                                  struct error *err);
void dns_config_free(void *config);
void dns_config_settings(void *config, const struct metric_settings *settings);

// A message and the packet that brought it.
struct dns_record {
    const struct packet_view *packet;
    struct dns_message *message;
    struct span bytes;
    struct span name;           // lower case, as text
    uint64_t name_hash;         // 0 until asked for (dns_record_hash)
    struct dns_aggregate parts; // by dns_record_aggregate, with their hashes
    uint64_t qname2_hash, qname3_hash;
    uint32_t coupon;      // of the name, for distinct counts; where it was prepared
    uint32_t event;       // index in the batch
    uint16_t client_port; // the port that is not the DNS one
    uint16_t suffix_len;  // of an only_qname_suffix match
    bool deep;
    bool has_header;
    struct transaction_key key; // by dns_record_key
    uint64_t key_hash;
};

// The shard of both versions: what they keep for a worker.
struct dns_worker {
    const struct dns_config *config;
    const struct hash_key *key;
    struct geo_cache *geo;
    struct suffix_cache *suffixes; // NULL unless public_suffix
    struct transactions transactions;
    double slow[3];             // us, by direction of the transaction; 0: no limit yet
    struct dns_record *pending; // messages of a batch that are still to be counted in full
};
void *dns_worker_new(const void *config, const struct handler_env *env);
void dns_worker_free(void *worker);

// What the classes of both versions are alike in.
#define DNS_CLASS                                                         \
    .type = "dns", .stream_name = "DnsStreamHandler",                     \
    .inputs = INPUT_PCAP | INPUT_DNSTAP | INPUT_MOCK, .ports = dns_ports, \
    .n_ports = DNS_PORT_COUNT, .config_free = dns_config_free,            \
    .config_settings = dns_config_settings, .shard_new = dns_worker_new,  \
    .shard_free = dns_worker_free

// The keys of both versions that stand behind each other in both lists.
#define DNS_NAME_OPTIONS                                                                     \
    {"only_qtype", OPTION_LIST, .help = "keep questions of these types, by number or name"}, \
        {"only_qname", OPTION_LIST, .help = "keep questions for exactly these names"},       \
        {"only_qname_suffix", OPTION_LIST, .help = "keep questions whose name ends so"},     \
        {"geoloc_notfound", OPTION_BOOL,                                                     \
         .help = "keep queries whose client subnet has no known location"},                  \
        {"asn_notfound", OPTION_BOOL,                                                        \
         .help = "keep queries whose client subnet has no known ASN"},                       \
        {"dnstap_msg_type", OPTION_ANY, .own_check = true,                                   \
         .help = "keep dnstap messages of this type"},                                       \
        {"public_suffix_list", OPTION_BOOL,                                                  \
         .help = "count a public suffix as one label when names are cut"},                   \
        {"recorded_stream", OPTION_ANY, .help = "the source is a recording"}, XACT_TTL_OPTIONS

// False when the event is no DNS message (or its name found no room).
bool dns_record_from(struct batch *batch, uint32_t event, struct dns_record *record);

// Walks the records behind the question where something depends on them: extended rcodes and RRSIGs
// of responses, client subnets of queries. Counts what is malformed.
void dns_record_walk(const struct dns_config *c, struct batch *batch, struct dns_record *record);

// A question whose answer may come in many messages.
static inline bool dns_asks_for_zone(const struct dns_message *message)
{
    return message->qtype == DNS_AXFR || message->qtype == DNS_IXFR;
}

// Hashes the name once.
static inline uint64_t dns_record_hash(struct dns_record *record, const struct hash_key *key)
{
    if (!record->name_hash)
        record->name_hash = hash_bytes(key, record->name) | 1;
    return record->name_hash;
}

// Fills key and key_hash. `table`: which of the tables.
void dns_record_key(struct dns_record *record, const struct hash_key *key, unsigned table);

// A query to a multicast group of mDNS or LLMNR: answers come from elsewhere, so it is never
// opened.
bool dns_is_multicast_query(const struct dns_record *record);

// Filters, one group each; true: the message passes.
bool dns_passes_rcode(const struct dns_config *c, const struct dns_message *m);
bool dns_passes_qtype(const struct dns_config *c, const struct dns_message *m);
bool dns_passes_answers(const struct dns_config *c, const struct dns_record *record);
bool dns_passes_name(struct dns_worker *w, struct dns_record *record); // sets suffix_len
bool dns_passes_ecs(struct dns_worker *w, const struct dns_message *m);

// Whether the name ends in one of only_qname_suffix, which sets suffix_len.
bool dns_find_suffix(const struct dns_config *c, struct dns_record *record);

// Cuts the name to qname2 and qname3 with the suffix that applies (filter match or public suffix),
// and hashes them.
void dns_record_aggregate(struct dns_worker *w, struct dns_record *record);

// The top lists of the two aggregated names.
struct dns_aggregate_rows {
    uint8_t qname2, qname3;
};
// Both want dns_record_aggregate before; the first brings the slots near.
void dns_prefetch_aggregates(const struct metric_scope *m, struct dns_aggregate_rows rows,
                             const struct dns_record *record);
void dns_count_aggregates(struct metric_scope *m, struct dns_aggregate_rows rows,
                          const struct dns_record *record);

// Counters by outcome of a response.
struct dns_outcome_rows {
    uint8_t noerror, nodata, srvfail, nxdomain, refused;
};
void dns_count_outcome(struct metric_scope *m, struct dns_outcome_rows rows,
                       const struct dns_message *message);

// Top lists of names by what became of the question; 0: no list.
struct dns_name_rows {
    uint8_t by_rcode[DNS_REFUSED + 1];
    uint8_t nodata, bytes;
};
static inline void dns_count_names(struct dns_worker *w, struct metric_scope *m,
                                   const struct dns_name_rows *rows, struct dns_record *record)
{
    const struct dns_message *message = record->message;
    unsigned rcode = message->rcode;
    uint64_t hash = dns_record_hash(record, w->key);
    if (rcode < sizeof rows->by_rcode && rows->by_rcode[rcode])
        metric_top_bytes(m, rows->by_rcode[rcode], hash, record->name, 1);
    if (rcode == DNS_NOERROR && message->answers == 0)
        metric_top_bytes(m, rows->nodata, hash, record->name, 1);
    metric_top_bytes(m, rows->bytes, hash, record->name, message->size);
}

// Client subnet as top list items: address, place, network.
struct dns_ecs_rows {
    uint8_t address;
    struct place_rows places;
};
void dns_count_ecs(struct dns_worker *w, struct metric_scope *m, struct dns_ecs_rows rows,
                   const struct ip_address *subnet);

void dns_count_client(struct dns_worker *w, struct metric_scope *m, unsigned row,
                      const struct ip_address *client);
// "client name" for the list of who asks for what does not exist.
void dns_count_client_name(struct dns_worker *w, struct metric_scope *m, unsigned row,
                           const struct ip_address *client, struct span name);
