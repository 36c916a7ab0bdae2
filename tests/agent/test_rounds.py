"""Policies come, change and go, a thousand times, while packets flow: nobody else loses one, no change
takes long, and nothing is left behind."""
import itertools
import os
import random
import re
import time
from pathlib import Path

import pytest

from network import cable
from running import CAPTURES, SANITIZED, Agent, policy, tap, wait_for
from stream import Stream

ROUNDS = int(os.environ.get("PKTVISOR_ROUNDS", "1000"))
PERIOD_SECONDS = 2
FRAMES_PER_SECOND = 4000
STREAM = ("dns_ipv4_udp.pcap", "dns_ipv4_tcp.pcap", "dns_udp_mixed_rcode.pcap", "dhcp-flow.pcap")
CHANGE_SECONDS = 0.05  # of each change in a release
SETTLED_ROUNDS = ROUNDS // 4  # from here on memory does not grow
GROWTH_KIB = 4096

# Those who must not notice: one looks at all, one through a filter.
BYSTANDERS = {"all": None, "some": {"bpf": "udp"}}

TAPS = {
    "wire": {},  # the bystanders' own: the same input, or another filter of the same capture
    "hosts": {"host_spec": "10.0.0.0/8,192.168.0.0/16"},  # an input of its own over that capture
    "short": {"snaplen": 128},  # a capture of its own, opened and closed each time
    "made": {"pcap_source": "mock"},
}
TAP_WEIGHTS = {"wire": 5, "hosts": 3, "short": 1, "made": 1}
FILTERS = [None, "udp", "tcp port 53", "ip6 or vlan", "host 10.0.0.1 and not port 80", "greater 200"]
MODULES = [
    {"net": {"type": "net"}},
    {"net": {"type": "net", "require_version": "2.0", "filter": {"geoloc_notfound": True}}},
    {"dns": {"type": "dns", "metric_groups": {"enable": ["all"]}}, "pcap": {"type": "pcap"}},
    {"dns": {"type": "dns", "require_version": "2.0", "filter": {"only_rcode": ["NXDOMAIN", "SRVFAIL"]}}},
    {"dhcp": {"type": "dhcp"}, "bgp": {"type": "bgp"}, "net": {"type": "net"}},
    [{"first": {"type": "dns", "filter": {"only_qtype": ["A"]}}}, {"then": {"type": "net"}}],
]
WINDOWS = [None, {"num_periods": 2}, {"num_periods": 5, "topn_count": 3}, {"deep_sample_rate": 50}]


@pytest.fixture(scope="module")
def link():
    with cable() as link:
        yield link


class Rounds:
    """What is asked for in turn, and how long each change took."""

    def __init__(self, agent, link):
        self.agent, self.draw = agent, random.Random(4)
        self.taken = []  # (seconds, what)
        for name, config in TAPS.items():
            place = {} if "pcap_source" in config else {"iface": link.inside, "pcap_source": "af_packet"}
            assert agent.post("/api/v1/taps", tap(name, **place, **config)).status == 201

    def document(self, name):
        chosen = self.draw.choices(list(TAP_WEIGHTS), TAP_WEIGHTS.values())[0]
        expression = self.draw.choice(FILTERS)
        return chosen, policy(name, self.draw.choice(MODULES), tap=chosen, window=self.draw.choice(WINDOWS),
                              input_filter={"bpf": expression} if expression else None)

    def change(self, what, method, path, body=None):
        begun = time.monotonic()
        answer = self.agent.ask(method, "/api/v1/policies" + path, body)
        self.taken.append((time.monotonic() - begun, what))
        assert answer.status in (200, 201), answer

    def run(self, number):
        name = f"passing{number % 7}"
        first, document = self.document(name)
        self.change(f"add {first}", "POST", "", document)
        second, document = self.document(name)
        self.change(f"replace {first} by {second}", "PUT", f"/{name}", document)
        self.change(f"delete {second}", "DELETE", f"/{name}")

    def say(self):
        """Middle, 99th percentile, greatest."""
        ordered = sorted(seconds for seconds, _ in self.taken)
        middle, high = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
        print(f"{len(ordered)} changes: median {1e3 * middle:.1f} ms, 99 % within {1e3 * high:.1f} ms, "
              f"greatest {1e3 * ordered[-1]:.1f} ms")
        for seconds, what in sorted(self.taken, reverse=True)[:10]:
            print(f"  {1e3 * seconds:6.1f} ms  {what}")
        return middle, high


def counters(agent):
    """What the bystanders have seen since their start, by transport (the system's own frames on the
    cable are neither UDP nor TCP), and what all inputs have lost."""
    text = agent.get("/api/v1/policies/__all/metrics/prometheus").text

    def seen(name, kind):
        return int(re.search(rf'^pktvisor_packets_{kind}_total{{.*policy="{name}".*}} (\d+)$', text, re.M)[1])
    lost = sum(int(n) for n in re.findall(r"^pktvisor_input\w*_dropped_packets_total{.*} (\d+)$", text, re.M))
    return {name: {kind: seen(name, kind) for kind in ("udp", "tcp")} for name in BYSTANDERS}, lost


def add_bystanders(agent):
    for name, expression in BYSTANDERS.items():
        modules = {"net": {"type": "net"}, "dns": {"type": "dns", "require_version": "2.0"}}
        answer = agent.post("/api/v1/policies", policy(name, modules, tap="wire", input_filter=expression,
                                                       window={"num_periods": 10}))
        assert answer.status == 201, answer


def minutes(agent, name):
    """Starts, lengths and counts of the closed periods, the newest first."""
    found = []
    for number in range(1, 10):
        answer = agent.metrics(name, "bucket", number)
        if answer.status != 200:
            break
        packets = answer.json[name][f"{name}-wire-net"]["packets"]
        found.append((packets["period"]["start_ts"], packets["period"]["length"], packets["total"]))
    return found


def of_one_moment(agent, name):
    """The same, read while no period ended."""
    def same():
        before = minutes(agent, name)
        return before[:1] == minutes(agent, name)[:1] and before
    return wait_for(same)


def whole(found):
    """All but the first one, which began within a period."""
    return [(start, length) for start, length, _ in found if start % PERIOD_SECONDS == 0]


def check_minutes(found):
    """Each begins where the one before has ended. (One that closes while the one before waits takes it in.)"""
    assert all(length % PERIOD_SECONDS == 0 for _, length in whole(found)), found
    assert all(later[0] == sum(earlier) for later, earlier in itertools.pairwise(whole(found))), found


def check_that_all_are_filled(found):
    assert all(count > 0 for *_, count in found[:-1]), found


def resident_kib(agent):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{agent.pid}/status").read_text())[1])


def test_a_thousand_rounds(link, capsys):
    with Agent("--admin-api", "--period-seconds", PERIOD_SECONDS, "--prometheus-names", "both",
               enter=link.enter) as agent:
        rounds = Rounds(agent, link)
        add_bystanders(agent)
        resident = []
        with Stream(link, FRAMES_PER_SECOND, *(CAPTURES / name for name in STREAM)) as stream:
            for number in range(ROUNDS):
                rounds.run(number)
                if number == SETTLED_ROUNDS:
                    resident.append(resident_kib(agent))
            wait_for(lambda: len(whole(minutes(agent, "all"))) >= 3)
            found = {name: of_one_moment(agent, name) for name in BYSTANDERS}
            resident.append(resident_kib(agent))
        for periods in found.values():
            assert len(whole(periods)) >= 3, found
            check_minutes(periods)
            if stream.paused < PERIOD_SECONDS:
                check_that_all_are_filled(periods)
        wanted = {"all": stream.sent, "some": {**stream.sent, "tcp": 0}}
        wait_for(lambda: counters(agent) == (wanted, 0), why=lambda: f"{counters(agent)} instead of {wanted}")
        assert {name for name in agent.policies() if not name.endswith("-resources")} == set(BYSTANDERS)
        with capsys.disabled():
            print(f"\n{ROUNDS} rounds beside {stream.sent}")
            middle, high = rounds.say()
        if not SANITIZED:
            assert middle < CHANGE_SECONDS / 5 and high < CHANGE_SECONDS
            assert resident[1] - resident[0] < GROWTH_KIB, resident
