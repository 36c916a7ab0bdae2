"""Upstream's automated scenarios (section 11.1), over REST against a running agent."""
import time

import pytest

from network import cable
from running import CAPTURES, PATIENCE, Agent, free_port, policy, roomy_period, tap, wait_for

MODULES = {
    "all": {"net": {"type": "net"}, "dhcp": {"type": "dhcp"}, "dns": {"type": "dns"},
            "pcap_stats": {"type": "pcap"}},
    "net": {"net": {"type": "net"}},
    "dhcp": {"dhcp": {"type": "dhcp"}},
    "dns": {"dns": {"type": "dns"}},
    "pcap_stats": {"pcap_stats": {"type": "pcap"}},
}
SCHEMAS = {"net": "packets", "dhcp": "dhcp", "dns": "dns", "pcap_stats": "pcap"}


@pytest.fixture(scope="module")
def link():
    with cable() as link:
        yield link


@pytest.fixture
def agent(link):
    with Agent("--admin-api", "--period-seconds", "1", link.inside, enter=link.enter) as agent:
        yield agent


def replay(link, *captures):
    link.send(*(CAPTURES / capture for capture in captures))


def names(agent):
    return set(agent.policies())


def only(agent, resources):
    return {name for name in names(agent) if name.endswith("-resources") == resources}


def second_input(agent, modules="all"):
    """A tap and a policy beside the default ones: four policies."""
    assert agent.post("/api/v1/taps", tap("extra", iface=agent.get("/api/v1/taps/default").json[
        "default"]["config"]["iface"])).status == 201
    answer = agent.post("/api/v1/policies", policy("second", MODULES[modules], tap="extra"))
    assert answer.status == 201, answer
    return answer.json


def test_bootstrap(agent):
    app = agent.get("/api/v1/metrics/app").json["app"]
    assert app["up_time_min"] >= 0 and app["version"].startswith("4.")
    assert len(names(agent)) == 2
    assert only(agent, False) == {"default"}


def test_several_instances(link):
    port = free_port()
    with Agent("--admin-api", "-p", port, enter=link.enter) as first:
        with Agent("--admin-api", enter=link.enter) as second:
            assert first.get("/api/v1/policies").status == second.get("/api/v1/policies").status == 200


def test_same_port_is_refused():
    with Agent("--admin-api", tcp=True) as first:
        second = Agent("--admin-api", tcp=True)
        second.command[second.command.index("-p") + 1] = str(first.port)
        with pytest.raises(AssertionError, match="ended with 1"):
            second.start()
        assert f"unable to bind to localhost:{first.port}" in second.log
        assert first.get("/api/v1/metrics/app").status == 200


def check_quantiles(rate, live):
    assert set(rate) <= {"live", "p50", "p90", "p95", "p99"}
    assert all(isinstance(value, int) for value in rate.values())
    assert not live or "live" in rate


def check_top(rows):
    assert isinstance(rows, list)
    for row in rows:
        assert isinstance(row["name"], str) and isinstance(row["estimate"], int)


def check_object(value):
    """Every number, quantile object and top list below a schema key has upstream's type."""
    for key, item in value.items():
        if key == "period":
            assert isinstance(item["length"], int) and isinstance(item["start_ts"], int)
        elif key == "rates":
            for rate in item.values():
                check_quantiles(rate, False)
        elif key.startswith("top_"):
            check_top(item)
        elif key in ("cpu_usage", "memory_bytes", "event_rate") or key == "quantiles" or \
                key.startswith(("quantiles_", "histogram_")):
            assert isinstance(item, dict)
        elif isinstance(item, dict):
            check_object(item)
        elif isinstance(item, list):
            check_top(item)
        else:
            assert isinstance(item, int), (key, item)


@pytest.mark.parametrize("modules", MODULES)
def test_policy_with_handlers(link, agent, modules):
    second_input(agent, modules)
    assert len(names(agent)) == 4
    replay(link, "dhcp-flow.pcap", "dns_ipv4_udp.pcap", "dns_ipv6_udp.pcap", "dns_ipv4_tcp.pcap",
           "dns_ipv6_tcp.pcap", "dns_udp_mixed_rcode.pcap")
    wait_for(lambda: agent.metrics("second", "bucket", 4).status == 200)
    for window in range(2, 6):
        document = agent.metrics("second", "window", window)
        assert document.status == 200, document
        handlers = document.json["second"]
        assert {f"second-extra-{name}" for name in MODULES[modules]} <= set(handlers)
        for name in MODULES[modules]:
            schema = SCHEMAS[name]
            check_object(handlers[f"second-extra-{name}"][schema])


def test_a_policy_on_the_tap_of_iface(agent):
    """Upstream has four then: to it the empty bpf of the policy of IFACE makes another input."""
    assert agent.post("/api/v1/policies", policy("second", MODULES["all"], tap="default")).status == 201
    assert only(agent, False) == {"default", "second"} and len(only(agent, True)) == 1


def test_metrics_of_traffic(link):
    with Agent("--admin-api", "--period-seconds", roomy_period(), link.inside, enter=link.enter) as agent:
        replay(link, "dns_ipv4_udp.pcap", "dns_ipv4_tcp.pcap", "dhcp-flow.pcap")

        # The handlers of an answer are read one after the other, while packets still arrive.
        def seen():
            window = agent.get("/api/v1/metrics/window/5")
            return window.status == 200 and window.json["5m"]["packets"]["total"] >= 140 + 2100 and \
                window.json["5m"]["dhcp"]["wire_packets"]["total"] == 8 and window.json["5m"]
        window = wait_for(seen)
        assert window["dns"]["wire_packets"]["udp"] == 140
        assert window["dns"]["wire_packets"]["tcp"] == 420
        assert window["packets"]["total"] >= 140 + 2100
        assert window["dhcp"]["wire_packets"]["discover"] == 1
        bucket = agent.get("/api/v1/metrics/bucket/0").json["1m"]
        assert bucket["period"]["length"] >= 0


def closed_buckets(agent):
    """The closed buckets of the default policy's net handler, newest first. A period may end in between."""
    read = [agent.metrics("default", "bucket", number) for number in range(1, 5)]
    assert all(answer.status == 200 for answer in read), read
    return [answer.json["default"]["default-default-net"]["packets"] for answer in read]


def test_buckets_move_on(link, agent):
    """Bucket k of a later read is bucket k - 1 of the earlier one, for all five."""
    wait_for(lambda: agent.metrics("default", "bucket", 4).status == 200)
    replay(link, "dns_ipv4_udp.pcap", "dns_ipv4_tcp.pcap")

    def moved_by_one():
        earlier, later = closed_buckets(agent), closed_buckets(agent)
        while later[0]["period"] == earlier[0]["period"]:
            earlier, later = later, closed_buckets(agent)
        return later[1:] == earlier[:-1] and later
    later = wait_for(moved_by_one)
    assert len({bucket["period"]["start_ts"] for bucket in later}) == 4


def test_period_errors(agent):
    assert agent.metrics("default", "bucket", 9).status == 425
    assert agent.metrics("default", "bucket", 9).json == {
        "error": "invalid metrics period, specify [0, 4]"}
    assert agent.metrics("default", "window", 1).json == {
        "error": "invalid metrics period, specify [2, 5]"}
    assert agent.metrics("none", "bucket", 0).status == 404
    assert agent.metrics("none", "bucket", 0).json == {"error": "policy does not exist"}


def test_delete_default_policy(agent):
    assert agent.delete("/api/v1/policies/default").status == 200
    assert names(agent) == set()
    assert agent.get("/api/v1/policies/default").status == 404
    assert agent.get("/api/v1/policies/default").json == {"error": "policy does not exists"}


def test_delete_all_but_resources(agent):
    second_input(agent)
    for name in only(agent, False):
        assert agent.delete(f"/api/v1/policies/{name}").status == 200
    assert names(agent) == set()


def test_delete_one_of_two(agent):
    second_input(agent)
    assert agent.delete("/api/v1/policies/second").json == {}
    assert len(names(agent)) == 2


def test_delete_resources(agent):
    for name in only(agent, True):
        assert agent.delete(f"/api/v1/policies/{name}").status == 200
    assert names(agent) == {"default"}


@pytest.mark.parametrize("count,left", [(2, 2), (1, 3)])
def test_delete_some_resources(agent, count, left):
    second_input(agent)
    for name in sorted(only(agent, True))[:count]:
        assert agent.delete(f"/api/v1/policies/{name}").status == 200
    assert len(names(agent)) == left


def test_read_only(link):
    with Agent("--period-seconds", "1", link.inside, enter=link.enter) as agent:
        body = policy("second", MODULES["net"], tap="default")
        assert agent.post("/api/v1/policies", body).status == 404
        assert agent.delete("/api/v1/policies/default").status == 404
        assert agent.delete("/api/v1/taps/default").status == 404
        assert len(names(agent)) == 2
        assert "default" in agent.get("/api/v1/taps").json


def test_taps(agent):
    assert agent.get("/api/v1/taps/default").json["default"]["input_type"] == "pcap"
    iface = agent.get("/api/v1/taps/default").json["default"]["config"]["iface"]
    created = agent.post("/api/v1/taps", tap("one", iface=iface))
    assert created.status == 201
    assert created.json["one"] == {"input_type": "pcap", "interface": "visor.module.input/1.0",
                                   "config": {"iface": iface}, "tags": None}
    again = agent.post("/api/v1/taps", tap("one", iface=iface))
    assert again.status == 409 and "already exists" in again.json["error"]
    assert agent.delete("/api/v1/taps/one").json == {}
    assert agent.delete("/api/v1/taps/one").status == 404
    assert agent.delete("/api/v1/taps/one").json == {"error": "tap does not exists"}
    assert agent.delete("/api/v1/taps/default").status == 200
    assert agent.get("/api/v1/taps").json is None


SELECTORS = [
    ({"any": [{"virtual": True}, {"vhost": 1}]}, 201, 5),
    ({"all": [{"vhost": 1}, {"virtual": True}]}, 201, 4),
    ({"all": [{"vhost": 1}, {"extra": "x"}]}, 422, 2),
    ({"any": [{"vhost": 1}]}, 201, 4),
]


@pytest.mark.parametrize("selector,status,count", SELECTORS)
def test_tap_selectors(agent, selector, status, count):
    iface = agent.get("/api/v1/taps/default").json["default"]["config"]["iface"]
    for name, tags in (("first", {"vhost": 1, "virtual": True}), ("other", {"virtual": True})):
        assert agent.post("/api/v1/taps", tap(name, iface=iface, tags=tags)).status == 201
    answer = agent.post("/api/v1/policies", policy("chosen", MODULES["all"], selector=selector))
    assert answer.status == status, answer
    if status == 422:
        assert answer.json["error"] == "no tap match found for specified 'input.tap_selector' tags"
    assert len(names(agent)) == count


def test_shutdown_by_request(link):
    agent = Agent("--admin-api", enter=link.enter)
    agent.start()
    assert agent.delete("/api/v1/server").status == 200
    assert agent.process.wait(20 * PATIENCE) == 0
    agent.folder.cleanup()


def test_metrics_stay_while_nothing_arrives(agent):
    wait_for(lambda: agent.metrics("default", "bucket", 2).status == 200)
    start = agent.metrics("default", "bucket", 1).json["default"]["default-default-net"]["packets"][
        "period"]["start_ts"]
    assert time.time() - start < 10
