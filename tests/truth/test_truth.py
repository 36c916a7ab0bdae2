"""Generated traffic with exact truth beside it (tests/generate) against what the reader says: counters and
transactions exact, distinct counts within 2.5 %, quantiles within 2 %, at least 9 of the true top 10."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
from product import module, policy, schema_of, summary  # noqa: E402

TRAFFIC = os.environ.get("PKTVISOR_TRAFFIC", "build/release/tests/generate/traffic")
HOSTS = "198.51.100.0/24,2001:db8:53::/48"
HANDLERS = {"net1": "net 1.0", "net2": "net 2.0", "dns1": "dns 1.0", "dns2": "dns 2.0",
            "dhcp": "dhcp 1.0", "bgp": "bgp 1.0"}
SCHEMAS = {"net 1.0": "packets", "net 2.0": "net", "dns 1.0": "dns", "dns 2.0": "dns",
           "dhcp 1.0": "dhcp", "bgp 1.0": "bgp"}
SEEDS = range(1, 21)
CASES = ["links", "interfaces", "big_endian", "nanoseconds", "time_backwards", "time_jump_years",
         "fragments", "snapped", "two_minutes", "axfr", "tcp_midstream", "ecs_options",
         "extended_rcode", "hostile_names", "same_nanosecond", "late_answers", "multicast",
         "port_reuse", "one_packet", "empty"]


def generate(folder, *options):
    capture, truth = folder / "traffic.pcap", folder / "truth.json"
    subprocess.run([TRAFFIC, *options, "--truth", truth, capture], check=True, timeout=300)
    return capture, json.loads(truth.read_text())


def differences(ours, truth, path):
    """Every place where ours is outside what is promised, as one line each."""
    if isinstance(truth, list):
        names = {row["name"] for row in ours or []}
        wanted = [row["name"] for row in truth[:10] if row["estimate"] > tied_at_the_end(truth)]
        if len([n for n in wanted if n not in names]) > 1:
            yield f"{path}: of {wanted} only {sorted(names)}"
    elif isinstance(truth, dict) and "p50" in truth:
        for q in ("p50", "p90", "p95", "p99"):
            value = (ours or {}).get(q)
            if truth.get("count") == 0 and ours is None:
                continue
            if value is None or abs(value - truth[q]) > max(0.02 * truth[q], 0.5):
                yield f"{path}.{q}: {value}, truth {truth[q]}"
    elif isinstance(truth, dict):
        for key, value in truth.items():
            yield from differences((ours or {}).get(key), value, f"{path}.{key}")
    elif ".cardinality." in path:
        if ours is None or abs(ours - truth) > max(0.025 * truth, 0.5):
            yield f"{path}: {ours}, truth {truth}"
    elif (ours or 0) != truth:
        yield f"{path}: {ours}, truth {truth}"


def tied_at_the_end(rows):
    """Rows as heavy as the first one that is not in the top 10 could as well be in it."""
    return rows[10]["estimate"] if len(rows) > 10 else 0


# What a cut message still shows is a matter of unit tests: the truth knows it whole.
PACKETS_ONLY = {"snapped"}


def check(capture, truth, *options, packets_only=False):
    document = policy(*(module(h, enable=["all"]) for h in HANDLERS))
    output = summary(document, capture, *options, hosts=HOSTS, databases=False)
    found = []
    for handler, name in HANDLERS.items():
        if name in truth and (name.startswith("net") or not packets_only):
            schema = truth[name][SCHEMAS[name]]
            found += differences(schema_of(output[handler]), schema, name)
    assert found == []


@pytest.mark.parametrize("seed", SEEDS)
def test_seed(seed, tmp_path):
    capture, truth = generate(tmp_path, "--preset", "truth", "--seed", str(seed))
    check(capture, truth, "--workers", str(1 + seed % 2))
    capture.unlink()


@pytest.mark.parametrize("case", CASES)
def test_case(case, tmp_path):
    check(*generate(tmp_path, "--case", case), packets_only=case in PACKETS_ONLY)
