"""Real programs talk to each other over a cable between two namespaces; what we say of it is compared
with what they say themselves, with tshark, and with the counters of the interface."""
from collections import Counter

import pytest

from bgp import ROUTES, speakers
from counts import frames, values
from dhcp import dhclient, dnsmasq, udhcpc
from dns_servers import HOSTS, ZONE, bind, dnsperf, knot, questions
from namespaces import wait_until
from observers import OBSERVERS, observe
from web import SIZES, curl, web

SYN = "tcp.flags.syn == 1"
FOUND, MISSING = 900, 300  # questions of a query file

observers = pytest.mark.parametrize("observer", OBSERVERS)


def check_whole(seen):
    """Nothing was lost, and no handler has missed a frame of the interface."""
    assert seen.low <= seen.at("net1.total") <= seen.high
    assert seen.at("net1.events") == seen.at("net1.total")
    assert seen.at("pcap.os_drops") == seen.at("pcap.if_drops") == 0
    assert seen.at("pcap.tcp_reassembly_errors") == 0
    directions = [seen.handlers["net2"].get(d, {}).get("total_packets", 0) for d in ("in", "out", "unknown")]
    assert sum(directions) == seen.at("net1.total")
    for module, said in seen.completeness.items():
        assert not said or said["complete"], f"{module}: {said}"


@observers
@pytest.mark.parametrize("server", [knot, bind], ids=["knot", "bind"])
def test_dns(pair, observer, server):
    with server(pair.server, [pair.SERVER_V4, pair.SERVER_V6]) as asked:
        path = questions(pair.folder, "questions", FOUND, MISSING)
        before = asked.counts()
        assert before.asked == 0
        with observe[observer](pair) as seen:
            rounds = {"udp": dnsperf(pair.client, pair.SERVER_V4, path),
                      "tcp": dnsperf(pair.client, pair.SERVER_V4, path, transport="tcp"),
                      "v6": dnsperf(pair.client, pair.SERVER_V6, path),
                      "ecs": dnsperf(pair.client, pair.SERVER_V4, path, ecs=True)}
        counts = asked.counts()
    one = FOUND + MISSING
    assert all(r.sent == r.completed == one and r.lost == 0 for r in rounds.values()), rounds
    assert counts.asked == 4 * one
    check_dns(seen, counts)
    check_dns_by_transaction(seen, counts)
    check_whole(seen)


def check_dns(seen, counts):
    assert seen.at("dns1.wire_packets.queries") == counts.asked
    assert seen.at("dns1.wire_packets.replies") == counts.asked
    assert seen.at("dns1.wire_packets.total") == 2 * counts.asked
    assert seen.at("dns1.wire_packets.tcp") == 2 * counts.tcp
    assert seen.at("dns1.wire_packets.udp") == 2 * (counts.udp4 + counts.udp6)
    assert seen.at("dns1.wire_packets.ipv6") == 2 * (counts.udp6 + counts.tcp6)
    assert seen.at("dns1.wire_packets.ipv4") == 2 * (counts.udp4 + counts.tcp4)
    assert seen.at("dns1.wire_packets.nxdomain") == counts.nxdomain == 4 * MISSING
    assert seen.at("dns1.wire_packets.noerror") == counts.noerror == 4 * FOUND
    assert seen.at("dns1.wire_packets.query_ecs") == FOUND + MISSING
    assert seen.top("dns1.top_rcode") == {"NOERROR": counts.noerror, "NXDOMAIN": counts.nxdomain}
    assert seen.top("dns1.top_qname2") == {f".{ZONE}": 2 * counts.asked}
    # In exact mode up to a few hundred, within its error above.
    assert seen.at("dns1.cardinality.qname") == pytest.approx(HOSTS + MISSING, rel=0.03)
    assert len(values(seen.capture, "dns.flags.response")) == 2 * counts.asked


def check_dns_by_transaction(seen, counts):
    asked = seen.at("dns2.in")  # the server is the host, so it is asked
    assert seen.at("dns1.xact.counts.total") == seen.at("dns1.xact.in.total") == counts.asked
    assert seen.at("dns1.xact.counts.timed_out") == 0
    assert asked["xacts"] == counts.asked
    assert asked["udp_xacts"] == counts.udp4 + counts.udp6
    assert asked["tcp_xacts"] == counts.tcp
    assert asked["ipv6_xacts"] == counts.udp6 + counts.tcp6
    assert asked["nxdomain_xacts"] == counts.nxdomain
    assert asked["noerror_xacts"] == counts.noerror
    assert asked["ecs_xacts"] == FOUND + MISSING
    assert asked["timeout_queries"] == asked["orphan_responses"] == 0
    assert seen.handlers["dns2"].get("out", {}).get("xacts", 0) == 0


@observers
def test_dhcp(pair, observer):
    with dnsmasq(pair.server, pair.SERVER_IF) as server:
        with observe[observer](pair) as seen:
            udhcpc(pair.client, pair.CLIENT_IF, "alpha")
            udhcpc(pair.client, pair.CLIENT_IF, "delta")
            dhclient(pair.client, pair.CLIENT_IF, 4, "beta")
            dhclient(pair.client, pair.CLIENT_IF, 6, "gamma")
        said, leases = server.messages(), server.leases()
    wire = {key: seen.at(f"dhcp.wire_packets.{key}") for key in seen.at("dhcp.wire_packets")}
    assert wire["discover"] == said["DHCPDISCOVER"] >= 3
    assert wire["offer"] == said["DHCPOFFER"]
    assert wire["request"] + wire["request_v6"] == said["DHCPREQUEST"]
    assert wire["ack"] == said["DHCPACK"]
    assert wire["solicit"] == said["DHCPSOLICIT"] >= 1
    assert wire["advertise"] == said["DHCPADVERTISE"]
    assert wire["reply"] == said["DHCPREPLY"] >= 1
    by_type = Counter(values(seen.capture, "dhcp.option.dhcp"))
    assert [wire["discover"], wire["offer"], wire["request"], wire["ack"]] == [by_type[t] for t in "1235"]
    by_type = Counter(values(seen.capture, "dhcpv6.msgtype"))
    assert [wire["solicit"], wire["advertise"], wire["request_v6"], wire["reply"]] == [by_type[t] for t in "1237"]
    names = {f"{mac}/{host}/{address}" for address, (mac, host) in leases.items()}
    shown = {name: n for name, n in seen.top("dhcp.top_clients").items()}
    assert {"alpha", "beta", "delta"} == {name.split("/")[1] for name in shown}
    assert names <= set(shown)
    assert sum(shown.values()) == wire["ack"]
    check_whole(seen)


@observers
def test_bgp(pair, observer):
    with observe[observer](pair) as seen:
        with speakers(pair) as both:
            server, client = both

            def established():
                return server.established() and client.established()

            def learned():
                return f"Total: {2 * ROUTES} of" in client.birdc("show", "route", "count").stdout
            wait_until(established, "both sessions")
            wait_until(learned, "all routes")
            opened = client.sent()["open"]
            client.birdc("restart", "v4")
            wait_until(lambda: client.sent()["open"] > opened, "v4 again")
            wait_until(established, "both sessions")
            wait_until(learned, "all routes")
        said = server.sent() + client.sent()
    by_type = Counter(values(seen.capture, "bgp.type"))
    wire = {key: seen.at(f"bgp.wire_packets.{key}") for key in seen.at("bgp.wire_packets")}
    kinds = ["open", "update", "notification", "keepalive", "routerefresh"]
    assert {kind: wire[kind] for kind in kinds} == {kind: by_type[str(1 + i)] for i, kind in enumerate(kinds)}
    assert {kind: wire[kind] for kind in kinds} == {kind: said[kind] for kind in kinds}
    assert wire["open"] >= 6 and wire["update"] > 6 and wire["notification"] >= 1
    assert wire["total"] == sum(wire[kind] for kind in kinds)
    check_whole(seen)


@observers
def test_tcp(pair, observer):
    with web(pair.server, pair.SERVER_V4) as v4, web(pair.server, pair.SERVER_V6, 8081) as v6:
        with observe[observer](pair) as seen:
            body = curl(pair.client, f"http://{pair.SERVER_V4}:8080/small", 30)
            body += curl(pair.client, f"http://{pair.SERVER_V4}:8080/large", 3)
            body += curl(pair.client, f"http://[{pair.SERVER_V6}]:8081/small", 20)
        requests = v4.requests() + v6.requests()
    assert requests == 53 and body == 50 * SIZES["small"] + 3 * SIZES["large"]
    # SYN and SYN with ACK.
    assert seen.at("net1.protocol.tcp.syn") == 2 * requests == frames(seen.capture, SYN)
    assert seen.at("net2.in.tcp.syn_packets") == seen.at("net2.out.tcp.syn_packets") == requests
    assert seen.at("net1.tcp") == frames(seen.capture, "tcp")
    assert seen.at("net1.ipv6") == frames(seen.capture, "ipv6")
    assert seen.at("net1.in") == frames(seen.capture, f"ip.dst == {pair.SERVER_V4} || "
                                                      f"ipv6.dst == {pair.SERVER_V6}")
    assert seen.top("net1.top_ipv4")[pair.CLIENT_V4] == frames(seen.capture, f"ip.addr == {pair.CLIENT_V4}")
    check_whole(seen)
