// The metric table of dns 2.0, in upstream's order of emission, ours at the end. Included by dns2.c
// alone.
#pragma once

#include "handler/scopes.h"

enum {
    CARDINALITY = 1 << 0,
    COUNTERS = 1 << 1,
    QUANTILES = 1 << 2,
    TOP_ECS = 1 << 3,
    TOP_PORTS = 1 << 4,
    TOP_QNAMES = 1 << 5,
    TOP_QTYPES = 1 << 6,
    TOP_RCODES = 1 << 7,
    TOP_SIZE = 1 << 8,
    XACT_TIMES = 1 << 9,
    SIZES = 1 << 10,
    TOP_CLIENTS = 1 << 11,
};

static const struct metric_group groups[] = {
    {"cardinality", true, .help = "distinct names"},
    {"counters", true, .help = "transactions by transport and outcome"},
    {"quantiles", true, .help = "transactions per second"},
    {"top_ecs", false, .help = "client subnets"},
    {"top_ports", false, .help = "client ports"},
    {"top_qnames", true, .help = "aggregated names"},
    {"top_qtypes", true, .help = "types asked for"},
    {"top_rcodes", true, .help = "rcodes, and names by outcome"},
    {"top_size", false, .help = "names by bytes, and size ratios"},
    {"xact_times", false, .help = "time from query to answer"},
    {"sizes", false, .named = true, .help = "payload bytes of queries and responses"},
    {"top_clients", false, .named = true, .help = "who asks, and who asks for what does not exist"},
};

// clang-format off
#define XACT_COUNTER(number, json, text)                                                           \
    .id = number, .kind = METRIC_COUNTER, .scope = SCOPE_DIRECTION, .shallow = true, .path = json, \
    .groups = COUNTERS, .unit = "transactions", .help = text
#define XACT_TOP(...) .kind = METRIC_TOP, XACT_LIST(__VA_ARGS__)
#define XACT_TOP16(...) .kind = METRIC_TOP16, XACT_LIST(__VA_ARGS__)
#define XACT_LIST(number, json, items, group, name_of_label, text)                                 \
    .id = number, .scope = SCOPE_DIRECTION, .path = json, .item = items, .groups = group,          \
    .label = name_of_label, .unit = "transactions", .help = text

#define DNS2_ROWS(ROW)                                                                             \
    ROW(XACT_RATES, .id = 1, .kind = METRIC_RATE, .scope = SCOPE_DIRECTION, .shallow = true,       \
        .path = "xact_rates", .groups = QUANTILES, .unit = "xacts/s",                              \
        .help = "transactions per second")                                                         \
    ROW(OBSERVED_PPS, .id = 2, .kind = METRIC_RATE, .shallow = true, .path = "rates.observed_pps", \
        .role = METRIC_ROLE_EVENT_RATE,                                                            \
        .unit = "messages/s", .help = "messages per second before any filter")                     \
    ROW(OBSERVED, .id = 3, .kind = METRIC_COUNTER, .shallow = true, .path = "observed_packets",    \
        .role = METRIC_ROLE_EVENTS,                                                                \
        .unit = "messages", .help = "messages offered to the handler")                             \
    ROW(DEEP_SAMPLED, .id = 4, .kind = METRIC_COUNTER, .path = "deep_sampled_packets",             \
        .role = METRIC_ROLE_DEEP,                                                                  \
        .unit = "messages", .help = "messages that were looked at in full")                        \
    ROW(FILTERED, .id = 5, .kind = METRIC_COUNTER, .shallow = true, .path = "filtered_packets",    \
        .groups = COUNTERS, .unit = "messages",                                                    \
        .help = "messages that a filter rejected, and the partners that went with them")           \
    ROW(XACTS, XACT_COUNTER(6, "xacts", "queries that were answered in time"))                     \
    ROW(UDP, XACT_COUNTER(7, "udp_xacts", "transactions over UDP"))                                \
    ROW(TCP, XACT_COUNTER(8, "tcp_xacts", "transactions over TCP"))                                \
    ROW(DOT, XACT_COUNTER(9, "dot_xacts", "transactions over TLS (dnstap)"))                       \
    ROW(DOH, XACT_COUNTER(10, "doh_xacts", "transactions over HTTPS (dnstap)"))                    \
    ROW(DNSCRYPT_UDP, XACT_COUNTER(11, "dnscrypt_udp_xacts",                                       \
        "transactions over DNSCrypt on UDP (dnstap)"))                                             \
    ROW(DNSCRYPT_TCP, XACT_COUNTER(12, "dnscrypt_tcp_xacts",                                       \
        "transactions over DNSCrypt on TCP (dnstap)"))                                             \
    ROW(DOQ, XACT_COUNTER(13, "doq_xacts", "transactions over QUIC (dnstap)"))                     \
    ROW(IPV4, XACT_COUNTER(14, "ipv4_xacts", "transactions over IPv4"))                            \
    ROW(IPV6, XACT_COUNTER(15, "ipv6_xacts", "transactions over IPv6"))                            \
    ROW(NXDOMAIN, XACT_COUNTER(16, "nxdomain_xacts", "transactions with rcode NXDOMAIN"))          \
    ROW(ECS, .id = 17, .kind = METRIC_COUNTER, .scope = SCOPE_DIRECTION, .path = "ecs_xacts",      \
        .groups = TOP_ECS | COUNTERS, .unit = "transactions",                                      \
        .help = "transactions whose query had a client subnet")                                    \
    ROW(REFUSED, XACT_COUNTER(18, "refused_xacts", "transactions with rcode REFUSED"))             \
    ROW(SRVFAIL, XACT_COUNTER(19, "srvfail_xacts", "transactions with rcode SERVFAIL"))            \
    ROW(NOERROR, XACT_COUNTER(20, "noerror_xacts", "transactions with rcode NOERROR"))             \
    ROW(NODATA, XACT_COUNTER(21, "nodata_xacts", "transactions with NOERROR and no answer"))       \
    ROW(AUTHENTICATED, XACT_COUNTER(22, "authenticated_data_xacts",                                \
        "transactions whose response has the AD bit"))                                             \
    ROW(AUTHORITATIVE, XACT_COUNTER(23, "authoritative_answer_xacts",                              \
        "transactions whose response has the AA bit"))                                             \
    ROW(CHECKING_DISABLED, XACT_COUNTER(24, "checking_disabled_xacts",                             \
        "transactions whose query has the CD bit"))                                                \
    ROW(TIMEOUTS, XACT_COUNTER(25, "timeout_queries", "queries without an answer within the ttl")) \
    ROW(ORPHANS, XACT_COUNTER(26, "orphan_responses", "responses without a query"))                \
    ROW(QNAMES, .id = 27, .kind = METRIC_DISTINCT, .scope = SCOPE_DIRECTION, .lg_k = 14,           \
        .path = "cardinality.qname", .groups = CARDINALITY, .unit = "names",                       \
        .help = "distinct names asked for")                                                        \
    ROW(TOP_UDP_PORTS, XACT_TOP16(28, "top_udp_ports_xacts", ITEM_NUMBER, TOP_PORTS, "port",       \
        "ports at the client's end"))                                                              \
    ROW(ECS_PLACES, XACT_TOP(29, "top_geo_loc_ecs_xacts", ITEM_PLACE, TOP_ECS, "geo_loc",          \
        "places of client subnets"))                                                               \
    ROW(ECS_ASNS, XACT_TOP(30, "top_asn_ecs_xacts", ITEM_TEXT, TOP_ECS, "asn",                     \
        "networks of client subnets"))                                                             \
    ROW(ECS_SUBNETS, XACT_TOP(31, "top_ecs_xacts", ITEM_ADDRESS, TOP_ECS, "ecs", "client subnets")) \
    ROW(TOP_NXDOMAIN, XACT_TOP(32, "top_nxdomain_xacts", ITEM_TEXT, TOP_RCODES, "qname",           \
        "names answered NXDOMAIN"))                                                                \
    ROW(TOP_REFUSED, XACT_TOP(33, "top_refused_xacts", ITEM_TEXT, TOP_RCODES, "qname",             \
        "names answered REFUSED"))                                                                 \
    ROW(TOP_SRVFAIL, XACT_TOP(34, "top_srvfail_xacts", ITEM_TEXT, TOP_RCODES, "qname",             \
        "names answered SERVFAIL"))                                                                \
    ROW(TOP_NODATA, XACT_TOP(35, "top_nodata_xacts", ITEM_TEXT, TOP_RCODES, "qname",               \
        "names answered without data"))                                                            \
    ROW(TOP_NOERROR, XACT_TOP(36, "top_noerror_xacts", ITEM_TEXT, TOP_RCODES, "qname",             \
        "names answered NOERROR"))                                                                 \
    ROW(TOP_RCODE, XACT_TOP16(37, "top_rcode_xacts", ITEM_CODE, TOP_RCODES, "rcode", "rcodes"),    \
        .code_name = dns_rcode_name)                                                               \
    ROW(TOP_QNAME2, XACT_TOP(38, "top_qname2_xacts", ITEM_TEXT, TOP_QNAMES, "qname",               \
        "names cut to two labels"))                                                                \
    ROW(TOP_QNAME3, XACT_TOP(39, "top_qname3_xacts", ITEM_TEXT, TOP_QNAMES, "qname",               \
        "names cut to three labels"))                                                              \
    ROW(TOP_BYTES, .id = 40, .kind = METRIC_TOP, .scope = SCOPE_DIRECTION, .item = ITEM_TEXT,      \
        .path = "top_response_bytes", .groups = TOP_SIZE, .label = "qname", .unit = "bytes",       \
        .help = "names by bytes of their responses")                                               \
    ROW(RATIO, .id = 41, .kind = METRIC_QUANTILES, .scope = SCOPE_DIRECTION, .real = true,         \
        .path = "response_query_size_ratio", .groups = TOP_SIZE, .unit = "ratio",                  \
        .help = "bytes of the response over bytes of the query")                                   \
    ROW(TOP_QTYPE, XACT_TOP16(42, "top_qtype_xacts", ITEM_CODE, TOP_QTYPES, "qtype",               \
        "types asked for"), .code_name = dns_qtype_name)                                           \
    ROW(TIME, .id = 43, .kind = METRIC_QUANTILES, .scope = SCOPE_DIRECTION,                        \
        .path = "xact_time_us", .groups = XACT_TIMES, .unit = "us",                                \
        .help = "time from query to response")                                                     \
    ROW(TIME_HISTOGRAM, .id = 44, .kind = METRIC_HISTOGRAM, .scope = SCOPE_DIRECTION,              \
        .path = "xact_histogram_us", .groups = XACT_TIMES, .unit = "us",                           \
        .help = "time from query to response")                                                     \
    ROW(TOP_SLOW, XACT_TOP(45, "top_slow_xacts", ITEM_TEXT, XACT_TIMES, "qname",                   \
        "names whose responses took at least the 90th percentile of the last period"))             \
    ROW(QUERY_SIZE, .id = 46, .kind = METRIC_QUANTILES, .scope = SCOPE_DIRECTION,                  \
        .path = "sizes.query_bytes", .groups = SIZES, .unit = "bytes",                             \
        .help = "payload of queries")                                                              \
    ROW(QUERY_SIZE_HISTOGRAM, .id = 47, .kind = METRIC_HISTOGRAM, .scope = SCOPE_DIRECTION,        \
        .path = "sizes.query_histogram_bytes", .groups = SIZES, .unit = "bytes",                   \
        .help = "payload of queries")                                                              \
    ROW(RESPONSE_SIZE, .id = 48, .kind = METRIC_QUANTILES, .scope = SCOPE_DIRECTION,               \
        .path = "sizes.response_bytes", .groups = SIZES, .unit = "bytes",                          \
        .help = "payload of responses")                                                            \
    ROW(RESPONSE_SIZE_HISTOGRAM, .id = 49, .kind = METRIC_HISTOGRAM, .scope = SCOPE_DIRECTION,     \
        .path = "sizes.response_histogram_bytes", .groups = SIZES, .unit = "bytes",                \
        .help = "payload of responses")                                                            \
    ROW(CLIENTS, XACT_TOP(50, "top_clients_xacts", ITEM_ADDRESS, TOP_CLIENTS, "client",            \
        "clients by transactions"))                                                                \
    ROW(CLIENTS_NXDOMAIN, XACT_TOP(51, "top_clients_nxdomain_xacts", ITEM_ADDRESS, TOP_CLIENTS,    \
        "client", "clients by NXDOMAIN transactions"))                                             \
    ROW(CLIENT_QNAMES_NXDOMAIN, XACT_TOP(52, "top_client_qnames_nxdomain_xacts", ITEM_TEXT,        \
        TOP_CLIENTS, "client_qname", "client and name together, by NXDOMAIN transactions"))        \
    ROW(EVICTED, .id = 53, .kind = METRIC_COUNTER, .shallow = true, .aside = true,                 \
        .path = "xacts_evicted", .unit = "transactions",                                           \
        .help = "open queries forgotten because 262,144 were waiting or memory ran out")           \
    ROW(NEGATIVE_TIMES, .id = 54, .kind = METRIC_COUNTER, .shallow = true, .aside = true,          \
        .path = "xacts_negative_time", .unit = "transactions",                                     \
        .help = "responses with a time before their query, counted as 0 us")
// clang-format on

enum { DNS2_ROWS(METRIC_ROW_INDEX) ROW_COUNT };
