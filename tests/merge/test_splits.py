"""A hundred splits of generated traffic, by worker, by minute and by agent: whatever the split, the merge of the
documents is what DESIGN promises of one run over everything."""
import json
import os
import struct
import subprocess
import zlib

import pytest

import documents
from product import module, policy, run

HOSTS = "198.51.100.0/24,2001:db8:53::/48"
HANDLERS = ("net1", "net2", "dns1", "dns2", "dhcp", "bgp", "pcap")
GROUPS = ["all", "sizes", "top_clients"]
SEEDS = range(1, 11)
PACKETS = 12000
# Of each seed: workers x minutes x rows of a list (0: all).
SHARDS = [(2, 1, 0), (3, 1, 20), (1, 5, 0), (1, 5, 20), (2, 5, 0), (4, 5, 30)]
# Agents x rows.
AGENTS = [(2, 0), (3, 20), (5, 0), (8, 30)]
assert len(SEEDS) * (len(SHARDS) + len(AGENTS)) == 100


@pytest.fixture(scope="module", params=SEEDS)
def traffic(request, tmp_path_factory):
    """(capture of five minutes, policy file, folder)."""
    folder = tmp_path_factory.mktemp("splits")
    capture, rules = folder / "traffic.pcap", folder / "policy.json"
    subprocess.run([documents.TRAFFIC, "--preset", "truth", "--packets", str(PACKETS), "--seconds", "270",
                    "--seed", str(request.param), "--names", "800", "--clients", "600", capture],
                   check=True, timeout=60)
    modules = [module(h, **({} if h in ("dhcp", "bgp", "pcap") else {"enable": groups_of(h)})) for h in HANDLERS]
    rules.write_text(json.dumps(policy(*modules)))
    return capture, rules, folder


def groups_of(handler):
    return GROUPS if handler.startswith("dns") else ["all"]


def document(capture, rules, *options):
    return run("--format", "sketches", "--config", rules, "-H", HOSTS, *options, capture).stdout


def whole(capture, rules, periods):
    return documents.read(document(capture, rules, "--rows", "0", "--periods", periods))


def policy_of(rules, periods):
    """The same policy with so many periods, which a policy says stronger than the command line."""
    text = json.loads(rules.read_text())
    (body,) = text["visor"]["policies"].values()
    body["handlers"]["window_config"]["num_periods"] = periods
    path = rules.with_name(f"policy-{periods}.json")
    path.write_text(json.dumps(text))
    return path


@pytest.mark.parametrize("workers,periods,rows", SHARDS)
def test_by_worker_and_minute(traffic, workers, periods, rows):
    capture, rules, _ = traffic
    rules = policy_of(rules, periods)
    split = subprocess.run([documents.SHARDS, capture, rules, str(workers), str(periods), str(rows)],
                           env={**os.environ, "HOSTS": HOSTS}, check=True, capture_output=True, timeout=60).stdout
    merged = documents.read(documents.merge("--format", "sketches", "--rows", 0, "-", stdin=split).stdout)
    one = whole(capture, rules, periods)
    assert [*documents.differences(one, merged)] == []
    for key, part in documents.parts(merged).items():
        assert part.merged == workers * periods
        assert seconds(part) == seconds(documents.parts(one)[key])


def seconds(part):
    """What was looked at; the gap behind the last packet of a minute is one of these documents alone."""
    intervals = part.period.intervals
    return intervals[0].start // 10**9, intervals[-1].end // 10**9


# --- Agents: frames go to one of several captures by their addresses, as if other links had carried them

PCAP_HEADER, RECORD_HEADER = 24, 16


def agent_of(frame, agents):
    at, kind = 14, frame[12:14]
    while kind in (b"\x81\x00", b"\x88\xa8"):
        at, kind = at + 4, frame[at + 2 : at + 4]
    if kind == b"\x08\x00":
        ends, ports = sorted((frame[at + 12 : at + 16], frame[at + 16 : at + 20])), frame[at + 20 : at + 24]
    elif kind == b"\x86\xdd":
        ends, ports = sorted((frame[at + 8 : at + 24], frame[at + 24 : at + 40])), frame[at + 40 : at + 44]
    else:
        return 0
    dhcp = {67, 68, 546, 547} & {int.from_bytes(ports[:2], "big"), int.from_bytes(ports[2:], "big")}
    return 0 if dhcp else zlib.crc32(b"".join(ends)) % agents


def last_frame(data):
    """An ARP request ten seconds behind the last frame: up to there every agent's clock runs, and all that is still open
    times out."""
    at = last = PCAP_HEADER
    while at < len(data):
        last, at = at, at + RECORD_HEADER + int.from_bytes(data[at + 8 : at + 12], "little")
    second = int.from_bytes(data[last : last + 4], "little") + 10
    frame = b"\xff" * 6 + bytes(6) + b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01" + bytes(20)
    return struct.pack("<4I", second, 0, len(frame), len(frame)) + frame


def deal(capture, folder, agents):
    """The capture with a last frame for each agent, and one of each agent."""
    data = capture.read_bytes()
    hands, at, last = [bytearray(data[:PCAP_HEADER]) for _ in range(agents)], PCAP_HEADER, last_frame(data)
    while at < len(data):
        size = int.from_bytes(data[at + 8 : at + 12], "little")
        record = data[at : at + RECORD_HEADER + size]
        hands[agent_of(record[RECORD_HEADER:], agents)] += record
        at += len(record)
    paths = [folder / f"agent-{agents}-{number}.pcap" for number in range(agents)]
    for hand, path in zip(hands, paths):
        path.write_bytes(hand + last)
    joined = folder / f"all-{agents}.pcap"
    joined.write_bytes(data + last * agents)
    return joined, paths


@pytest.mark.parametrize("agents,rows", AGENTS)
def test_by_agent(traffic, agents, rows):
    capture, rules, folder = traffic
    capture, captures = deal(capture, folder, agents)
    split = [document(path, rules, "--rows", rows, "--instance", path.stem) for path in captures]
    files = []
    for number, data in enumerate(split):
        files.append(folder / f"{number}.sketches")
        files[-1].write_bytes(data)
    # Half of them merged before the others: merges nest.
    half = folder / "half.sketches"
    half.write_bytes(documents.merge("--format", "sketches", "--rows", rows, *files[: agents // 2]).stdout)
    merged = documents.read(documents.merge("--format", "sketches", "--rows", 0, half, *files[agents // 2 :]).stdout)
    assert [*documents.differences(whole(capture, rules, 1), merged)] == []
    assert {part.merged for part in merged.parts} == {agents}
    assert {part.agent for part in merged.parts} == {""}
