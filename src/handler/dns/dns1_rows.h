// The metric table of dns 1.0, in upstream's order of emission, ours at the end. Included by dns1.c
// alone.
#pragma once

#include "metric/table.h"

enum {
    CARDINALITY = 1 << 0,
    COUNTERS = 1 << 1,
    TRANSACTION = 1 << 2,
    HISTOGRAMS = 1 << 3,
    QUANTILES = 1 << 4,
    TOP_ECS = 1 << 5,
    TOP_PORTS = 1 << 6,
    TOP_QNAMES = 1 << 7,
    TOP_QNAMES_DETAILS = 1 << 8,
    SIZES = 1 << 9,
    TOP_CLIENTS = 1 << 10,
};

static const struct metric_group groups[] = {
    {"cardinality", true, .help = "distinct names"},
    {"counters", true, .help = "messages by kind, transport and outcome"},
    {"dns_transaction", true, .help = "queries matched with their answers"},
    {"histograms", false, .help = "transaction times as histograms"},
    {"quantiles", true, .help = "transaction times and size ratios"},
    {"top_ecs", false, .help = "client subnets"},
    {"top_ports", true, .help = "client ports"},
    {"top_qnames", true, .help = "names, aggregated and by outcome"},
    {"top_qnames_details", false, .help = "names answered without error, and by bytes"},
    {"sizes", false, .named = true, .help = "payload bytes of queries and replies"},
    {"top_clients", false, .named = true, .help = "who asks, and who asks for what does not exist"},
};

// clang-format off
#define DNS1_ROWS(ROW)                                                                             \
    ROW(RATE_TOTAL, .id = 1, .kind = METRIC_RATE, .shallow = true, .path = "rates.total",          \
        .unit = "messages/s", .help = "messages that passed the filters per second")               \
    ROW(RATE_EVENTS, .id = 2, .kind = METRIC_RATE, .shallow = true, .path = "rates.events",        \
        .role = METRIC_ROLE_EVENT_RATE,                                                            \
        .unit = "messages/s", .help = "messages per second before any filter")                     \
    ROW(EVENTS, .id = 3, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.events",   \
        .role = METRIC_ROLE_EVENTS,                                                                \
        .unit = "messages", .help = "messages offered to the handler")                             \
    ROW(DEEP_SAMPLES, .id = 4, .kind = METRIC_COUNTER, .path = "wire_packets.deep_samples",        \
        .role = METRIC_ROLE_DEEP,                                                                  \
        .unit = "messages", .help = "messages that were looked at in full")                        \
    ROW(QUERIES, .id = 5, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.queries", \
        .groups = COUNTERS, .unit = "messages", .help = "queries")                                 \
    ROW(REPLIES, .id = 6, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.replies", \
        .groups = COUNTERS, .unit = "messages", .help = "replies")                                 \
    ROW(TCP, .id = 7, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.tcp",         \
        .groups = COUNTERS, .unit = "messages", .help = "messages over TCP")                       \
    ROW(UDP, .id = 8, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.udp",         \
        .groups = COUNTERS, .unit = "messages", .help = "messages over UDP")                       \
    ROW(IPV4, .id = 9, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.ipv4",       \
        .groups = COUNTERS, .unit = "messages", .help = "messages over IPv4")                      \
    ROW(IPV6, .id = 10, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.ipv6",      \
        .groups = COUNTERS, .unit = "messages", .help = "messages over IPv6")                      \
    ROW(NXDOMAIN, .id = 11, .kind = METRIC_COUNTER, .shallow = true,                               \
        .path = "wire_packets.nxdomain", .groups = COUNTERS, .unit = "messages",                   \
        .help = "replies with rcode NXDOMAIN")                                                     \
    ROW(REFUSED, .id = 12, .kind = METRIC_COUNTER, .shallow = true,                                \
        .path = "wire_packets.refused", .groups = COUNTERS, .unit = "messages",                    \
        .help = "replies with rcode REFUSED")                                                      \
    ROW(SRVFAIL, .id = 13, .kind = METRIC_COUNTER, .shallow = true,                                \
        .path = "wire_packets.srvfail", .groups = COUNTERS, .unit = "messages",                    \
        .help = "replies with rcode SERVFAIL")                                                     \
    ROW(NOERROR, .id = 14, .kind = METRIC_COUNTER, .shallow = true,                                \
        .path = "wire_packets.noerror", .groups = COUNTERS, .unit = "messages",                    \
        .help = "replies with rcode NOERROR")                                                      \
    ROW(NODATA, .id = 15, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.nodata",  \
        .groups = COUNTERS, .unit = "messages", .help = "replies with rcode NOERROR and no answer") \
    ROW(TOTAL, .id = 16, .kind = METRIC_COUNTER, .shallow = true, .path = "wire_packets.total",    \
        .groups = COUNTERS, .unit = "messages", .help = "messages that passed the filters")        \
    ROW(FILTERED, .id = 17, .kind = METRIC_COUNTER, .shallow = true,                               \
        .path = "wire_packets.filtered", .groups = COUNTERS, .unit = "messages",                   \
        .help = "messages that a filter rejected")                                                 \
    ROW(QNAMES, .id = 18, .kind = METRIC_DISTINCT, .path = "cardinality.qname",                    \
        .groups = CARDINALITY, .unit = "names", .help = "distinct names asked for")                \
    ROW(XACT_TOTAL, .id = 19, .kind = METRIC_COUNTER, .shallow = true, .path = "xact.counts.total", \
        .groups = TRANSACTION, .unit = "transactions", .help = "queries that were answered in time") \
    ROW(XACT_TIMED_OUT, .id = 20, .kind = METRIC_COUNTER, .shallow = true,                         \
        .path = "xact.counts.timed_out", .groups = TRANSACTION, .unit = "transactions",            \
        .help = "queries without an answer within the ttl")                                        \
    ROW(XACT_IN_TOTAL, .id = 21, .kind = METRIC_COUNTER, .shallow = true, .path = "xact.in.total", \
        .groups = TRANSACTION, .unit = "transactions", .help = "transactions that the host answered") \
    ROW(XACT_IN_SLOW, .id = 22, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "xact.in.top_slow", \
        .label = "qname", .groups = TRANSACTION, .unit = "transactions",                           \
        .help = "names whose answers took at least the 90th percentile of the last period")        \
    ROW(XACT_OUT_TIME, .id = 23, .kind = METRIC_QUANTILES, .path = "xact.out.quantiles_us",        \
        .groups = TRANSACTION | QUANTILES, .unit = "us",                                           \
        .help = "time from query to answer where the host asked")                                  \
    ROW(XACT_IN_TIME, .id = 24, .kind = METRIC_QUANTILES, .path = "xact.in.quantiles_us",          \
        .groups = TRANSACTION | QUANTILES, .unit = "us",                                           \
        .help = "time from query to answer where the host answered")                               \
    ROW(XACT_RATIO, .id = 25, .kind = METRIC_QUANTILES, .real = true,                              \
        .path = "xact.ratio.quantiles", .groups = TRANSACTION | QUANTILES, .unit = "ratio",        \
        .help = "bytes of the reply over bytes of the query")                                      \
    ROW(XACT_OUT_HISTOGRAM, .id = 26, .kind = METRIC_HISTOGRAM, .path = "xact.out.histogram_us",   \
        .groups = TRANSACTION | HISTOGRAMS, .unit = "us",                                          \
        .help = "time from query to answer where the host asked")                                  \
    ROW(XACT_IN_HISTOGRAM, .id = 27, .kind = METRIC_HISTOGRAM, .path = "xact.in.histogram_us",     \
        .groups = TRANSACTION | HISTOGRAMS, .unit = "us",                                          \
        .help = "time from query to answer where the host answered")                               \
    ROW(XACT_OUT_TOTAL, .id = 28, .kind = METRIC_COUNTER, .shallow = true,                         \
        .path = "xact.out.total", .groups = TRANSACTION, .unit = "transactions",                   \
        .help = "transactions in which the host asked")                                            \
    ROW(XACT_OUT_SLOW, .id = 29, .kind = METRIC_TOP, .item = ITEM_TEXT,                            \
        .path = "xact.out.top_slow", .label = "qname", .groups = TRANSACTION,                      \
        .unit = "transactions",                                                                    \
        .help = "names whose answers took at least the 90th percentile of the last period")        \
    ROW(TOP_UDP_PORTS, .id = 30, .kind = METRIC_TOP16, .item = ITEM_NUMBER,                        \
        .path = "top_udp_ports", .label = "port", .groups = TOP_PORTS, .unit = "messages",         \
        .help = "ports at the client's end, UDP and TCP")                                          \
    ROW(QUERY_ECS, .id = 31, .kind = METRIC_COUNTER, .path = "wire_packets.query_ecs",             \
        .groups = TOP_ECS | COUNTERS, .unit = "messages", .help = "queries with a client subnet")  \
    ROW(ECS_PLACES, .id = 32, .kind = METRIC_TOP, .item = ITEM_PLACE, .path = "top_geoLoc_ecs",    \
        .label = "geo_loc", .groups = TOP_ECS, .unit = "messages",                                 \
        .help = "places of client subnets")                                                        \
    ROW(ECS_ASNS, .id = 33, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_asn_ecs",          \
        .label = "asn", .groups = TOP_ECS, .unit = "messages", .help = "networks of client subnets") \
    ROW(ECS_SUBNETS, .id = 34, .kind = METRIC_TOP, .item = ITEM_ADDRESS, .path = "top_query_ecs",  \
        .label = "ecs", .groups = TOP_ECS, .unit = "messages", .help = "client subnets")           \
    ROW(TOP_QNAME2, .id = 35, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_qname2",         \
        .label = "qname", .groups = TOP_QNAMES, .unit = "messages",                                \
        .help = "names cut to two labels")                                                         \
    ROW(TOP_QNAME3, .id = 36, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_qname3",         \
        .label = "qname", .groups = TOP_QNAMES, .unit = "messages",                                \
        .help = "names cut to three labels")                                                       \
    ROW(TOP_NXDOMAIN, .id = 37, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_nxdomain",     \
        .label = "qname", .groups = TOP_QNAMES, .unit = "messages",                                \
        .help = "names answered NXDOMAIN")                                                         \
    ROW(TOP_REFUSED, .id = 38, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_refused",       \
        .label = "qname", .groups = TOP_QNAMES, .unit = "messages",                                \
        .help = "names answered REFUSED")                                                          \
    ROW(TOP_SRVFAIL, .id = 39, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_srvfail",       \
        .label = "qname", .groups = TOP_QNAMES, .unit = "messages",                                \
        .help = "names answered SERVFAIL")                                                         \
    ROW(TOP_NODATA, .id = 40, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_nodata",         \
        .label = "qname", .groups = TOP_QNAMES, .unit = "messages",                                \
        .help = "names answered without data")                                                     \
    ROW(TOP_BYTES, .id = 41, .kind = METRIC_TOP, .item = ITEM_TEXT,                                \
        .path = "top_qname_by_resp_bytes", .label = "qname",                                       \
        .groups = TOP_QNAMES | TOP_QNAMES_DETAILS, .unit = "bytes",                                \
        .help = "names by bytes of their replies")                                                 \
    ROW(TOP_NOERROR, .id = 42, .kind = METRIC_TOP, .item = ITEM_TEXT, .path = "top_noerror",       \
        .label = "qname", .groups = TOP_QNAMES | TOP_QNAMES_DETAILS, .unit = "messages",           \
        .help = "names answered NOERROR")                                                          \
    ROW(TOP_RCODE, .id = 43, .kind = METRIC_TOP16, .item = ITEM_CODE, .code_name = dns_rcode_name, \
        .path = "top_rcode", .label = "rcode", .unit = "messages", .help = "rcodes of replies")    \
    ROW(TOP_QTYPE, .id = 44, .kind = METRIC_TOP16, .item = ITEM_CODE, .code_name = dns_qtype_name, \
        .path = "top_qtype", .label = "qtype", .unit = "messages", .help = "types asked for")      \
    ROW(QUERY_SIZE, .id = 45, .kind = METRIC_QUANTILES, .path = "sizes.query_bytes",               \
        .groups = SIZES, .unit = "bytes", .help = "payload of queries")                            \
    ROW(QUERY_SIZE_HISTOGRAM, .id = 46, .kind = METRIC_HISTOGRAM,                                  \
        .path = "sizes.query_histogram_bytes", .groups = SIZES, .unit = "bytes",                   \
        .help = "payload of queries")                                                              \
    ROW(REPLY_SIZE, .id = 47, .kind = METRIC_QUANTILES, .path = "sizes.reply_bytes",               \
        .groups = SIZES, .unit = "bytes", .help = "payload of replies")                            \
    ROW(REPLY_SIZE_HISTOGRAM, .id = 48, .kind = METRIC_HISTOGRAM,                                  \
        .path = "sizes.reply_histogram_bytes", .groups = SIZES, .unit = "bytes",                   \
        .help = "payload of replies")                                                              \
    ROW(CLIENTS, .id = 49, .kind = METRIC_TOP, .item = ITEM_ADDRESS, .path = "top_clients",        \
        .label = "client", .groups = TOP_CLIENTS, .unit = "messages", .help = "clients by queries") \
    ROW(CLIENTS_NXDOMAIN, .id = 50, .kind = METRIC_TOP, .item = ITEM_ADDRESS,                      \
        .path = "top_clients_nxdomain", .label = "client", .groups = TOP_CLIENTS,                  \
        .unit = "messages", .help = "clients by NXDOMAIN answers")                                 \
    ROW(CLIENT_QNAMES_NXDOMAIN, .id = 51, .kind = METRIC_TOP, .item = ITEM_TEXT,                   \
        .path = "top_client_qnames_nxdomain", .label = "client_qname", .groups = TOP_CLIENTS,      \
        .unit = "messages", .help = "client and name together, by NXDOMAIN answers")               \
    ROW(EVICTED, .id = 52, .kind = METRIC_COUNTER, .shallow = true, .aside = true,                 \
        .path = "xacts_evicted", .unit = "transactions",                                           \
        .help = "open queries forgotten because 262,144 were waiting or memory ran out")           \
    ROW(NEGATIVE_TIMES, .id = 53, .kind = METRIC_COUNTER, .shallow = true, .aside = true,          \
        .path = "xacts_negative_time", .unit = "transactions",                                     \
        .help = "answers with a time before their query, counted as 0 us")
// clang-format on

enum { DNS1_ROWS(METRIC_ROW_INDEX) ROW_COUNT };
