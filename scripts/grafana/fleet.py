"""The dashboard of all agents: a row each, and what stands out."""
from grafana.board import Board, column, label, link
from grafana.panel import Panel, Row
from grafana.shapes import either, share, stat, widest

AGENT = "{{instance}}"
TO_AGENT = [link("pktvisor-agent", "Agent ${__field.labels.instance}", instance=label("instance"))]
TO_DNS = [link("pktvisor-dns", "DNS of ${__field.labels.instance}", instance=label("instance")), *TO_AGENT]
TO_NETWORK = [link("pktvisor-network", "Network of ${__field.labels.instance}", instance=label("instance")), *TO_AGENT]
TO_HEALTH = [link("pktvisor-health", "Capture of ${__field.labels.instance}", instance=label("instance")), *TO_AGENT]

PACKETS = ("packets_total", "net_total_packets")
BYTES = ("payload_rates_bytes_total_sum", "net_rates_bps_sum")
QUERIES = ("dns_wire_packets_queries", "dns_xacts")
REPLIES = ("dns_wire_packets_replies", "dns_xacts")
NXDOMAIN = ("dns_wire_packets_nxdomain", "dns_nxdomain_xacts")
SERVFAIL = ("dns_wire_packets_srvfail", "dns_srvfail_xacts")
SEEN, DROPPED = "pktvisor_input_packets_total", "pktvisor_input_dropped_packets_total"
RATE = "[$__rate_interval]"
# What deep sampling leaves out is left out on purpose.
UNSEEN = 'pktvisor_completeness{reason!="sampled_out"}'
LATENCY = "max by (instance) (" + either('dns_xact_in_quantiles_us{quantile="0.95"}',
                                         'dns_xact_time_us{direction="in", quantile="0.95"}') + ")"


def rate(by, names):
    return widest(by, *names) + " / 60"


def share_of(by, names):
    return share(widest(by, *names), widest(by, *REPLIES))


def dropped(by):
    total = f"sum by ({by})" if by else "sum"
    return share(f"{total} (rate({DROPPED}{RATE}))", f"{total} (rate({SEEN}{RATE}))")


def of_agents(title, expression, **more):
    return Panel(title, {AGENT: expression}, **more)


NOW = Row("Now", [
    stat("Agents", "count (pktvisor_build_info)"),
    stat("Silent agents", "count (count by (instance) (count_over_time(pktvisor_build_info[1d])) "
         "unless on (instance) pktvisor_build_info) or vector(0)", bad=(1,),
         note="Agents of the last day that say nothing now."),
    stat("Packets a second", rate("", PACKETS)),
    stat("Bytes a second", rate("", BYTES), unit="Bps"),
    stat("DNS queries a second", rate("", QUERIES)),
    stat("Packets dropped", dropped(""), unit="percentunit", bad=(0.0001, 0.01),
         note="For each packet that was seen."),
])

AGENTS = Row("Agents", [
    Panel("Each agent", {
        "up": "max by (instance, version) ((time() - process_start_time_seconds) "
              "* on (instance, job) group_left (version) pktvisor_build_info)",
        "packets/s": rate("instance", PACKETS),
        "bytes/s": rate("instance", BYTES),
        "queries/s": rate("instance", QUERIES),
        "NXDOMAIN": share_of("instance", NXDOMAIN),
        "SERVFAIL": share_of("instance", SERVFAIL),
        "answers in (p95)": LATENCY,
        "dropped": dropped("instance"),
        "unseen": f"sum by (instance) ({UNSEEN})",
        "series left out": "sum by (instance) (pktvisor_policy_series_left_out)",
        "memory": "max by (instance) (process_resident_memory_bytes and on (instance, job) pktvisor_build_info)",
    }, "table", width=24, height=10, linked="instance",
        links=[link("pktvisor-agent", "Agent ${__value.text}", instance=column("instance"))],
        columns={"NXDOMAIN": {"unit": "percentunit", "bad": (0.3, 0.6)},
                 "SERVFAIL": {"unit": "percentunit", "bad": (0.02, 0.1)},
                 "dropped": {"unit": "percentunit", "bad": (0.0001, 0.01)}, "unseen": {"unit": "short", "bad": (1,)},
                 "series left out": {"bad": (1,)}},
        note="Of several policies of a tap the one that sees most counts. A click on an agent shows it alone."),
])

TRENDS = Row("Trends", [
    of_agents("Packets a second, by agent", rate("instance", PACKETS), links=TO_NETWORK),
    of_agents("Bytes a second, by agent", rate("instance", BYTES), unit="Bps", links=TO_NETWORK),
    of_agents("DNS queries a second, by agent", rate("instance", QUERIES), links=TO_DNS),
    of_agents("NXDOMAIN, by agent", share_of("instance", NXDOMAIN), unit="percentunit", links=TO_DNS),
    of_agents("SERVFAIL, by agent", share_of("instance", SERVFAIL), unit="percentunit", links=TO_DNS),
    of_agents("Time to answer, 95th percentile, by agent", LATENCY, links=TO_DNS),
    of_agents("Packets dropped, by agent", dropped("instance"), unit="percentunit", links=TO_HEALTH,
              note="For each packet that was seen."),
    of_agents("What was not seen, by agent", f"sum by (instance) ({UNSEEN})", unit="short", links=TO_HEALTH),
    of_agents("Distinct names, by agent", "max by (instance) (dns_cardinality_qname)", links=TO_DNS),
])

BOARD = Board("pktvisor-fleet", "All agents: what they see, and whether they see all of it.", [NOW, AGENTS, TRENDS])
