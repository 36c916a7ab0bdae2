"""The generator against itself (same seed, same bytes) and against a recount of what it wrote."""
import hashlib
import ipaddress
import json
import os
import subprocess
from pathlib import Path

import pytest

import recount

TRAFFIC = os.environ["TRAFFIC"]
NETWORKS = [ipaddress.ip_network(n) for n in ("198.51.100.0/24", "2001:db8:53::/48")]

MIXES = {
    "small": ["--preset", "small"],
    "truth": ["--preset", "truth", "--packets", "20000", "--seconds", "40"],
    "truth-lossy": ["--preset", "truth", "--packets", "15000", "--seconds", "30", "--loss", "0.1",
                    "--reorder", "0.2", "--tcp-share", "0.5", "--seed", "7", "--nano"],
    "speed": ["--preset", "speed", "--packets", "20000"],
}


def generate(folder, *options):
    capture, truth = folder / "t.pcap", folder / "t.json"
    subprocess.run([TRAFFIC, "--truth", truth, *options, capture], check=True)
    return capture, json.loads(truth.read_text())


def cases():
    text = subprocess.run([TRAFFIC, "--help"], check=True, capture_output=True, text=True).stdout
    return [line.split()[0] for line in text.split("\ncases\n")[1].splitlines()]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module", params=MIXES)
def mix(request, tmp_path_factory):
    return generate(tmp_path_factory.mktemp(request.param), *MIXES[request.param])


def test_same_seed_same_bytes(tmp_path):
    digests = set()
    for run, seed in enumerate((3, 3, 4)):
        folder = tmp_path / str(run)
        folder.mkdir()
        capture, _ = generate(folder, "--preset", "truth", "--packets", "5000", "--seed", str(seed))
        digests.add((digest(capture), digest(folder / "t.json")))
    assert len(digests) == 2


def test_packets(mix):
    capture, truth = mix
    counts, remote, sizes = recount.count_packets(recount.frames(capture), NETWORKS)
    net = truth["net 1.0"]["packets"]
    assert net["protocol"]["tcp"]["syn"] == counts.pop("syn")
    assert {name: net[name] for name in counts} == counts
    assert net["cardinality"] == {"src_ips_in": len(remote["in"]), "dst_ips_out": len(remote["out"])}
    quantiles = net["payload_size"]
    assert quantiles.pop("count") == len(sizes)
    assert quantiles == recount.quantiles(sizes)


def test_dns_messages_and_transactions(mix):
    capture, truth = mix
    frames = list(recount.frames(capture))
    counts, waiting, elapsed = recount.count_dns(recount.messages(frames, recount.DNS_PORTS), NETWORKS)
    now = max(f.time for f in frames)
    counts["timed_out"] += sum(now - asked >= recount.TTL for asked in waiting.values())
    dns = truth["dns 1.0"]["dns"]
    wire = dns["wire_packets"]
    transactions = {"xacts": dns["xact"]["counts"]["total"],
                    "timed_out": dns["xact"]["counts"]["timed_out"],
                    "orphans": truth["dns 1.0"]["beside"]["orphan_responses"]}
    assert {name: counts.pop(name) for name in transactions} == transactions
    assert {name: wire[name] for name in counts} == counts
    for own, response in (("in", "out"), ("out", "in")):
        quantiles = dns["xact"][own]["quantiles_us"]
        assert quantiles.pop("count") == dns["xact"][own]["total"] == len(elapsed[response])
        assert quantiles == recount.quantiles(elapsed[response])


def test_bgp_messages(mix):
    capture, truth = mix
    types = [m.bytes[18] for m in recount.messages(recount.frames(capture), {recount.BGP_PORT})]
    wire = truth["bgp 1.0"]["bgp"]["wire_packets"]
    names = {1: "open", 2: "update", 3: "notification", 4: "keepalive", 5: "routerefresh"}
    assert wire["total"] == len(types)
    assert {name: wire[name] for name in names.values()} == {
        name: types.count(number) for number, name in names.items()}


def test_both_dns_handlers_see_the_same(mix):
    """What dns 2.0 splits by the asking side adds up to dns 1.0, but for what passes inside the host."""
    _, truth = mix
    objects = truth["dns 2.0"]["dns"]
    dns = truth["dns 1.0"]["dns"]
    assert objects["observed_packets"] == dns["wire_packets"]["total"]
    assert objects["in"]["xacts"] == dns["xact"]["in"]["total"]
    inside = dns["xact"]["counts"]["total"] - sum(
        objects[way]["xacts"] for way in ("in", "out", "unknown"))
    assert 0 <= inside <= objects["out"]["orphan_responses"]


def test_periods_add_up(mix):
    _, truth = mix
    periods = truth["periods"]
    assert sum(p["packets"] for p in periods) == truth["capture"]["packets"]
    assert sum(p["dns_xacts"] for p in periods) == truth["dns 1.0"]["dns"]["xact"]["counts"]["total"]
    starts = [p["start_ts"] for p in periods]
    assert starts == sorted(starts) and all((s - starts[0]) % 60 == 0 for s in starts)


@pytest.mark.parametrize("name", cases())
def test_case_is_repeatable_and_counted(name, tmp_path):
    capture, truth = generate(tmp_path, "--case", name)
    before = digest(capture)
    capture, again = generate(tmp_path, "--case", name)
    assert digest(capture) == before and again == truth
    assert truth["capture"]["packets"] == sum(p["packets"] for p in truth["periods"])
    assert (truth["capture"]["packets"] > 0) == (name != "empty")


def test_shares(tmp_path):
    _, truth = generate(tmp_path, "--packets", "50000", "--dns-share", "0.5", "--ipv6-share", "0.25",
                        "--tcp-share", "0")
    net, dns = truth["net 1.0"]["packets"], truth["dns 1.0"]["dns"]["wire_packets"]
    assert dns["total"] / net["total"] == pytest.approx(0.5, abs=0.02)
    assert net["ipv6"] / net["total"] == pytest.approx(0.25, abs=0.02)
    assert dns["ipv6"] / dns["total"] == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("options", [["--seed"], ["--no-such", "1"], ["--loss", "2"], ["--nano=1"],
                                     ["--preset", "none"]])
def test_bad_options_are_refused(options, tmp_path):
    done = subprocess.run([TRAFFIC, tmp_path / "t.pcap", *options], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("traffic: ")
