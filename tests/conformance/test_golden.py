"""Upstream's recorded output against ours, row by row of golden/INDEX.tsv. What differs on purpose is a
row of differences.py and stands in docs/compatibility.md."""
import ipaddress
import json
from pathlib import Path
import re

import pytest

import recount
from differences import DIFFERENCES, FIRST_FRAGMENTS, allowed, options_for
from product import CAPTURES, SHARED, module, policy, prometheus, schema_of, summary, with_policy

GOLDEN = SHARED / "golden"
EXACT = 200  # upstream's quantile sketch is exact up to so many values


def rows():
    for line in (GOLDEN / "INDEX.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        name, source, capture, hosts, handler, groups = line.split("\t")
        if source == "pcap":
            yield pytest.param(name.split("/")[1], SHARED / capture, hosts, handler, groups, id=name)


def filters(text):
    """enable=all only_qtype=[A,AAAA] answer_count=0 → {"only_qtype": ["A", "AAAA"], …}"""
    def value(item):
        if item.startswith("["):
            return item[1:-1].split(",")
        return {"true": True, "false": False}.get(item, int(item) if item.isdigit() else item)
    pairs = (word.split("=", 1) for word in text.split())
    return {key: value(item) for key, item in pairs if key != "enable"}


class Recount:
    """Exact values of the capture, for what upstream only approximates."""

    def __init__(self, capture, hosts, handler, filtered):
        self.capture, self.handler, self.filtered = capture, handler, filtered
        self.hosts = [ipaddress.ip_network(h, strict=False) for h in hosts.split(",") if h]

    def values(self, path):
        *head, last = path
        if self.handler.startswith("net"):
            sizes = recount.frame_sizes(self.capture, self.hosts)
            return sizes[head[0]] if head else [s for part in sizes.values() for s in part]
        flip = {"in": "out", "out": "in", "unknown": "unknown"}
        found = recount.transactions(self.capture, self.hosts)
        if self.handler == "dns2":  # which never matches what one host of the network asks another
            found = [t for t in found if not t.between_hosts]
        if "ratio" in path or last == "response_query_size_ratio":
            wanted = None if "ratio" in path else flip[path[0]]
            return [t.ratio for t in found if wanted in (None, t.direction)]
        wanted = flip[path[1] if path[0] == "xact" else path[0]]
        return [t.us for t in found if t.direction == wanted]


def compare_top(ours, golden, where):
    assert [r["estimate"] for r in ours] == [r["estimate"] for r in golden], where
    assert ours == sorted(ours, key=lambda r: (-r["estimate"], r["name"].encode())), f"{where}: order"
    if golden:
        least = golden[-1]["estimate"]
        above = lambda rows: {(r["name"], r["estimate"], r.get("lat"), r.get("lon"))
                              for r in rows if r["estimate"] > least}
        assert above(ours) == above(golden), where


def compare_buckets(ours, golden, path, truth, where):
    if golden["+Inf"] <= EXACT:
        assert ours == pytest.approx(golden, rel=1e-12), where
    if not truth.filtered:
        assert ours == recount.histogram(truth.values(path)), where


def compare_quantiles(ours, golden, path, truth, where):
    if truth.filtered:
        assert ours == pytest.approx(golden, rel=1e-12), where
        return
    values = truth.values(path)
    exact = recount.quantiles(values)
    if len(values) <= EXACT:
        assert ours == pytest.approx(golden, rel=1e-12), where
    if len(values) <= 256:
        assert ours == pytest.approx(exact, rel=1e-12), where
    else:
        assert ours == pytest.approx(exact, rel=0.012, abs=0.5), where


def compare_cardinality(ours, golden, where):
    # Three standard errors of upstream's sketch (1.5 %) and of ours (0.8 %) together.
    assert abs(ours - golden) <= max(1, 0.05 * golden), where


def compare(ours, golden, path, truth, name):
    where = f"{name}: {'.'.join(path)}: ours {ours}, upstream's {golden}"
    if allowed(name, ".".join(path), ours, golden):
        return
    if isinstance(golden, list):
        compare_top(ours, golden, where)
    elif isinstance(golden, dict) and "buckets" in golden:
        compare_buckets(ours["buckets"], golden["buckets"], path, truth, where)
    elif isinstance(golden, dict) and "p50" in golden:
        compare_quantiles(ours, golden, path, truth, where)
    elif isinstance(golden, dict):
        for key in sorted(set(ours) | set(golden)):
            compare(ours.get(key), golden.get(key), path + [key], truth, name)
    elif "cardinality" in path:
        compare_cardinality(ours, golden, where)
    else:
        assert ours == golden, where


@pytest.mark.parametrize("name,capture,hosts,handler,groups", rows())
def test_json(name, capture, hosts, handler, groups):
    document = policy(module(handler, filter=filters(groups), enable=["all"]))
    ours = schema_of(summary(document, capture, *options_for(capture.stem), hosts=hosts)[handler])
    (golden,) = json.loads((GOLDEN / f"{name}.json").read_text()).values()
    compare(ours, golden, [], Recount(capture, hosts, handler, filters(groups)), name)


ROW_LABELS = {"ipv4", "ipv6", "geo_loc", "asn", "qname", "port", "rcode", "qtype", "ecs", "client",
              "server"}


def by_table(series):
    """Top list rows by their table, other series by themselves."""
    tables, plain = {}, {}
    for (name, labels), value in series.items():
        labels = {k: v for k, v in labels if k not in ("policy", "handler")}
        if ROW_LABELS & set(labels):
            key = (name, labels.get("direction"))
            text = next(labels[k] for k in ROW_LABELS if k in labels)
            tables.setdefault(key, []).append({"name": text, "estimate": value})
        else:
            plain[(name, frozenset(labels.items()))] = value
    for rows in tables.values():
        rows.sort(key=lambda r: (-r["estimate"], r["name"].encode()))
    return tables, plain


def is_ours(name):
    return re.match(r"pktvisor_|(packets|payload|net|dns|dhcp|bgp)_.*(rates|pps)", name)


# Values that test_json has compared with an exact recount; here their names, labels and types count.
APPROXIMATE = re.compile(r".*(quantiles|payload_size|ratio|xact_time_us|histogram|cardinality)")


@pytest.mark.parametrize("name,capture,hosts,handler,groups", rows())
def test_prometheus(name, capture, hosts, handler, groups):
    document = policy(module(handler, filter=filters(groups), enable=["all"]))
    text = with_policy(document, capture, "--format", "prometheus", *options_for(capture.stem),
                       hosts=hosts).stdout.decode()
    our_types, our_series = prometheus(text)
    their_types, their_series = prometheus((GOLDEN / f"{name}.prom").read_text(),
                                          strict=False)
    assert {k: v for k, v in our_types.items() if not is_ours(k)} == their_types
    ours, theirs = by_table(our_series), by_table(their_series)
    assert set(ours[0]) == set(theirs[0])
    for key, rows in theirs[0].items():
        compare_top(ours[0][key], rows, f"{name}: {key}")
    compare_plain(ours[1], theirs[1], name)


def compare_plain(ours, theirs, name):
    for (series, labels), value in theirs.items():
        where = f"{name}: {series}{dict(labels)}"
        if allowed(name, series, ours.get((series, labels)), value):
            continue
        if "le" in dict(labels) and dict(labels)["le"] != "+Inf":
            continue  # which bounds appear depends on the values: compared in JSON
        assert (series, labels) in ours, where
        if not APPROXIMATE.match(series) or series.endswith("_count"):
            assert ours[(series, labels)] == value, where


def test_every_difference_is_documented():
    source = Path(__file__).parents[2] / "docs" / "compatibility.md"
    documented = source.read_text()
    for name in {difference.id for difference in DIFFERENCES} | {FIRST_FRAGMENTS}:
        assert f"`{name}`" in documented, name


def test_first_fragments():
    """36 messages that are whole, and 7 replies of which the first fragment shows the header."""
    output = summary(policy(module("dns1")), CAPTURES / "ecs.pcap")
    counts = schema_of(output["dns1"])["wire_packets"]
    assert (counts["events"], counts["queries"], counts["replies"]) == (36 + 7, 22, 14 + 7)
