"""The dashboard of DNS."""
from grafana.board import Board, label, link
from grafana.panel import Panel, Row
from grafana.shapes import HANDLER, by_handler, either, quantiles, share, top, widest

REPLIES = ("dns_wire_packets_replies", "dns_xacts")
TO_AGENTS = [link("pktvisor-fleet", "Agents of ${__field.labels.handler}", handler=label("handler"))]
NATIVE = "Native names: there with `prometheus_names` `native` or `both`."
RATE = "[$__rate_interval]"


def share_of(title, *names, **more):
    return Panel(title, {HANDLER: share(by_handler(*names), by_handler(*REPLIES))}, unit="percentunit",
                 links=TO_AGENTS, **more)


VOLUME = Row("Volume", [
    Panel("Queries a second", {HANDLER: by_handler("dns_wire_packets_queries", "dns_xacts") + " / 60"},
          note="Handlers 2.0 count transactions: queries that were answered.", links=TO_AGENTS),
    Panel("Answered and unanswered", {
        "{{handler}} answered": by_handler("dns_xact_counts_total", "dns_xacts") + " / 60",
        "{{handler}} timed out": by_handler("dns_xact_counts_timed_out", "dns_timeout_queries") + " / 60"}),
    Panel("Distinct names", {
        "{{handler}} {{direction}}": "max by (handler, direction) (dns_cardinality_qname)"},
        note="In one minute. Distinct counts cannot be added: of several agents the highest."),
    Panel("Transport", {
        "UDP": widest("", "dns_wire_packets_udp", "dns_udp_xacts") + " / 60",
        "TCP": widest("", "dns_wire_packets_tcp", "dns_tcp_xacts") + " / 60"}, stack=True),
    Panel("Address family", {
        "IPv4": widest("", "dns_wire_packets_ipv4", "dns_ipv4_xacts") + " / 60",
        "IPv6": widest("", "dns_wire_packets_ipv6", "dns_ipv6_xacts") + " / 60"}, stack=True),
    Panel("Types asked for", {
        "{{qtype}}": widest("qtype", "dns_top_qtype", "dns_top_qtype_xacts") + " / 60"}, stack=True),
])

OUTCOME = Row("Outcome", [
    share_of("NXDOMAIN", "dns_wire_packets_nxdomain", "dns_nxdomain_xacts"),
    share_of("SERVFAIL", "dns_wire_packets_srvfail", "dns_srvfail_xacts"),
    share_of("REFUSED", "dns_wire_packets_refused", "dns_refused_xacts"),
    share_of("No data", "dns_wire_packets_nodata", "dns_nodata_xacts"),
    Panel("Queries without an answer", {HANDLER: share(
        by_handler("dns_xact_counts_timed_out", "dns_timeout_queries"),
        "(" + by_handler("dns_xact_counts_timed_out", "dns_timeout_queries") + " + " +
        by_handler("dns_xact_counts_total", "dns_xacts") + ")")}, unit="percentunit"),
    Panel("rcodes", {"{{rcode}}": widest("rcode", "dns_top_rcode", "dns_top_rcode_xacts") + " / 60"}, stack=True),
])

LATENCY = Row("Latency and amplification", [
    quantiles("Time to answer, the host answers", "dns_xact_in_quantiles_us", 'dns_xact_time_us{direction="in"}'),
    quantiles("Time to answer, the host asks", "dns_xact_out_quantiles_us", 'dns_xact_time_us{direction="out"}'),
    top("Slow names, the host answers", "qname", "dns_xact_in_top_slow", 'dns_top_slow_xacts{direction="in"}'),
    quantiles("Bytes of the answer by bytes of the query", "dns_xact_ratio_quantiles",
              "dns_response_query_size_ratio"),
    Panel("Answers that nobody asked for", {HANDLER: by_handler(
        "clamp_min(dns_wire_packets_replies - dns_xact_counts_total, 0)", "dns_orphan_responses") + " / 60"},
        note="Many of them: a reflection attack on this host, or questions that take another way."),
    top("Slow names, the host asks", "qname", "dns_xact_out_top_slow", 'dns_top_slow_xacts{direction="out"}'),
])

NAMES = Row("Names", [
    top("Names, two labels", "qname", "dns_top_qname2", "dns_top_qname2_xacts"),
    top("Names, three labels", "qname", "dns_top_qname3", "dns_top_qname3_xacts"),
    top("Names answered NXDOMAIN", "qname", "dns_top_nxdomain", "dns_top_nxdomain_xacts"),
    top("Names answered SERVFAIL", "qname", "dns_top_srvfail", "dns_top_srvfail_xacts"),
    top("Names answered REFUSED", "qname", "dns_top_refused", "dns_top_refused_xacts"),
    top("Names answered without data", "qname", "dns_top_nodata", "dns_top_nodata_xacts"),
    top("Ports of clients", "port", "dns_top_udp_ports", "dns_top_udp_ports_xacts"),
])

MORE = Row("Groups that are off by default", [
    top("Clients", "client", "dns_top_clients", "dns_top_clients_xacts"),
    top("Clients by NXDOMAIN", "client", "dns_top_clients_nxdomain", "dns_top_clients_nxdomain_xacts"),
    top("Client and name by NXDOMAIN", "client_qname", "dns_top_client_qnames_nxdomain",
        "dns_top_client_qnames_nxdomain_xacts"),
    top("Bytes of answers by name", "qname", "dns_top_qname_by_resp_bytes", "dns_top_response_bytes"),
    top("Names answered without error", "qname", "dns_top_noerror", "dns_top_noerror_xacts"),
    top("Client subnets", "ecs", "dns_top_query_ecs", "dns_top_ecs_xacts"),
    top("Places of client subnets", "geo_loc", "dns_top_geoLoc_ecs", "dns_top_geo_loc_ecs_xacts"),
    top("Networks of client subnets", "asn", "dns_top_asn_ecs", "dns_top_asn_ecs_xacts"),
    Panel("Queries with a client subnet", {HANDLER: by_handler("dns_wire_packets_query_ecs", "dns_ecs_xacts") +
                                           " / 60"}),
    quantiles("Bytes of queries", "dns_sizes_query_bytes"),
    quantiles("Bytes of answers", "dns_sizes_reply_bytes", "dns_sizes_response_bytes"),
], collapsed=True)


def rate_of(*names):
    return "sum by (handler) (" + either(*(f"rate({name}{RATE})" for name in names)) + ")"


def latency(q, version_1, version_2):
    buckets = either(f"rate({version_1}{RATE})", f"rate({version_2}{RATE})")
    return f"histogram_quantile({q}, sum by (handler, le) ({buckets}))"


IN = ("pktvisor_dns_xact_in_seconds_bucket", 'pktvisor_dns_xact_time_seconds_bucket{direction="in"}')
EXACT = Row("With native names: sums over agents", [
    Panel("Queries a second, counted on", {HANDLER: rate_of(
        "pktvisor_dns_wire_packets_queries_total", "pktvisor_dns_xacts_total")}, note=NATIVE),
    Panel("Time to answer over all agents, the host answers", {
        f"{{{{handler}}}} {q}": latency(q, *IN) for q in (0.5, 0.95, 0.99)}, unit="s",
        note=NATIVE + " Quantiles of all agents together, between the same two bounds as the truth."),
    Panel("How long answers take", {"{{le}}": "sum by (le) (" + either(
        *(f"increase({name}{RATE})" for name in IN)) + ")"}, "heatmap", unit="short", note=NATIVE),
], collapsed=True)

BOARD = Board("pktvisor-dns", "DNS messages and transactions: how many, how they end, how long they take, for what.",
              [VOLUME, OUTCOME, LATENCY, NAMES, MORE, EXACT])
