// The table of facts; included by facts.h alone. The order is that on the pages.
#pragma once

#define FACT_INDEX(name, ...) FACT_##name,

#define COUNT_OF(is, v1, v2, text) \
    .family = FAMILY_##is, .kind = FACT_COUNT, .paths = {v1, v2}, .label = text
#define RATE_OF(is, v1, v2, text) \
    .family = FAMILY_##is, .kind = FACT_RATE, .paths = {v1, v2}, .label = text
#define TIMES_OF(is, v1, v2, text) \
    .family = FAMILY_##is, .kind = FACT_QUANTILES, .paths = {v1, v2}, .label = text
#define TOP_OF(is, v1, v2, text) \
    .family = FAMILY_##is, .kind = FACT_TOP, .paths = {v1, v2}, .label = text

// clang-format off
#define FACTS_ROWS(ROW) DNS_FACTS(ROW) NET_FACTS(ROW) OTHER_FACTS(ROW)

// Version 1 counts messages, version 2 transactions: what parts are parts of differs, hence the two
// bases that no page shows.
#define DNS_FACTS(ROW)                                                                             \
    ROW(DNS_ALL, COUNT_OF(DNS, "wire_packets.total", "*.xacts", ""))                               \
    ROW(DNS_REPLIED, COUNT_OF(DNS, "wire_packets.replies", "*.xacts", ""))                         \
    ROW(DNS_EVENTS, COUNT_OF(DNS, "wire_packets.events", "observed_packets", "events"),            \
        .pages = ON_DNS)                                                                           \
    ROW(DNS_MESSAGES, COUNT_OF(DNS, "wire_packets.total", NULL, "total"),                          \
        .base = FACT_DNS_EVENTS, .pages = ON_OVERVIEW | ON_DNS)                                    \
    ROW(DNS_QUERIES, COUNT_OF(DNS, "wire_packets.queries", NULL, "queries"),                       \
        .base = FACT_DNS_ALL, .pages = ON_OVERVIEW | ON_DNS)                                       \
    ROW(DNS_REPLIES, COUNT_OF(DNS, "wire_packets.replies", NULL, "replies"),                       \
        .base = FACT_DNS_ALL, .pages = ON_OVERVIEW | ON_DNS)                                       \
    ROW(DNS_NAMES, COUNT_OF(DNS, "cardinality.qname", NULL, "names"),                              \
        .pages = ON_OVERVIEW | ON_DNS)                                                             \
    ROW(DNS_NAMES_IN, COUNT_OF(DNS, NULL, "in.cardinality.qname", "names in"),                     \
        .pages = ON_OVERVIEW | ON_DNS)                                                             \
    ROW(DNS_NAMES_OUT, COUNT_OF(DNS, NULL, "out.cardinality.qname", "names out"),                  \
        .pages = ON_OVERVIEW | ON_DNS)                                                             \
    ROW(DNS_XACTS, COUNT_OF(DNS, "xact.counts.total", "*.xacts", "xacts"),                         \
        .pages = ON_OVERVIEW | ON_DNS)                                                             \
    ROW(DNS_XACTS_IN, COUNT_OF(DNS, "xact.in.total", "in.xacts", "xact in"),                       \
        .base = FACT_DNS_XACTS, .pages = ON_OVERVIEW | ON_DNS)                                     \
    ROW(DNS_XACTS_OUT, COUNT_OF(DNS, "xact.out.total", "out.xacts", "xact out"),                   \
        .base = FACT_DNS_XACTS, .pages = ON_OVERVIEW | ON_DNS)                                     \
    ROW(DNS_TIMED_OUT, COUNT_OF(DNS, "xact.counts.timed_out", "*.timeout_queries", "timeouts"),    \
        .base = FACT_DNS_XACTS, .pages = ON_OVERVIEW | ON_DNS)                                     \
    ROW(DNS_ORPHANS, COUNT_OF(DNS, NULL, "*.orphan_responses", "orphans"),                         \
        .pages = ON_DNS)                                                                           \
    ROW(DNS_UDP, COUNT_OF(DNS, "wire_packets.udp", "*.udp_xacts", "udp"),                          \
        .base = FACT_DNS_ALL, .pages = ON_OVERVIEW | ON_DNS)                                       \
    ROW(DNS_TCP, COUNT_OF(DNS, "wire_packets.tcp", "*.tcp_xacts", "tcp"),                          \
        .base = FACT_DNS_ALL, .pages = ON_OVERVIEW | ON_DNS)                                       \
    ROW(DNS_DOT, COUNT_OF(DNS, NULL, "*.dot_xacts", "dot"),                                        \
        .base = FACT_DNS_ALL, .pages = ON_DNS, .flags = FACT_QUIET)                                \
    ROW(DNS_DOH, COUNT_OF(DNS, NULL, "*.doh_xacts", "doh"),                                        \
        .base = FACT_DNS_ALL, .pages = ON_DNS, .flags = FACT_QUIET)                                \
    ROW(DNS_DOQ, COUNT_OF(DNS, NULL, "*.doq_xacts", "doq"),                                        \
        .base = FACT_DNS_ALL, .pages = ON_DNS, .flags = FACT_QUIET)                                \
    ROW(DNS_CRYPT_UDP, COUNT_OF(DNS, NULL, "*.dnscrypt_udp_xacts", "dnscrypt udp"),                \
        .base = FACT_DNS_ALL, .pages = ON_DNS, .flags = FACT_QUIET)                                \
    ROW(DNS_CRYPT_TCP, COUNT_OF(DNS, NULL, "*.dnscrypt_tcp_xacts", "dnscrypt tcp"),                \
        .base = FACT_DNS_ALL, .pages = ON_DNS, .flags = FACT_QUIET)                                \
    ROW(DNS_IPV4, COUNT_OF(DNS, "wire_packets.ipv4", "*.ipv4_xacts", "ipv4"),                      \
        .base = FACT_DNS_ALL, .pages = ON_OVERVIEW | ON_DNS)                                       \
    ROW(DNS_IPV6, COUNT_OF(DNS, "wire_packets.ipv6", "*.ipv6_xacts", "ipv6"),                      \
        .base = FACT_DNS_ALL, .pages = ON_OVERVIEW | ON_DNS)                                       \
    ROW(DNS_NOERROR, COUNT_OF(DNS, "wire_packets.noerror", "*.noerror_xacts", "noerror"),          \
        .base = FACT_DNS_REPLIED, .pages = ON_OVERVIEW | ON_DNS)                                   \
    ROW(DNS_NXDOMAIN, COUNT_OF(DNS, "wire_packets.nxdomain", "*.nxdomain_xacts", "nxdomain"),      \
        .base = FACT_DNS_REPLIED, .pages = ON_OVERVIEW | ON_DNS)                                   \
    ROW(DNS_SRVFAIL, COUNT_OF(DNS, "wire_packets.srvfail", "*.srvfail_xacts", "srvfail"),          \
        .base = FACT_DNS_REPLIED, .pages = ON_OVERVIEW | ON_DNS)                                   \
    ROW(DNS_REFUSED, COUNT_OF(DNS, "wire_packets.refused", "*.refused_xacts", "refused"),          \
        .base = FACT_DNS_REPLIED, .pages = ON_OVERVIEW | ON_DNS)                                   \
    ROW(DNS_NODATA, COUNT_OF(DNS, "wire_packets.nodata", "*.nodata_xacts", "nodata"),              \
        .base = FACT_DNS_REPLIED, .pages = ON_DNS)                                                 \
    ROW(DNS_AA, COUNT_OF(DNS, NULL, "*.authoritative_answer_xacts", "aa bit"),                     \
        .base = FACT_DNS_ALL, .pages = ON_DNS)                                                     \
    ROW(DNS_AD, COUNT_OF(DNS, NULL, "*.authenticated_data_xacts", "ad bit"),                       \
        .base = FACT_DNS_ALL, .pages = ON_DNS)                                                     \
    ROW(DNS_CD, COUNT_OF(DNS, NULL, "*.checking_disabled_xacts", "cd bit"),                        \
        .base = FACT_DNS_ALL, .pages = ON_DNS)                                                     \
    ROW(DNS_ECS, COUNT_OF(DNS, "wire_packets.query_ecs", "*.ecs_xacts", "ecs"),                    \
        .pages = ON_DNS)                                                                           \
    ROW(DNS_FILTERED, COUNT_OF(DNS, "wire_packets.filtered", "filtered_packets", "filtered"),      \
        .base = FACT_DNS_EVENTS, .pages = ON_DNS)                                                  \
    ROW(DNS_DEEP, COUNT_OF(DNS, "wire_packets.deep_samples", "deep_sampled_packets", "deep"),      \
        .base = FACT_DNS_EVENTS, .pages = ON_DNS)                                                  \
    ROW(DNS_RATE, RATE_OF(DNS, "rates.total", NULL, "messages/s"),                                 \
        .pages = ON_OVERVIEW | ON_DNS)                                                             \
    ROW(DNS_RATE_EVENTS, RATE_OF(DNS, "rates.events", "rates.observed_pps", "events/s"),           \
        .pages = ON_DNS)                                                                           \
    ROW(DNS_RATE_IN, RATE_OF(DNS, NULL, "in.xact_rates", "xacts/s in"),                            \
        .pages = ON_OVERVIEW | ON_DNS)                                                             \
    ROW(DNS_RATE_OUT, RATE_OF(DNS, NULL, "out.xact_rates", "xacts/s out"),                         \
        .pages = ON_OVERVIEW | ON_DNS)                                                             \
    ROW(DNS_RATE_UNKNOWN, RATE_OF(DNS, NULL, "unknown.xact_rates", "xacts/s neither"),             \
        .pages = ON_DNS)                                                                           \
    ROW(DNS_TIME_IN, TIMES_OF(DNS, "xact.in.quantiles_us", "in.xact_time_us", "answer time in"),   \
        .unit = UNIT_MICROSECONDS, .pages = ON_OVERVIEW | ON_DNS)                                  \
    ROW(DNS_TIME_OUT, TIMES_OF(DNS, "xact.out.quantiles_us", "out.xact_time_us",                   \
        "answer time out"), .unit = UNIT_MICROSECONDS, .pages = ON_OVERVIEW | ON_DNS)              \
    ROW(DNS_TIME_UNKNOWN, TIMES_OF(DNS, NULL, "unknown.xact_time_us", "time neither"),             \
        .unit = UNIT_MICROSECONDS, .pages = ON_DNS)                                                \
    ROW(DNS_RATIO, TIMES_OF(DNS, "xact.ratio.quantiles", NULL, "reply/query"),                     \
        .unit = UNIT_RATIO, .pages = ON_DNS)                                                       \
    ROW(DNS_RATIO_IN, TIMES_OF(DNS, NULL, "in.response_query_size_ratio", "reply/query in"),       \
        .unit = UNIT_RATIO, .pages = ON_DNS)                                                       \
    ROW(DNS_RATIO_OUT, TIMES_OF(DNS, NULL, "out.response_query_size_ratio", "reply/query out"),    \
        .unit = UNIT_RATIO, .pages = ON_DNS)                                                       \
    ROW(DNS_QUERY_SIZE, TIMES_OF(DNS, "sizes.query_bytes", NULL, "query size"),                    \
        .unit = UNIT_BYTES, .pages = ON_DNS)                                                       \
    ROW(DNS_REPLY_SIZE, TIMES_OF(DNS, "sizes.reply_bytes", NULL, "reply size"),                    \
        .unit = UNIT_BYTES, .pages = ON_DNS)                                                       \
    ROW(DNS_QUERY_SIZE_IN, TIMES_OF(DNS, NULL, "in.sizes.query_bytes", "query size in"),           \
        .unit = UNIT_BYTES, .pages = ON_DNS)                                                       \
    ROW(DNS_REPLY_SIZE_IN, TIMES_OF(DNS, NULL, "in.sizes.response_bytes", "reply size in"),        \
        .unit = UNIT_BYTES, .pages = ON_DNS)                                                       \
    ROW(DNS_QUERY_SIZE_OUT, TIMES_OF(DNS, NULL, "out.sizes.query_bytes", "query size out"),        \
        .unit = UNIT_BYTES, .pages = ON_DNS)                                                       \
    ROW(DNS_REPLY_SIZE_OUT, TIMES_OF(DNS, NULL, "out.sizes.response_bytes", "reply size out"),     \
        .unit = UNIT_BYTES, .pages = ON_DNS)                                                       \
    ROW(DNS_QNAME2, TOP_OF(DNS, "top_qname2", "*.top_qname2_xacts", "names, 2 labels"),            \
        .base = FACT_DNS_ALL, .pages = ON_OVERVIEW | ON_DNS)                                       \
    ROW(DNS_QNAME3, TOP_OF(DNS, "top_qname3", "*.top_qname3_xacts", "names, 3 labels"),            \
        .base = FACT_DNS_ALL, .pages = ON_OVERVIEW | ON_DNS)                                       \
    ROW(DNS_TOP_NXDOMAIN, TOP_OF(DNS, "top_nxdomain", "*.top_nxdomain_xacts", "NXDOMAIN"),         \
        .base = FACT_DNS_NXDOMAIN, .pages = ON_OVERVIEW | ON_DNS)                                  \
    ROW(DNS_SLOW_IN, TOP_OF(DNS, "xact.in.top_slow", "in.top_slow_xacts", "slow in"),              \
        .base = FACT_DNS_XACTS_IN, .pages = ON_OVERVIEW | ON_DNS)                                  \
    ROW(DNS_QTYPE, TOP_OF(DNS, "top_qtype", "*.top_qtype_xacts", "types"),                         \
        .base = FACT_DNS_ALL, .pages = ON_OVERVIEW | ON_DNS)                                       \
    ROW(DNS_RCODE, TOP_OF(DNS, "top_rcode", "*.top_rcode_xacts", "rcodes"),                        \
        .base = FACT_DNS_REPLIED, .pages = ON_OVERVIEW | ON_DNS)                                   \
    ROW(DNS_TOP_SRVFAIL, TOP_OF(DNS, "top_srvfail", "*.top_srvfail_xacts", "SRVFAIL"),             \
        .base = FACT_DNS_SRVFAIL, .pages = ON_OVERVIEW | ON_DNS)                                   \
    ROW(DNS_SLOW_OUT, TOP_OF(DNS, "xact.out.top_slow", "out.top_slow_xacts", "slow out"),          \
        .base = FACT_DNS_XACTS_OUT, .pages = ON_OVERVIEW | ON_DNS)                                 \
    ROW(DNS_TOP_REFUSED, TOP_OF(DNS, "top_refused", "*.top_refused_xacts", "REFUSED"),             \
        .base = FACT_DNS_REFUSED, .pages = ON_OVERVIEW | ON_DNS)                                   \
    ROW(DNS_TOP_NODATA, TOP_OF(DNS, "top_nodata", "*.top_nodata_xacts", "no data"),                \
        .base = FACT_DNS_NODATA, .pages = ON_DNS)                                                  \
    ROW(DNS_TOP_NOERROR, TOP_OF(DNS, "top_noerror", "*.top_noerror_xacts", "NOERROR"),             \
        .base = FACT_DNS_NOERROR, .pages = ON_DNS)                                                 \
    ROW(DNS_CLIENTS, TOP_OF(DNS, "top_clients", "*.top_clients_xacts", "clients"),                 \
        .pages = ON_DNS)                                                                           \
    ROW(DNS_CLIENTS_NX, TOP_OF(DNS, "top_clients_nxdomain", "*.top_clients_nxdomain_xacts",        \
        "clients, NXDOMAIN"), .base = FACT_DNS_NXDOMAIN, .pages = ON_DNS)                          \
    ROW(DNS_CLIENT_NAMES, TOP_OF(DNS, "top_client_qnames_nxdomain",                                \
        "*.top_client_qnames_nxdomain_xacts", "client and name, NXDOMAIN"),                        \
        .base = FACT_DNS_NXDOMAIN, .pages = ON_DNS)                                                \
    ROW(DNS_BYTES, TOP_OF(DNS, "top_qname_by_resp_bytes", "*.top_response_bytes",                  \
        "bytes of replies"), .unit = UNIT_BYTES, .pages = ON_DNS)                                  \
    ROW(DNS_SUBNETS, TOP_OF(DNS, "top_query_ecs", "*.top_ecs_xacts", "client subnets"),            \
        .base = FACT_DNS_ECS, .pages = ON_DNS)                                                     \
    ROW(DNS_PLACES, TOP_OF(DNS, "top_geoLoc_ecs", "*.top_geo_loc_ecs_xacts",                       \
        "places of subnets"), .base = FACT_DNS_ECS, .pages = ON_DNS,                               \
        .flags = FACT_QUIET)                                                                       \
    ROW(DNS_ASNS, TOP_OF(DNS, "top_asn_ecs", "*.top_asn_ecs_xacts", "networks of subnets"),        \
        .base = FACT_DNS_ECS, .pages = ON_DNS, .flags = FACT_QUIET)                                \
    ROW(DNS_PORTS, TOP_OF(DNS, "top_udp_ports", "*.top_udp_ports_xacts", "client ports"),          \
        .base = FACT_DNS_ALL, .pages = ON_OVERVIEW | ON_DNS)

#define NET_FACTS(ROW)                                                                             \
    ROW(NET_TOTAL, COUNT_OF(NET, "total", "*.total_packets", "total"),                             \
        .pages = ON_OVERVIEW | ON_NETWORK)                                                         \
    ROW(NET_UDP, COUNT_OF(NET, "udp", "*.udp_packets", "udp"),                                     \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK)                                 \
    ROW(NET_TCP, COUNT_OF(NET, "tcp", "*.tcp_packets", "tcp"),                                     \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK)                                 \
    ROW(NET_OTHER, COUNT_OF(NET, "other_l4", "*.other_l4_packets", "other"),                       \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK)                                 \
    ROW(NET_SYN, COUNT_OF(NET, "protocol.tcp.syn", "*.tcp.syn_packets", "syn"),                    \
        .base = FACT_NET_TCP, .pages = ON_NETWORK, .flags = FACT_SAMPLED)                          \
    ROW(NET_IPV4, COUNT_OF(NET, "ipv4", "*.ipv4_packets", "ipv4"),                                 \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK)                                 \
    ROW(NET_IPV6, COUNT_OF(NET, "ipv6", "*.ipv6_packets", "ipv6"),                                 \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK)                                 \
    ROW(NET_IN, COUNT_OF(NET, "in", "in.total_packets", "in"),                                     \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK)                                 \
    ROW(NET_OUT, COUNT_OF(NET, "out", "out.total_packets", "out"),                                 \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK)                                 \
    ROW(NET_UNKNOWN, COUNT_OF(NET, "unknown_dir", "unknown.total_packets", "neither"),             \
        .base = FACT_NET_TOTAL, .pages = ON_NETWORK)                                               \
    ROW(NET_IPS_IN, COUNT_OF(NET, "cardinality.src_ips_in", "in.cardinality.ips", "ips in"),       \
        .pages = ON_OVERVIEW | ON_NETWORK)                                                         \
    ROW(NET_IPS_OUT, COUNT_OF(NET, "cardinality.dst_ips_out", "out.cardinality.ips", "ips out"),   \
        .pages = ON_OVERVIEW | ON_NETWORK)                                                         \
    ROW(NET_EVENTS, COUNT_OF(NET, "events", "observed_packets", "events"),                         \
        .pages = ON_NETWORK)                                                                       \
    ROW(NET_FILTERED, COUNT_OF(NET, "filtered", "filtered_packets", "filtered"),                   \
        .base = FACT_NET_EVENTS, .pages = ON_NETWORK)                                              \
    ROW(NET_DEEP, COUNT_OF(NET, "deep_samples", "deep_sampled_packets", "deep"),                   \
        .base = FACT_NET_EVENTS, .pages = ON_OVERVIEW | ON_NETWORK)                                \
    ROW(NET_RATE, RATE_OF(NET, "rates.pps_total", "rates.observed_pps", "packets/s"),              \
        .pages = ON_OVERVIEW | ON_NETWORK)                                                         \
    ROW(NET_RATE_IN, RATE_OF(NET, "rates.pps_in", "in.rates.pps", "packets/s in"),                 \
        .pages = ON_OVERVIEW | ON_NETWORK)                                                         \
    ROW(NET_RATE_OUT, RATE_OF(NET, "rates.pps_out", "out.rates.pps", "packets/s out"),             \
        .pages = ON_OVERVIEW | ON_NETWORK)                                                         \
    ROW(NET_RATE_EVENTS, RATE_OF(NET, "rates.pps_events", NULL, "events/s"),                       \
        .pages = ON_NETWORK)                                                                       \
    ROW(NET_BYTES, RATE_OF(NET, "rates.bytes_total", NULL, "bytes/s"),                             \
        .unit = UNIT_BYTES, .pages = ON_NETWORK)                                                   \
    ROW(NET_BYTES_IN, RATE_OF(NET, "rates.bytes_in", "in.rates.bps", "bytes/s in"),                \
        .unit = UNIT_BYTES, .pages = ON_NETWORK)                                                   \
    ROW(NET_BYTES_OUT, RATE_OF(NET, "rates.bytes_out", "out.rates.bps", "bytes/s out"),            \
        .unit = UNIT_BYTES, .pages = ON_NETWORK)                                                   \
    ROW(NET_SIZE, TIMES_OF(NET, "payload_size", NULL, "packet size"),                              \
        .unit = UNIT_BYTES, .pages = ON_NETWORK)                                                   \
    ROW(NET_SIZE_IN, TIMES_OF(NET, NULL, "in.payload_size_bytes", "packet size in"),               \
        .unit = UNIT_BYTES, .pages = ON_NETWORK)                                                   \
    ROW(NET_SIZE_OUT, TIMES_OF(NET, NULL, "out.payload_size_bytes", "packet size out"),            \
        .unit = UNIT_BYTES, .pages = ON_NETWORK)                                                   \
    ROW(NET_TOP_IPV4, TOP_OF(NET, "top_ipv4", "*.top_ipv4_packets", "IPv4"),                       \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK)                                 \
    ROW(NET_TOP_IPV6, TOP_OF(NET, "top_ipv6", "*.top_ipv6_packets", "IPv6"),                       \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK)                                 \
    ROW(NET_TOP_PLACES, TOP_OF(NET, "top_geoLoc", "*.top_geo_loc_packets", "places"),              \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK,                                 \
        .flags = FACT_QUIET)                                                                       \
    ROW(NET_TOP_ASNS, TOP_OF(NET, "top_ASN", "*.top_asn_packets", "networks"),                     \
        .base = FACT_NET_TOTAL, .pages = ON_OVERVIEW | ON_NETWORK,                                 \
        .flags = FACT_QUIET)

#define OTHER_FACTS(ROW)                                                                           \
    ROW(PCAP_TCP_ERRORS, COUNT_OF(PCAP, "tcp_reassembly_errors", NULL, "tcp errors"),              \
        .pages = ON_OVERVIEW | ON_OTHERS)                                                          \
    ROW(PCAP_OS_DROPS, COUNT_OF(PCAP, "os_drops", NULL, "os drops"),                               \
        .pages = ON_OVERVIEW | ON_OTHERS, .flags = FACT_ALARM)                                     \
    ROW(PCAP_IF_DROPS, COUNT_OF(PCAP, "if_drops", NULL, "if drops"),                               \
        .pages = ON_OVERVIEW | ON_OTHERS, .flags = FACT_ALARM)                                     \
    ROW(DHCP_TOTAL, COUNT_OF(DHCP, "wire_packets.total", NULL, "total"),                           \
        .pages = ON_OVERVIEW | ON_OTHERS)                                                          \
    ROW(DHCP_DISCOVER, COUNT_OF(DHCP, "wire_packets.discover", NULL, "discover"),                  \
        .base = FACT_DHCP_TOTAL, .pages = ON_OVERVIEW | ON_OTHERS)                                 \
    ROW(DHCP_OFFER, COUNT_OF(DHCP, "wire_packets.offer", NULL, "offer"),                           \
        .base = FACT_DHCP_TOTAL, .pages = ON_OVERVIEW | ON_OTHERS)                                 \
    ROW(DHCP_REQUEST, COUNT_OF(DHCP, "wire_packets.request", NULL, "request"),                     \
        .base = FACT_DHCP_TOTAL, .pages = ON_OVERVIEW | ON_OTHERS)                                 \
    ROW(DHCP_ACK, COUNT_OF(DHCP, "wire_packets.ack", NULL, "ack"),                                 \
        .base = FACT_DHCP_TOTAL, .pages = ON_OVERVIEW | ON_OTHERS)                                 \
    ROW(DHCP_SOLICIT, COUNT_OF(DHCP, "wire_packets.solicit", NULL, "solicit"),                     \
        .base = FACT_DHCP_TOTAL, .pages = ON_OTHERS)                                               \
    ROW(DHCP_ADVERTISE, COUNT_OF(DHCP, "wire_packets.advertise", NULL, "advertise"),               \
        .base = FACT_DHCP_TOTAL, .pages = ON_OTHERS)                                               \
    ROW(DHCP_REQUEST_V6, COUNT_OF(DHCP, "wire_packets.request_v6", NULL, "request v6"),            \
        .base = FACT_DHCP_TOTAL, .pages = ON_OTHERS)                                               \
    ROW(DHCP_REPLY, COUNT_OF(DHCP, "wire_packets.reply", NULL, "reply"),                           \
        .base = FACT_DHCP_TOTAL, .pages = ON_OTHERS)                                               \
    ROW(DHCP_FILTERED, COUNT_OF(DHCP, "wire_packets.filtered", NULL, "filtered"),                  \
        .pages = ON_OVERVIEW | ON_OTHERS, .flags = FACT_QUIET)                                     \
    ROW(DHCP_EVENTS, COUNT_OF(DHCP, "wire_packets.events", NULL, "events"),                        \
        .pages = ON_OTHERS)                                                                        \
    ROW(DHCP_DEEP, COUNT_OF(DHCP, "wire_packets.deep_samples", NULL, "deep"),                      \
        .base = FACT_DHCP_EVENTS, .pages = ON_OTHERS)                                              \
    ROW(DHCP_RATE, RATE_OF(DHCP, "rates.total", NULL, "messages/s"),                               \
        .pages = ON_OVERVIEW | ON_OTHERS)                                                          \
    ROW(DHCP_RATE_EVENTS, RATE_OF(DHCP, "rates.events", NULL, "events/s"),                         \
        .pages = ON_OTHERS)                                                                        \
    ROW(DHCP_CLIENTS, TOP_OF(DHCP, "top_clients", NULL, "leases"),                                 \
        .base = FACT_DHCP_ACK, .pages = ON_OTHERS)                                                 \
    ROW(DHCP_SERVERS, TOP_OF(DHCP, "top_servers", NULL, "DHCP servers"),                           \
        .base = FACT_DHCP_TOTAL, .pages = ON_OTHERS)                                               \
    ROW(BGP_TOTAL, COUNT_OF(BGP, "wire_packets.total", NULL, "total"),                             \
        .pages = ON_OVERVIEW | ON_OTHERS)                                                          \
    ROW(BGP_OPEN, COUNT_OF(BGP, "wire_packets.open", NULL, "open"),                                \
        .base = FACT_BGP_TOTAL, .pages = ON_OVERVIEW | ON_OTHERS)                                  \
    ROW(BGP_UPDATE, COUNT_OF(BGP, "wire_packets.update", NULL, "update"),                          \
        .base = FACT_BGP_TOTAL, .pages = ON_OVERVIEW | ON_OTHERS)                                  \
    ROW(BGP_NOTIFICATION, COUNT_OF(BGP, "wire_packets.notification", NULL, "notification"),        \
        .base = FACT_BGP_TOTAL, .pages = ON_OVERVIEW | ON_OTHERS)                                  \
    ROW(BGP_KEEPALIVE, COUNT_OF(BGP, "wire_packets.keepalive", NULL, "keepalive"),                 \
        .base = FACT_BGP_TOTAL, .pages = ON_OVERVIEW | ON_OTHERS)                                  \
    ROW(BGP_REFRESH, COUNT_OF(BGP, "wire_packets.routerefresh", NULL, "refresh"),                  \
        .base = FACT_BGP_TOTAL, .pages = ON_OTHERS)                                                \
    ROW(BGP_FILTERED, COUNT_OF(BGP, "wire_packets.filtered", NULL, "filtered"),                    \
        .pages = ON_OTHERS, .flags = FACT_QUIET)                                                   \
    ROW(BGP_RATE, RATE_OF(BGP, "rates.total", NULL, "messages/s"),                                 \
        .pages = ON_OVERVIEW | ON_OTHERS)                                                          \
    ROW(BGP_RATE_EVENTS, RATE_OF(BGP, "rates.events", NULL, "events/s"),                           \
        .pages = ON_OTHERS)                                                                        \
    ROW(RESOURCES_POLICIES, COUNT_OF(RESOURCES, "policy_count", NULL, "policies"))                 \
    ROW(RESOURCES_HANDLERS, COUNT_OF(RESOURCES, "handler_count", NULL, "handlers"))                \
    ROW(RESOURCES_CPU, TIMES_OF(RESOURCES, "cpu_usage", NULL, "cpu"),                              \
        .unit = UNIT_PERCENT)                                                                      \
    ROW(RESOURCES_MEMORY, TIMES_OF(RESOURCES, "memory_bytes", NULL, "memory"),                     \
        .unit = UNIT_BYTES)
// clang-format on
