"""The published schema is what the programs write and read: the same numbers, and values equal to the JSON beside it."""
import json
import re

import pytest

import documents
from product import CAPTURES, module, policy, with_policy

HEADER = documents.SOURCE / "src/metric/sketches_fields.h"
# Message of the schema: prefix of its fields' names in the header.
PREFIXES = {"Sketches": "SKETCHES", "Part": "PART", "Period": "PERIOD", "Interval": "INTERVAL", "Settings": "SETTINGS",
            "Missed": "MISSED", "Scope": "SCOPE", "Row": "ROW", "Rate": "RATE", "Run": "RUN", "Quantiles": "QUANTILES",
            "Histogram": "HISTOGRAM"}
OTHERWISE = {"HISTOGRAM_IS_REAL": "HISTOGRAM_REAL"}  # that is a name of sketch/histogram.h


def test_numbers_of_fields():
    ours = {OTHERWISE.get(name, name): int(number)
            for name, number in re.findall(r"\b([A-Z_]+) = (\d+)", HEADER.read_text())}
    published = {f"{PREFIXES[name]}_{field.name.upper()}": field.number
                 for name, message in documents.PB.DESCRIPTOR.message_types_by_name.items()
                 for field in message.fields}
    assert ours == published


HANDLERS = {"net1": "packets", "net2": "net", "dns1": "dns", "dns2": "dns", "dhcp": "dhcp", "bgp": "bgp", "pcap": "pcap"}


def numbers_of_table(title):
    """{id: (JSON path, kind)} of a section of docs/metrics.md."""
    text = (documents.SOURCE / "docs/metrics.md").read_text()
    (section,) = [s for s in text.split("\n## ") if s.startswith(f"{title}\n")]
    rows = re.findall(r"^\| `([^`]+)` \|(?:[^|]|\\\|)*\| ([\w ]+), .* \| (\d+) \|$", section, re.M)
    return {int(number): (path, kind) for path, kind, number in rows}


def at(tree, path):
    for step in path.split("."):
        tree = tree.get(step, {})
    return tree


@pytest.mark.parametrize("capture", ["dns_udp_mixed_rcode.pcap", "dhcp-flow.pcap", "bgp.pcap", "dns_ipv6_tcp.pcap"])
def test_values_are_those_of_the_json(capture):
    rules = policy(*(module(h, enable=["all"]) if h[:3] in ("net", "dns") else module(h) for h in HANDLERS))
    (window,) = json.loads(with_policy(rules, CAPTURES / capture).stdout).values()
    document = documents.read(with_policy(rules, CAPTURES / capture, "--format", "sketches", "--rows", "0").stdout)
    assert document.version == 1 and document.writer.startswith("pktvisor-reader ")
    compared = 0
    for part in document.parts:
        schema = window[part.handler][part.schema]
        assert schema["period"]["start_ts"] == part.period.intervals[0].start // 10**9
        known = numbers_of_table(f"{part.type} {part.type_version}")
        for (scope, number), (kind, value) in documents.rows(part).items():
            if number not in known:
                continue  # beside the schema
            path, said = known[number]
            for label, key in scope:
                path = path.replace(f"<{label}>", key)
            shown = at(schema, path)
            compared += 1
            if kind == "counter":
                assert said in ("counter", "gauge") and shown == value
            elif kind.startswith("top_"):
                held, offset, _ = value
                shown_weights = sorted((row["estimate"] for row in shown), reverse=True)
                assert offset == 0 and shown_weights == sorted(held.values(), reverse=True)[:10]
            elif kind == "distinct":
                assert value[1] == "coupons" and abs(shown - len(value[2])) <= 1
            elif kind == "histogram":
                assert sum(value[0][1].values()) + value[0][2] == shown["buckets"]["+Inf"]
            elif kind == "quantiles" and value[0][0]:
                values = value[0][0]
                assert abs(shown["p50"] - values[-(-len(values) // 2) - 1]) <= 0.5
    assert compared > 30
