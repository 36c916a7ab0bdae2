"""The dashboard of one agent."""
from grafana.board import Board, column, label, link
from grafana.fleet import (BYTES, LATENCY, NXDOMAIN, PACKETS, QUERIES, RATE, SERVFAIL, UNSEEN, dropped, rate,
                           share_of)
from grafana.panel import Panel, Row
from grafana.shapes import by_handler, quantiles, stat, top, widest

TO_DNS = [link("pktvisor-dns", "DNS of ${__field.labels.handler}", handler=label("handler"))]
TO_NETWORK = [link("pktvisor-network", "Packets of ${__field.labels.handler}", handler=label("handler"))]

NOW = Row("Now", [
    stat("Up since", "time() - max(process_start_time_seconds and on (instance, job) pktvisor_build_info)"),
    stat("Packets a second", rate("", PACKETS)),
    stat("Bytes a second", rate("", BYTES), unit="Bps"),
    stat("DNS queries a second", rate("", QUERIES)),
    stat("Packets dropped", dropped(""), unit="percentunit", bad=(0.0001, 0.01), note="For each packet seen."),
    stat("What was not seen", f"sum ({UNSEEN})", unit="short", bad=(1,)),
])

POLICIES = Row("Policies and inputs", [
    Panel("Policies", {
        "packets/s": f"sum by (policy) (rate(pktvisor_policy_packets_total{RATE}))",
        "CPU": f"sum by (policy) (rate(pktvisor_policy_cpu_seconds_total{RATE}))",
        "CPU of a packet": "max by (policy) (pktvisor_policy_packet_cost_seconds)",
        "memory": "sum by (policy) (pktvisor_policy_memory_bytes)",
        "series": "sum by (policy) (pktvisor_policy_series)",
        "left out": "sum by (policy) (pktvisor_policy_series_left_out)",
    }, "table", width=14, linked="policy", columns={"left out": {"bad": (1,)}}, links=[
        link("pktvisor-dns", "DNS of ${__value.text}", policy=column("policy")),
        link("pktvisor-network", "Packets of ${__value.text}", policy=column("policy")),
        link("pktvisor-health", "Health of ${__value.text}", policy=column("policy"))]),
    Panel("Inputs", {
        "running": "min by (input) (pktvisor_input_running)",
        "seen/s": f"sum by (input) (rate(pktvisor_input_packets_total{RATE}))",
        "matched/s": f"sum by (input) (rate(pktvisor_input_matched_packets_total{RATE}))",
        "dropped/s": f"sum by (input) (rate(pktvisor_input_dropped_packets_total{RATE}))",
    }, "table", width=10, linked="input", columns={"dropped/s": {"bad": (1,)}},
        links=[link("pktvisor-health", "Capture health")]),
])

TRAFFIC = Row("Traffic", [
    Panel("Packets a second, by handler", {"{{handler}}": by_handler(*PACKETS) + " / 60"}, links=TO_NETWORK),
    Panel("Bytes a second, by handler", {"{{handler}}": by_handler(*BYTES) + " / 60"}, unit="Bps", links=TO_NETWORK),
    Panel("Distinct remote addresses", {
        "{{handler}}": 'max by (handler) (packets_cardinality_src_ips_in or net_cardinality_ips{direction="in"})'},
        note="Sources of packets to the host, in one minute.", links=TO_NETWORK),
    top("IPv4 addresses", "ipv4", "packets_top_ipv4", "net_top_ipv4_packets"),
    top("IPv6 addresses", "ipv6", "packets_top_ipv6", "net_top_ipv6_packets"),
    quantiles("Length of frames", "packets_payload_size", "net_payload_size_bytes"),
])

DNS = Row("DNS", [
    Panel("Queries a second, by handler", {"{{handler}}": by_handler(*QUERIES) + " / 60"}, links=TO_DNS),
    Panel("Errors", {"NXDOMAIN": share_of("", NXDOMAIN), "SERVFAIL": share_of("", SERVFAIL)}, unit="percentunit",
          note="Share of the answers."),
    Panel("Time to answer, 95th percentile", {"{{instance}}": LATENCY}, note="The host answers."),
    top("Names", "qname", "dns_top_qname2", "dns_top_qname2_xacts"),
    top("NXDOMAIN by name", "qname", "dns_top_nxdomain", "dns_top_nxdomain_xacts"),
    Panel("rcodes", {"{{rcode}}": widest("rcode", "dns_top_rcode", "dns_top_rcode_xacts") + " / 60"}, stack=True),
])

BOARD = Board("pktvisor-agent", "One agent: its policies and inputs, and what they see.",
              [NOW, POLICIES, TRAFFIC, DNS], one_agent=True)
