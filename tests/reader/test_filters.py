"""What is looked at: BPF, the host's networks, geo databases."""
import json

import pytest

import made
from product import CAPTURES, run

DNS, WEB, OTHER = 40, 30, 20  # packets of the capture below
HOSTS = "192.0.2.0/24"


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """DNS queries of the host, SYNs to it, and UDP between two others."""
    path = tmp_path_factory.mktemp("made") / "mixed.pcap"
    path.write_bytes(made.pcap(
        [made.udp(made.query(b"example"), sport=1024 + n) for n in range(DNS)] +
        [made.tcp_syn(src=made.SERVER, dst=made.HOST, sport=1024 + n) for n in range(WEB)] +
        [made.udp(b"x", dport=9, src="203.0.113.1", dst="203.0.113.2")] * OTHER))
    return path


def packets(*arguments, schema="packets"):
    (window,) = json.loads(run(*arguments).stdout).values()
    return window[schema]


def told(*arguments):
    done = run(*arguments, check=False)
    assert (done.returncode, done.stdout) == (255, b"")
    return done.stderr.decode()


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("expression, count", [
    ("udp port 53", DNS), ("tcp", WEB), ("udp", DNS + OTHER), ("host 203.0.113.1", OTHER),
    ("not ip", 0), ("", DNS + WEB + OTHER), ("greater 60", DNS)])
def test_bpf(mixed, expression, count, workers):
    done = run("-b", expression, "--workers", workers, mixed)
    assert done.stderr.decode() == f"processed {count} packets\n"
    assert packets("-b", expression, "--workers", workers, mixed)["total"] == count


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("expression", ["udp prt 53", "(", "host 1.2.3.4.5", "port http and and"])
def test_bad_bpf(mixed, expression, workers):
    text = told("-b", expression, "--workers", workers, mixed)
    assert text.startswith("Fatal error: Cannot set BPF filter to pcap file: ")
    assert text.count("\n") == 1


@pytest.mark.parametrize("hosts, directions", [
    (None, (0, 0, DNS + WEB + OTHER)),
    (HOSTS, (WEB, DNS, OTHER)),
    (f"203.0.113.2/32,{HOSTS}", (WEB + OTHER, DNS, 0)),
    ("203.0.113.1/32,fe80::/10", (0, OTHER, DNS + WEB)),
    (f"{HOSTS},198.51.100.0/24", (DNS + WEB, 0, OTHER)),  # from host to host is in
    ("0.0.0.0/0", (DNS + WEB + OTHER, 0, 0)),
    ("::/0", (0, 0, DNS + WEB + OTHER)),
])
def test_direction(mixed, hosts, directions):
    seen = packets(*(["-H", hosts] if hosts else []), mixed)
    assert (seen["in"], seen["out"], seen["unknown_dir"]) == directions


@pytest.mark.parametrize("hosts, text", [
    ("192.0.2.1", "invalid CIDR: 192.0.2.1"),
    ("192.0.2.1/x", "invalid CIDR: 192.0.2.1/x"),
    ("192.0.2.1/33", "invalid CIDR: 192.0.2.1/33"),
    ("2001:db8::/129", "invalid CIDR: 2001:db8::/129"),
    ("192.0.2/24", "invalid IPv4 address: 192.0.2"),
    ("2001:db8::g/64", "invalid IPv6 address: 2001:db8::g"),
    (f"{HOSTS},192.0.2.1", "invalid CIDR: 192.0.2.1"),
])
def test_bad_hosts(mixed, hosts, text):
    assert told("-H", hosts, mixed) == f"Fatal error: {text}\n"


@pytest.mark.parametrize("option", ["--geo-city", "--geo-asn"])
def test_no_database(mixed, option):
    assert told(option, "/no/such.mmdb", mixed).startswith("Fatal error: /no/such.mmdb: ")
    text = told(option, mixed, mixed)
    assert text.startswith(f"Fatal error: {mixed}: ") and text.count("\n") == 1


def test_databases_are_opened_before_the_file():
    assert told("--geo-city", "/no/such.mmdb", "/no/such.pcap").startswith("Fatal error: /no/such.mmdb: ")


def test_places_and_networks():
    capture = CAPTURES / "ecs.pcap"
    plain = packets("--enable", "top_ecs", capture, schema="dns")
    found = packets("--enable", "top_ecs", "--geo-city", CAPTURES / "GeoIP2-City-Test.mmdb", "--geo-asn",
                    CAPTURES / "GeoIP2-ISP-Test.mmdb", capture, schema="dns")
    assert plain["top_geoLoc_ecs"] == plain["top_asn_ecs"] == []
    assert plain["top_query_ecs"] == found["top_query_ecs"] != []
    assert found["top_geoLoc_ecs"] != [] and found["top_asn_ecs"] != []
