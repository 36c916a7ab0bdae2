"""The dashboard of packets: directions, transports, addresses; DHCP and BGP."""
from grafana.board import Board, label, link
from grafana.dns import NATIVE, RATE, rate_of
from grafana.panel import Panel, Row
from grafana.shapes import by_handler, either, quantiles, top, widest

TO_AGENTS = [link("pktvisor-fleet", "Agents of ${__field.labels.handler}", handler=label("handler"))]


def ways(version_1, version_2, **directions):
    """A query for each direction; version_1 has a name for each, version_2 a label."""
    return {f"{{{{handler}}}} {way}": by_handler(version_1.format(name), f'{version_2}{{direction="{way}"}}') + " / 60"
            for way, name in directions.items()}


def kinds(prefix, *names):
    return {name: f"sum ({prefix}_wire_packets_{name}) / 60" for name in names}


VOLUME = Row("Volume", [
    Panel("Packets a second", ways("packets_{}", "net_total_packets", **{
        "in": "in", "out": "out", "unknown": "unknown_dir"}), links=TO_AGENTS),
    Panel("Bytes a second", ways("payload_rates_bytes_{}_sum", "net_rates_bps_sum", **{"in": "in", "out": "out"}),
          unit="Bps", note="Frames as sent.", links=TO_AGENTS),
    Panel("The busiest second of a minute", {"{{handler}} {{direction}}": "max by (handler, direction) (" + either(
        'payload_rates_bytes_total{quantile="0.99"}', 'net_rates_bps{quantile="0.99"}') + ")"},
        note="The 99th percentile of the seconds."),
    Panel("Transport", {
        "UDP": widest("", "packets_udp", "net_udp_packets") + " / 60",
        "TCP": widest("", "packets_tcp", "net_tcp_packets") + " / 60",
        "other": widest("", "packets_other_l4", "net_other_l4_packets") + " / 60"}, stack=True),
    Panel("Address family", {
        "IPv4": widest("", "packets_ipv4", "net_ipv4_packets") + " / 60",
        "IPv6": widest("", "packets_ipv6", "net_ipv6_packets") + " / 60"}, stack=True),
    Panel("SYN packets", {"{{handler}}": by_handler("packets_protocol_tcp_syn", "net_tcp_syn_packets") + " / 60"},
          note="Many of them with few distinct sources, or with very many: a scan, or a flood."),
    Panel("Distinct remote addresses", {
        "{{handler}} in": "max by (handler) (" + either(
            "packets_cardinality_src_ips_in", 'net_cardinality_ips{direction="in"}') + ")",
        "{{handler}} out": "max by (handler) (" + either(
            "packets_cardinality_dst_ips_out", 'net_cardinality_ips{direction="out"}') + ")"},
        note="In one minute. Distinct counts cannot be added: of several agents the highest."),
    quantiles("Length of frames", "packets_payload_size", "net_payload_size_bytes"),
])

REMOTE = Row("Who", [
    top("IPv4 addresses", "ipv4", "packets_top_ipv4", "net_top_ipv4_packets"),
    top("IPv6 addresses", "ipv6", "packets_top_ipv6", "net_top_ipv6_packets"),
    top("Networks", "asn", "packets_top_ASN", "net_top_asn_packets",
        note="Needs `--geo-asn`. Sum over the time range, of the minutes in which it was in the list."),
    top("Places", "geo_loc", "packets_top_geoLoc", "net_top_geo_loc_packets",
        note="Needs `--geo-city`. Sum over the time range, of the minutes in which it was in the list."),
])

DHCP = Row("DHCP", [
    Panel("DHCPv4 messages", kinds("dhcp", "discover", "offer", "request", "ack"), stack=True),
    Panel("DHCPv6 messages", kinds("dhcp", "solicit", "advertise", "request_v6", "reply"), stack=True),
    top("Clients that got a lease", "client", "dhcp_top_clients"),
    top("Servers", "server", "dhcp_top_servers"),
], collapsed=True)

BGP = Row("BGP", [
    Panel("BGP messages", kinds("bgp", "open", "update", "notification", "keepalive", "routerefresh"), stack=True),
], collapsed=True)

EXACT = Row("With native names: sums over agents", [
    Panel("Packets a second, counted on", {"{{handler}}": rate_of(
        "pktvisor_packets_packets_total", "pktvisor_net_packets_total")}, note=NATIVE),
    Panel("Bits a second, counted on", {"{{handler}}": "8 * " + rate_of(
        "pktvisor_packets_bytes_total", "pktvisor_net_bytes_total")}, unit="bps", note=NATIVE),
    Panel("Length of frames over all agents", {
        f"{{{{handler}}}} {q}": f"histogram_quantile({q}, sum by (handler, le) (" + either(
            *(f"rate({name}{RATE})" for name in (
                "pktvisor_packets_payload_size_bytes_bucket", "pktvisor_net_payload_size_bytes_bucket"))) + "))"
        for q in (0.5, 0.95)}, unit="bytes", note=NATIVE),
], collapsed=True)

BOARD = Board("pktvisor-network", "Packets and bytes: how many, which way, with whom.",
              [VOLUME, REMOTE, DHCP, BGP, EXACT])
