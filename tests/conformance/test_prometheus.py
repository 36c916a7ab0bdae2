"""Prometheus text of every handler with all groups on, upstream's names and native ones: judged by promtool
and by the strict OpenMetrics reader of prometheus_client. What promtool finds wrong with upstream's names is
listed in FINDINGS and in docs/compatibility.md; with native names it finds nothing."""
import re
import subprocess

from prometheus_client.openmetrics.parser import text_string_to_metric_families
import pytest

from product import CAPTURES, module, policy, prometheus, with_policy

# Family (of upstream's names): what promtool says.
TOTAL = 'non-counter metrics should not have "_total" suffix'
ABBREVIATED = "metric names should not contain abbreviated units"
CAMEL = "metric names should be written in 'snake_case' not 'camelCase'"
TYPE = "metric name should not include type 'histogram'"
FINDINGS = {
    r".*_total": {TOTAL},
    r".*_us": {ABBREVIATED, TYPE},
    r".*_geoLoc(_ecs)?": {CAMEL},
    r"dns_sizes_.*_histogram_bytes": {TYPE},
}
HANDLERS = {
    "net1": ["dns_udp_tcp_random", "ecs"], "net2": ["dns_udp_tcp_random", "ecs"],
    "dns1": ["dns_udp_tcp_random", "dns_udp_mixed_rcode", "ecs"],
    "dns2": ["dns_udp_tcp_random", "dns_udp_mixed_rcode", "ecs"],
    "dhcp": ["dhcp-flow", "dhcpv6"], "bgp": ["bgp"], "pcap": ["dns_ipv4_tcp"],
}
HAVE_GROUPS = ("net1", "net2", "dns1", "dns2")
OURS = {"dns1": ["sizes", "top_clients"], "dns2": ["sizes", "top_clients"]}
CASES = [(handler, capture) for handler, captures in HANDLERS.items() for capture in captures]


def everything(handler):
    enable = ["all", *OURS.get(handler, [])] if handler in HAVE_GROUPS else None
    return policy(module(handler, enable=enable))


def output(handler, capture, names, kind="prometheus"):
    return with_policy(everything(handler), CAPTURES / f"{capture}.pcap", "--format", kind, "--prometheus-names",
                       names, hosts="192.168.0.0/16,2001::/16").stdout.decode()


def findings(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 3), done.stderr  # 3: findings alone, 1: cannot be read
    return [line.split(" ", 1) for line in done.stderr.splitlines()]


@pytest.mark.parametrize("handler,capture", CASES)
def test_promtool_finds_nothing_wrong_with_native_names(handler, capture):
    assert findings(output(handler, capture, "native")) == []


@pytest.mark.parametrize("handler,capture", CASES)
def test_promtool_finds_what_upstreams_names_bring(handler, capture):
    for family, text in findings(output(handler, capture, "both")):
        known = set().union(*(texts for pattern, texts in FINDINGS.items() if re.fullmatch(pattern, family)))
        assert text in known, (family, text)


def samples(text):
    """The lines that are samples: both formats have the same."""
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("handler,capture", CASES)
def test_openmetrics_is_the_same_in_strict(handler, capture):
    strict = output(handler, capture, "both", "openmetrics")
    families = list(text_string_to_metric_families(strict))
    assert len({family.name for family in families}) == len(families)
    assert strict.endswith("\n# EOF\n")
    assert samples(strict) == samples(output(handler, capture, "both"))
    for family in families:
        assert not family.unit or family.name.endswith("_" + family.unit)


@pytest.mark.parametrize("handler,capture", CASES)
def test_native_names_say_the_same(handler, capture):
    types, series = prometheus(output(handler, capture, "both"))
    for (name, labels), value in series.items():
        native = f"pktvisor_{name}_total"
        if types.get(name) == "gauge" and types.get(native) == "counter":
            assert series[native, labels] == value
    for name, kind in types.items():
        if kind != "histogram" or not name.startswith("pktvisor_"):
            continue
        counts = {key[1]: value for key, value in series.items() if key[0] == f"{name}_count"}
        for labels, count in counts.items():
            assert series[f"{name}_bucket", labels | {("le", "+Inf")}] == count
            buckets = sorted((float(dict(key[1])["le"]), value) for key, value in series.items()
                             if key[0] == f"{name}_bucket" and labels <= key[1])
            assert [value for _, value in buckets] == sorted(value for _, value in buckets)
