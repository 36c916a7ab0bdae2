"""Prometheus text of every handler with all groups on, upstream's names and native ones: judged by promtool
and by the strict OpenMetrics reader of prometheus_client. What promtool finds wrong with upstream's names is
listed in prometheus_text.py and in docs/compatibility.md; with native names it finds nothing."""
import pytest

from product import CAPTURES, module, policy, with_policy
from prometheus_text import check_native, check_strict, findings, samples, unexpected

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


@pytest.mark.parametrize("handler,capture", CASES)
def test_promtool_finds_nothing_wrong_with_native_names(handler, capture):
    assert findings(output(handler, capture, "native")) == []


@pytest.mark.parametrize("handler,capture", CASES)
def test_promtool_finds_what_upstreams_names_bring(handler, capture):
    assert unexpected(output(handler, capture, "both")) == []


@pytest.mark.parametrize("handler,capture", CASES)
def test_openmetrics_is_the_same_in_strict(handler, capture):
    strict = output(handler, capture, "both", "openmetrics")
    check_strict(strict)
    assert samples(strict) == samples(output(handler, capture, "both"))


@pytest.mark.parametrize("handler,capture", CASES)
def test_native_names_say_the_same(handler, capture):
    check_native(output(handler, capture, "both"))
