"""Budgets of series and of bytes, and what a policy costs: stated, kept, counted, visible."""
import re
from collections import Counter

import pytest

from running import Agent, policy, tap, wait_for
from scraping import within_a_period

POLICIES = "/api/v1/policies"
OWN = ("#", "pktvisor_completeness", "pktvisor_policy_", "pktvisor_build_")
LABEL = re.compile(r'(\w+)="((?:\\.|[^"\\])*)"')


def series(text, name=None):
    """Lines of handlers; of one policy."""
    lines = [line for line in text.splitlines() if line and not line.startswith(OWN) and 'policy="' in line]
    return [line for line in lines if not name or f'policy="{name}"' in line]


def value(text, family, **labels):
    """The sum of a family's series with these labels."""
    wanted = set(labels.items())
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.split("{")[0] == family and wanted <= set(LABEL.findall(line)))


def start(agent, name, config=None, **window):
    if not agent.get("/api/v1/taps").json:
        assert agent.post("/api/v1/taps", tap("t", pcap_source="mock", mock_rate=20000)).status == 201
    body = policy(name, {"n": {"type": "net"}, "d": {"type": "dns"}}, tap="t", window=window, config=config)
    assert agent.put(f"{POLICIES}/{name}", body).status in (200, 201)


def closed(agent, name):
    """It has seen a whole period."""
    wait_for(lambda: agent.metrics(name, "bucket", 2).status == 200)


def scrape(agent, name):
    return agent.get(f"{POLICIES}/{name}/metrics/prometheus").text


def test_a_policy_has_ten_thousand_series_unless_it_says_otherwise():
    with Agent("--admin-api") as agent:
        start(agent, "p")
        body = policy("q", {"n": {"type": "net"}}, tap="t")
        assert agent.post(POLICIES + "?dry_run=true", body).json["q"]["max_series"] == 10000
    with Agent("--admin-api", "--policy-max-series", "77") as agent:
        start(agent, "p")
        assert agent.post(POLICIES + "?dry_run=true", body).json["q"]["max_series"] == 77
    with Agent("--admin-api", "--policy-max-series", "0") as agent:
        start(agent, "p")
        assert agent.post(POLICIES + "?dry_run=true", body).json["q"]["max_series"] == 0
        grown = wait_for(lambda: len(series(scrape(agent, "p"))) > 100)
        assert grown and agent.policies()["p"]["cost"]["series_left_out"] == 0


@pytest.mark.parametrize("most", [400, 250, 30])
def test_the_budget_of_a_policy(most):
    with Agent("--admin-api", "--period-seconds", "1") as agent:
        start(agent, "whole", topn_count=40)
        start(agent, "part", {"max_series": most}, topn_count=40)
        closed(agent, "part")

        def work():
            return scrape(agent, "whole"), scrape(agent, "part"), {
                name: agent.policies()[name]["cost"] for name in ("whole", "part")}

        def full(seen):
            return len(series(seen[0])) > 400 and seen[2]["part"]["series_left_out"] > 0
        # Made traffic that is held up can leave a period empty.
        whole, part, cost = wait_for(lambda: (seen := within_a_period(agent, work)) and full(seen) and seen)
        assert cost["whole"]["series_left_out"] == 0
        assert cost["part"]["series"] == len(series(part)) <= most
        assert cost["part"]["series_left_out"] > 0
        assert value(part, "pktvisor_policy_series", policy="part") == len(series(part))
        assert value(part, "pktvisor_policy_series_left_out", policy="part") == cost["part"]["series_left_out"]
        if most < 200:
            return
        # By rank: every list ends at the same one, and nothing else is left out.
        lists = Counter(line.split("{")[0] for line in series(part) if "_top_" in line)
        longest = max(lists.values())
        of_whole = Counter(line.split("{")[0] for line in series(whole) if "_top_" in line)
        assert longest < 40
        assert all(lists[name] == min(longest, of_whole[name]) or lists[name] < longest for name in lists)
        rest = {line.split("{")[0] for line in series(whole) if "_top_" not in line}
        assert {line.split("{")[0] for line in series(part) if "_top_" not in line} == rest


def test_the_budget_of_the_agent():
    with Agent("--admin-api", "--period-seconds", "1", "--max-series", "300") as agent:
        for name in ("p", "q"):
            start(agent, name, topn_count=40)
            closed(agent, name)

        def scraped():
            text = scrape(agent, "__all")
            assert len(series(text)) <= 300
            return all(len(series(text, name)) > 60 for name in ("p", "q")) and text
        text = wait_for(scraped)  # made traffic that is held up can leave a period empty
        assert value(text, "pktvisor_policy_series_left_out", policy="p") > 0
        assert value(text, "pktvisor_policy_series_left_out", policy="q") > 0


def test_the_budget_of_bytes():
    with Agent("--admin-api", "--period-seconds", "1", "--memory-limit", "1") as agent:
        for name in "pqrs":
            start(agent, name)

        def refused():
            return value(scrape(agent, "__all"), "pktvisor_sketch_memory_refusals_total") > 0
        wait_for(refused, 60)
        closed(agent, "s")
        text = scrape(agent, "__all")
        assert value(text, "pktvisor_sketch_memory_limit_bytes") == 1 << 20
        assert 0 < value(text, "pktvisor_sketch_memory_bytes") <= 1 << 20
        # It goes on: a policy can still be made, changed and read, minutes close, counters count, and what the
        # sketches did not take is told beside them.
        start(agent, "t")
        start(agent, "p", num_periods=4)
        assert agent.policies().keys() > set("pqrst")
        closed(agent, "p")
        wait_for(lambda: value(scrape(agent, "__all"), "pktvisor_completeness", reason="memory_lost") > 0, 60)

        def goes_on():
            document = agent.get(POLICIES + "/__all/metrics/bucket/1").json
            lost = [handler["completeness"] for name in "pqrs" for handler in document[name].values()]
            return any(not said["complete"] and said.get("memory_lost") for said in lost) and \
                all(document[name][f"{name}-t-n"]["packets"]["total"] > 1000 for name in "pqrst")
        wait_for(goes_on)


def test_what_a_policy_costs():
    with Agent("--admin-api") as agent:
        start(agent, "p")
        # So many packets that a worker that was held up is not what one costs.
        wait_for(lambda: value(scrape(agent, "__all"), "pktvisor_policy_packets_total", policy="p") > 1000
                 and 0 < agent.policies()["p"]["cost"]["ns_per_packet"] < 100000)
        text = scrape(agent, "__all")
        cost = agent.policies()["p"]["cost"]
        assert set(cost) == {"cpu_seconds", "ns_per_packet", "memory_bytes", "series", "series_left_out"}
        assert 0 < cost["ns_per_packet"] < 100000 and cost["memory_bytes"] > 1000
        packets = value(text, "pktvisor_policy_packets_total", policy="p")
        cpu = value(text, "pktvisor_policy_cpu_seconds_total", policy="p")
        assert packets > 0 and 0 < cpu < 2 * cost["cpu_seconds"]
        assert value(text, "pktvisor_policy_packet_cost_seconds", policy="p") == pytest.approx(cpu / packets, rel=0.3)
        assert value(text, "pktvisor_policy_memory_bytes", policy="p") > 1000
        resources = next(name for name in agent.policies() if name.endswith("-resources"))
        assert value(text, "pktvisor_policy_memory_bytes", policy=resources) > 0
