"""Capture (section 4.2 and issue 4's first one) by a running agent on a cable between two namespaces."""
import subprocess

import pytest

from frames import ACK, DISCOVER, OFFER, REQUEST, dhcp, dns, ethernet, fragments, ipv4, udp, udp_frame, write_capture
from network import cable
from running import CAPTURES, Agent, policy, roomy_period, tap, wait_for

TAPS, POLICIES = "/api/v1/taps", "/api/v1/policies"
NET = {"n": {"type": "net"}}
CLIENT, SERVER = "198.51.100.{}", "192.0.2.2"


@pytest.fixture(scope="module")
def link():
    with cable() as link:
        yield link


@pytest.fixture
def agent(link):
    with Agent("--admin-api", "--period-seconds", roomy_period(), enter=link.enter) as agent:
        yield agent


def send(link, tmp_path, frames, *options):
    link.send(write_capture(tmp_path / "frames.pcap", frames), options=options or ("--topspeed",))


def put(agent, name, modules=None, tap_name="t", filter=None, **config):
    body = policy(name, modules or NET, tap=tap_name, input_config=config, input_filter={"bpf": filter} if filter
                  else None)
    answer = agent.put(f"{POLICIES}/{name}", body)
    assert answer.status in (200, 201), answer


def make(agent, link, name="t", **config):
    assert agent.put(f"{TAPS}/{name}", tap(name, iface=link.inside, **config)).status in (200, 201)


def handlers(agent, name):
    return {instance.rsplit("-", 1)[1]: next(body for key, body in handler.items() if key != "completeness")
            for instance, handler in agent.metrics(name).json[name].items()}


def input_of(agent, name):
    (shown,) = agent.policies()[name]["input"].values()
    return shown


def status(agent, name):
    return input_of(agent, name)["status"]


def settled(agent, name, packets):
    """The counts of a policy once its input has taken so many packets."""
    wait_for(lambda: status(agent, name)["matched"] + status(agent, name)["dropped"] >= packets)
    return wait_for(lambda: (n := handlers(agent, name)) and n["n"]["events"] >= packets - status(agent, name)[
        "dropped"] and n)


def dns_frames(count, tags=()):
    for i in range(count):
        yield udp_frame(CLIENT.format(i % 250 + 1), 1024 + i, SERVER, 53, dns(i, f"q{i}.example"), tags=tags)


# --- tags, filters, both copies

BACKENDS = ["af_packet", "libpcap"]


@pytest.mark.parametrize("source", BACKENDS)
def test_filters_see_tags(link, agent, tmp_path, source):
    make(agent, link, pcap_source=source)
    expected = {"vlan 10 and port 53": 7, "vlan 10": 10, "vlan": 15, "port 53": 11 + 7 + 5, "not vlan": 11 + 4,
                "udp": 11 + 4 + 10 + 5}
    for number, filter in enumerate(expected):
        put(agent, f"p{number}", filter=f"src net 198.51.100.0/24 and ({filter})")
    put(agent, "all", {"n": {"type": "net"}, "d": {"type": "dns"}}, filter="src net 198.51.100.0/24")
    vlan10, vlan20 = [(0x8100, 10)], [(0x8100, 20)]

    def other(count, tags=()):
        return [udp_frame(CLIENT.format(1), 99, SERVER, 100, b"x" * i, tags=tags) for i in range(count)]
    frames = [*dns_frames(11), *other(4), *dns_frames(7, vlan10), *other(3, vlan10), *dns_frames(5, vlan20)]
    send(link, tmp_path, frames)
    seen = settled(agent, "all", len(frames))
    assert seen["n"]["events"] == seen["n"]["udp"] == len(frames)  # the tag is back and read over
    assert seen["d"]["wire_packets"]["queries"] == 11 + 7 + 5
    counts = {filter: status(agent, f"p{number}")["matched"] for number, filter in enumerate(expected)}
    assert counts == expected


@pytest.mark.parametrize("source", BACKENDS)
def test_loopback_shows_a_packet_once(source):
    enter = ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    with Agent("--admin-api", "--period-seconds", roomy_period(), enter=enter) as agent:
        assert agent.post(TAPS, tap("t", iface="lo", pcap_source=source)).status == 201
        put(agent, "p", filter="udp port 9")
        script = ("import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                  "[s.sendto(b'x', ('127.0.0.1', 9)) for _ in range(25)]")
        subprocess.run(["nsenter", f"--net=/proc/{agent.pid}/ns/net", "python3", "-c", script], check=True)
        assert settled(agent, "p", 25)["n"]["events"] == 25
        assert handlers(agent, "p")["n"]["in"] == 25


@pytest.mark.parametrize("source", BACKENDS)
def test_recordings_come_as_they_are(link, agent, source):
    make(agent, link, pcap_source=source, host_spec="127.0.0.1/32")
    put(agent, "p", {"n": {"type": "net"}, "d": {"type": "dns"}, "h": {"type": "dhcp"}}, filter="net 127.0.0.0/8 or port 67")
    link.send(CAPTURES / "dns_ipv4_udp.pcap", CAPTURES / "dns_ipv4_tcp.pcap", CAPTURES / "dhcp-flow.pcap")
    # The ends of connections come after the last message.
    seen = wait_for(lambda: (now := handlers(agent, "p"))["d"]["wire_packets"]["tcp"] == 420
                    and now["n"]["tcp"] == 2100 and now)
    assert seen["d"]["wire_packets"]["udp"] == 140
    assert input_of(agent, "p")["pcap"]["pcap_source"] == source


# --- sizes

def test_sizes_are_whole_whatever_is_kept(link, agent, tmp_path):
    make(agent, link)
    long = {"n": {"type": "net", "config": {"topn_count": 3}}, "d": {"type": "dns"}}
    put(agent, "whole", long, filter="udp port 53")
    put(agent, "cut", long, filter="udp port 53", snaplen=80)
    frames = [udp_frame(SERVER, 53, CLIENT.format(1), 1024, dns(i, "long.example", True, size=1400)) for i in range(20)]
    send(link, tmp_path, frames)
    whole, cut = settled(agent, "whole", 20), settled(agent, "cut", 20)
    assert whole["n"]["payload_size"] == cut["n"]["payload_size"]
    assert whole["n"]["payload_size"]["p50"] == len(frames[0])
    assert status(agent, "cut")["matched"] == 20


# --- one capture, and what it lost

def sockets(agent):
    """Packet sockets of the agent, without the one that compiles filters."""
    with open(f"/proc/{agent.pid}/net/packet") as table:
        return len(table.readlines()) - 1


def test_one_capture_for_all_policies(link, agent):
    make(agent, link, workers=2)
    put(agent, "p", filter="udp")
    one = sockets(agent)
    for number in range(20):
        put(agent, f"p{number}", filter=f"udp port {53 + number // 2}")
    make(agent, link, "other", workers=2, snaplen=262144, ring_mb=16, tcp_packet_reassembly_cache_limit=5)
    put(agent, "by_other_tap", tap_name="other", host_spec="192.0.2.0/24")
    assert len({name for p in agent.policies().values() for name in p["input"]}) == 1 + 10 + 1
    assert sockets(agent) == one
    # Only another snap length, backend or size of rings is another capture.
    put(agent, "cut", snaplen=96)
    assert sockets(agent) == one + 2
    put(agent, "by_libpcap", pcap_source="libpcap")
    assert sockets(agent) == one + 3
    for name in ("cut", "by_libpcap"):
        assert agent.delete(f"{POLICIES}/{name}").status == 200
    assert sockets(agent) == one


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_lost_is_known(link, agent, tmp_path, workers):
    make(agent, link, ring_mb=1, workers=workers)
    put(agent, "p", {"n": {"type": "net"}, "d": {"type": "dns", "metric_groups": {"enable": ["all"]}},
                     "c": {"type": "pcap"}}, filter="udp port 53")
    sent = 60000
    path = write_capture(tmp_path / "frames.pcap", dns_frames(2000))
    subprocess.run(["kill", "-STOP", str(agent.pid)], check=True)  # so that rings overflow whatever the machine
    try:
        link.send(path, options=("--topspeed", "--loop", str(sent // 2000)))
    finally:
        subprocess.run(["kill", "-CONT", str(agent.pid)], check=True)
    wait_for(lambda: status(agent, "p")["matched"] + status(agent, "p")["dropped"] == sent)
    said = status(agent, "p")
    assert said["dropped"] > 0 and said["seen"] == sent
    assert [sum(w[key] for w in said["workers"]) for key in ("seen", "dropped")] == [said["seen"], said["dropped"]]
    assert len(said["workers"]) == workers and all(w["dropped"] > 0 for w in said["workers"])
    wait_for(lambda: handlers(agent, "p")["c"]["os_drops"] == said["dropped"])
    assert handlers(agent, "p")["n"]["events"] == sent - said["dropped"]
    document = agent.metrics("p").json["p"]
    lost = {instance: handler["completeness"] for instance, handler in document.items()}
    assert lost["p-t-n"]["source_lost"] == said["dropped"] and not lost["p-t-n"]["complete"]


# --- which interface, which networks

def test_an_interface_by_name_address_and_auto(link, agent):
    for number, iface in enumerate((link.inside, "192.0.2.2", "2001:db8:1::2", "auto")):
        assert agent.put(f"{TAPS}/t{number}", tap(f"t{number}", iface=iface)).status == 201
        put(agent, f"p{number}", tap_name=f"t{number}")
        shown = input_of(agent, f"p{number}")
        assert shown["module"]["config"]["iface"] == link.inside
        assert agent.get(f"{TAPS}/t{number}").json[f"t{number}"]["config"]["iface"] == iface
        assert shown["pcap"]["available_iface"].split(",") == ["lo", link.inside]


def test_auto_stays_where_it_is(link, agent, tmp_path):
    """Asked for again, or with other settings, it does not jump to an interface that is busier by now."""
    assert agent.put(f"{TAPS}/t", tap("t", iface="auto")).status == 201
    put(agent, "p", filter="udp port 53")
    send(link, tmp_path, dns_frames(10))
    before = settled(agent, "p", 10)["n"]["events"]
    link.near.run("ip", "link", "add", "busy0", "type", "veth", "peer", "name", "busy1")
    try:
        link.near.run("ip", "link", "set", "busy0", "up")
        link.near.run("ip", "link", "set", "busy1", "up")
        path = write_capture(tmp_path / "frames.pcap", dns_frames(2000))
        link.near.run("tcpreplay", "-q", "--topspeed", "--loop", "150", "-i", "busy1", path)
        put(agent, "p", filter="udp port 53")
        put(agent, "p", {"n": {"type": "net", "config": {"topn_count": 3}}}, filter="udp port 53")
        assert agent.put(f"{TAPS}/t", tap("t", iface="auto", tags={"zone": "edge"})).status == 200
        assert input_of(agent, "p")["module"]["config"]["iface"] == link.inside
        assert handlers(agent, "p")["n"]["events"] == before
        put(agent, "q")  # a new one takes the busiest
        assert input_of(agent, "q")["module"]["config"]["iface"] in ("busy0", "busy1")
    finally:
        link.near.run("ip", "link", "del", "busy0")


def test_the_interfaces_networks_are_the_hosts(link, agent, tmp_path):
    make(agent, link)
    put(agent, "own", filter="udp port 53")
    put(agent, "told", filter="udp port 53", host_spec="203.0.113.0/24")
    ips = input_of(agent, "own")["pcap"]["host_ips"]
    assert ips["ipv4"] == ["192.0.2.0/24"] and "2001:db8:1::/64" in ips["ipv6"]
    assert input_of(agent, "told")["pcap"]["host_ips"] == {"ipv4": ["203.0.113.0/24"], "ipv6": []}
    link.near.run("ip", "addr", "add", "203.0.113.7/24", "dev", link.inside)
    try:
        wait_for(lambda: "203.0.113.0/24" in input_of(agent, "own")["pcap"]["host_ips"]["ipv4"])
        frames = [udp_frame(CLIENT.format(1), 5000 + i, "203.0.113.7", 53, dns(i, "a.example")) for i in range(6)]
        send(link, tmp_path, frames + list(dns_frames(4)))
        assert settled(agent, "own", 10)["n"]["in"] == 10
        assert settled(agent, "told", 10)["n"]["in"] == 6
    finally:
        link.near.run("ip", "addr", "del", "203.0.113.7/24", "dev", link.inside)
    wait_for(lambda: input_of(agent, "own")["pcap"]["host_ips"]["ipv4"] == ["192.0.2.0/24"])


# --- what belongs together meets in one worker

def test_what_belongs_together_meets(link, agent, tmp_path):
    make(agent, link, workers=2, host_spec=f"{SERVER}/32")
    put(agent, "p", {"n": {"type": "net"}, "d": {"type": "dns"}, "e": {"type": "dns", "require_version": "2.0"},
                     "h": {"type": "dhcp"}}, filter="udp or ip[6:2] & 0x1fff != 0")
    questions, clients = 400, 60
    frames = []
    for i in range(questions):
        client = f"198.51.{i // 200}.{i % 200 + 1}"
        frames.append(udp_frame(client, 1024 + i, SERVER, 53, dns(i, f"q{i}.example")))
    for i in range(questions):  # both directions of a flow; every fourth answer comes in fragments
        client = f"198.51.{i // 200}.{i % 200 + 1}"
        answer = udp(53, 1024 + i, dns(i, f"q{i}.example", response=True, size=1600 if i % 4 == 0 else 0))
        frames += fragments(SERVER, client, answer, 800, i) if i % 4 == 0 else [ethernet(ipv4(SERVER, client, 17, answer))]
    for i in range(clients):  # the addresses change half-way
        name, address = f"host{i}", f"203.0.113.{i + 1}"
        frames += [udp_frame("0.0.0.0", 68, "255.255.255.255", 67, dhcp(DISCOVER, i, i)),
                   udp_frame(SERVER, 67, address, 68, dhcp(OFFER, i, i, address=address)),
                   udp_frame("0.0.0.0", 68, "255.255.255.255", 67, dhcp(REQUEST, i, i, name)),
                   udp_frame(SERVER, 67, address, 68, dhcp(ACK, i, i, address=address))]
    send(link, tmp_path, frames, "--pps", "20000")
    seen = settled(agent, "p", len(frames))
    workers = status(agent, "p")["workers"]
    assert len(workers) == 2 and min(worker["seen"] for worker in workers) > len(frames) / 10
    assert seen["d"]["wire_packets"]["queries"] == seen["d"]["wire_packets"]["replies"] == questions
    assert seen["d"]["xact"]["counts"] == {"total": questions, "timed_out": 0}
    assert seen["e"]["in"]["xacts"] == questions and seen["e"]["in"]["orphan_responses"] == 0
    assert seen["h"]["wire_packets"]["discover"] == seen["h"]["wire_packets"]["ack"] == clients
    body = agent.put(f"{POLICIES}/p", policy("p", {
        "n": {"type": "net"}, "d": {"type": "dns"}, "e": {"type": "dns", "require_version": "2.0"},
        "h": {"type": "dhcp", "config": {"topn_count": 100}}}, tap="t",
        input_filter={"bpf": "udp or ip[6:2] & 0x1fff != 0"}))
    assert body.status == 200
    top = handlers(agent, "p")["h"]["top_clients"]
    assert {row["name"].split("/")[1] for row in top} == {f"host{i}" for i in range(clients)}


# --- made traffic

def test_made_traffic_has_something_for_every_handler():
    kinds = {"net": "n", "dns": "d", "dhcp": "h", "bgp": "b", "pcap": "c"}
    with Agent("--admin-api", "--period-seconds", roomy_period()) as agent:
        assert agent.post(TAPS, tap("t", pcap_source="mock", mock_rate=5000, mock_seed=7)).status == 201
        put(agent, "p", {name: {"type": kind} for kind, name in kinds.items()})
        wait_for(lambda: handlers(agent, "p")["h"]["wire_packets"]["ack"] > 0
                 and handlers(agent, "p")["b"]["wire_packets"]["total"] > 0
                 and handlers(agent, "p")["d"]["xact"]["counts"]["total"] > 0
                 and handlers(agent, "p")["n"]["in"] > 0)
        assert input_of(agent, "p")["pcap"]["host_ips"] == {"ipv4": ["192.0.2.0/24"], "ipv6": ["2001:db8:1::/48"]}


def test_made_traffic_is_the_same_again():
    """Of two agents with one seed the first seconds hold the same names and clients."""
    tops = []
    for _ in range(2):
        with Agent("--admin-api", "--period-seconds", roomy_period()) as agent:
            assert agent.post(TAPS, tap("t", pcap_source="mock", mock_rate=3000, mock_seed=3)).status == 201
            put(agent, "p", {"n": {"type": "net", "config": {"topn_count": 1000}}})
            wait_for(lambda: handlers(agent, "p")["n"]["events"] > 2500)
            tops.append({row["name"] for row in handlers(agent, "p")["n"]["top_ipv4"]})
    smaller, larger = sorted(tops, key=len)
    assert len(smaller & larger) > 0.9 * len(smaller)
