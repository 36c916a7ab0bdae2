// What the truth is made of; shared by its files only.
#pragma once

#include "json.h"
#include "note.h"
#include "tally.h"

#define TTL_NS ((int64_t)5000000000) // a question's time to be answered

enum { PERIOD_SECONDS = 60 };

// Packets of one direction.
struct packet_truth {
    uint64_t total, udp, tcp, other, ipv4, ipv6, syn;
    uint64_t wire_bytes;
    struct tally remote4, remote6; // in: sources; out: destinations; unknown: both
    struct tally sizes;            // of frames as sent
    struct tally packets, bytes;   // by second
};

// Questions that wait for answers: by the rules of the README.
struct question;

enum { QUESTION_BUCKETS = 1 << 16 };

struct question_table {
    struct question *buckets[QUESTION_BUCKETS];
};

struct question_key {
    struct path path; // from who asks
    uint16_t id;
    uint8_t transport;
    uint8_t object; // dns 2.0 keeps its directions apart; 0 where there is one table
};

struct question_facts {
    int64_t time;
    uint32_t size;
    bool transfer, checking_disabled, has_ecs;
    struct address ecs;
};

enum outcome { OUTCOME_ORPHAN, OUTCOME_VALID, OUTCOME_TIMEOUT, OUTCOME_CONTINUED };

struct answer_result {
    enum outcome outcome;
    bool timeout; // the question has timed out: counts once, also for an orphan
    bool negative;
    int64_t elapsed; // ns, not below 0
    struct question_facts question;
};

// True: the question that was overwritten had timed out.
bool questions_ask(struct question_table *table, const struct question_key *key,
                   const struct question_facts *facts);
struct answer_result questions_answer(struct question_table *table, const struct question_key *key,
                                      int64_t time);
// At the end of the capture: questions whose time is over, by object.
void questions_end(const struct question_table *table, int64_t now, uint64_t timeouts[static WAYS]);
void questions_done(struct question_table *table);

struct rcode_counts {
    uint64_t noerror, nodata, nxdomain, refused, srvfail;
};

// Top lists of names (and codes), of messages in dns 1.0 and of transactions in dns 2.0.
struct name_tops {
    struct tally qname, qname2, qname3;
    struct tally nxdomain, refused, srvfail, nodata, noerror, bytes;
    struct tally rcode, qtype, port, ecs;
    struct tally clients, clients_nxdomain;
};

// dns 2.0: one direction object.
struct transaction_truth {
    uint64_t xacts, udp, tcp, ipv4, ipv6, timeouts, orphans;
    uint64_t authenticated_data, authoritative, checking_disabled, ecs;
    struct rcode_counts rcodes;
    struct name_tops tops;
    struct tally microseconds, ratio, query_sizes, response_sizes;
};

struct dns_truth {
    uint64_t total, queries, replies, udp, tcp, ipv4, ipv6, query_ecs;
    struct rcode_counts rcodes;
    struct name_tops tops;
    struct tally query_sizes, reply_sizes;
    // dns 1.0: transactions by the direction of the response.
    uint64_t xact_total, xact_timed_out, xact_orphans, xact_negative, xact_continued;
    uint64_t xact_by_way[WAYS];
    struct tally microseconds[WAYS];
    struct tally ratio;
    struct question_table questions;        // dns 1.0
    struct question_table object_questions; // dns 2.0
    struct transaction_truth objects[WAYS]; // by the side that asked: WAY_IN, the host is server
};

struct dhcp_truth {
    uint64_t total, by_type4[16], by_type6[16];
    struct tally clients, servers;
    struct tally requests; // "xid/mac" to the time of the request
};

struct period_truth {
    int64_t number; // minutes since the first packet
    uint64_t packets, in, out, unknown, dns_messages, dns_queries, dns_replies, dns_xacts;
};

struct truth {
    struct hosts hosts;
    uint64_t packets, captured_bytes, repeated_segments, late_segments;
    int64_t first, last, newest, oldest;
    struct packet_truth ways[WAYS];
    struct dns_truth dns;
    struct dhcp_truth dhcp;
    uint64_t bgp_total, bgp_by_type[8];
    struct period_truth *periods;
    size_t n_periods, room_periods;
};

static inline struct period_truth *truth_period(struct truth *truth)
{
    return &truth->periods[truth->n_periods - 1];
}

void truth_dns(struct truth *truth, const struct note *note, const struct message *message);
void truth_dhcp(struct dhcp_truth *dhcp, const struct note *note, const struct message *message);
void truth_dns_done(struct dns_truth *dns);

void write_dns1(struct json *json, const struct truth *truth);
void write_dns2(struct json *json, const struct truth *truth);
void write_quantiles(struct json *json, const char *name, const struct tally *values);
void write_real_quantiles(struct json *json, const char *name, const struct tally *values);

// How the items of a top list are written.
enum item { ITEM_TEXT, ITEM_ADDRESS, ITEM_NUMBER, ITEM_RCODE, ITEM_QTYPE };
void write_top(struct json *json, const char *name, const struct tally *tally, enum item item);
