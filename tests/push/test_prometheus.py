"""A real Prometheus that never scrapes: it is killed, the network is cut and the agent is killed, at random
but repeatably, and every minute that had reached the agent's disk is there, with the values of the agent's
JSON, and nothing of an earlier minute is shown beside it.

PKTVISOR_PUSH_SECONDS is how long that goes on."""
import math

import pytest

import faults
from faults import MODULES, PERIOD, SECONDS, SEED, SELECTOR
from made import Made
from prometheus_receiver import PrometheusReceiver
from rig import Pushing, between_minutes, made_policy
from running import PATIENCE, wait_for

FITTING_MOST = 5
MISSED_MOST = 4000  # frames that pass before a policy has begun


@pytest.fixture(scope="module")
def survived():
    with PrometheusReceiver() as server, \
            faults.survived(server, "remote_write", "/api/v1/write") as story:
        yield story


def told(survived, ms):
    return faults.told(survived, ms, instance="vm-of-the-test", job="pktvisor")


def comparable(series):
    """Without what JSON does not have, and with the instance's name left out of it."""
    found = {}
    for key, value in series.items():
        labels = dict(key)
        if labels["__name__"].endswith(("_sum", "_count")) or "reason" in labels:
            continue
        labels["instance"] = "vm-of-the-test"
        found[frozenset(labels.items())] = float(value)
    return found


def test_every_synced_minute_is_there(survived):
    assert set(survived.done) == {"receiver", "network", "agent"}
    values = survived.server.raw(SELECTOR, survived.seconds, survived.at)
    (total,) = [samples for series, samples in values.items() if dict(series)["__name__"] == "packets_total"]
    # What was written before there was anything of the policy is there, too.
    (written,) = survived.server.raw("pktvisor_build_info", survived.seconds, survived.at).values()
    assert sorted(set(survived.synced) - set(written)) == []
    assert set(survived.synced) <= set(total) or faults.was_slow(survived)
    assert len(survived.synced) >= SECONDS / PERIOD / 2


def test_values_are_those_of_json(survived):
    values = survived.server.raw(SELECTOR, survived.seconds, survived.at)
    compared = 0
    for ms in survived.synced:
        said = told(survived, ms)
        if said is None:
            continue
        there = {series: samples[ms] for series, samples in values.items() if ms in samples}
        if not there and faults.was_slow(survived):
            continue
        # Markers are not among raw samples: what has ended is not there.
        assert comparable(there) == {series: float(value) for series, value in said.items()}
        compared += 1
    assert compared >= len(survived.synced) * 0.7


def test_nothing_stale_is_shown(survived):
    """At the end of a minute a dashboard shows the series of that minute, and no others."""
    for ms in survived.synced:
        said = told(survived, ms)
        shown = comparable(survived.server.shown(SELECTOR, ms / 1000))
        if said is not None and (shown or not faults.was_slow(survived)):
            assert shown.keys() == said.keys()


def test_deaths_are_marked(survived):
    """The minutes after a kill, until the agent has seen a whole one."""
    values = survived.server.raw('pktvisor_completeness{reason="not_running"}', survived.seconds, survived.at)
    (seconds,) = values.values()
    faults.check_deaths(survived, seconds)


def test_nothing_was_lost_on_the_way(survived):
    faults.check_nothing_was_lost(survived)


# --- native histograms against what the traffic was made of

NATIVE = {"dns_wire_packets": "messages", "dns_wire_packets_queries": "queries",
          "dns_wire_packets_replies": "replies", "dns_wire_packets_nxdomain": "nxdomain",
          "dns_wire_packets_udp": "dns_udp"}


def ends_of(server):
    """Of the minutes that have something of the policy."""
    found = server.query("timestamp(pktvisor_dns_wire_packets_total)[1h:1s]")
    return sorted({value for _, values in found for _, value in values})


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """Prometheus after some minutes without faults, when those ended that are there as a whole, and what was made."""
    with PrometheusReceiver() as server:
        options = {"remote_write": [{"url": f"http://127.0.0.1:{server.port}/api/v1/write", "name": "p",
                                     "native_histograms": True, "names": "both"}]}
        with Pushing(options, made_policy("edge", MODULES), period=PERIOD, rate=1000, seed=SEED) as agent:
            def five():
                ends = between_minutes(agent, lambda: ends_of(server))
                return ends if ends and len(ends) >= 5 else None
            ends = wait_for(five, 60)
        folder = tmp_path_factory.mktemp("made")
        yield server, ends, Made(folder, SEED, 1000, int(1000 * PERIOD * 12 * PATIENCE) + MISSED_MOST)


def frames_of(server, made, at):
    """Which frames the dns handler's counters have counted: [(first, end)] of the places that fit all of them in all
    minutes. That is one, but where messages of one kind follow each other at the beginning and at all ends."""
    counted = {}
    for family, known in NATIVE.items():
        ((_, samples),) = server.query(f"pktvisor_{family}_total[1h]", at)
        for time_of, value in samples:
            counted.setdefault(time_of, {})[known] = int(value)

    def fits(offset):
        first = made.frame_of("messages", offset)
        return all(made.between(known, first, made.frame_of("messages", counts["messages"] + offset)) == count
                   for counts in counted.values() for known, count in counts.items())
    fitting = [offset for offset in range(MISSED_MOST) if fits(offset)]
    assert len(counted) >= 4 and 1 <= len(fitting) <= FITTING_MOST, fitting
    last = counted[max(counted)]["messages"]
    return [(made.frame_of("messages", offset), made.frame_of("messages", last + offset)) for offset in fitting]


def differences(server, way, at, values):
    """[(what, truth, estimate)] of what is not within 2 % of the truth."""
    series = f"pktvisor_dns_xact_{way}_seconds"
    pairs = [("count", len(values), server.value(f"histogram_count({series})", at), 0),
             ("mean", sum(values) / len(values) / 1e9,
              server.value(f"histogram_sum({series}) / histogram_count({series})", at), 0.001)]
    for q in (0.5, 0.9, 0.95, 0.99):
        truth = values[max(1, math.ceil(q * len(values) - 1e-9)) - 1] / 1e9
        pairs.append((q, truth, server.value(f"histogram_quantile({q}, {series})", at), 0.02))
    return [(what, truth, estimate) for what, truth, estimate, rel in pairs
            if estimate != pytest.approx(truth, rel=rel, abs=0)]


@pytest.mark.parametrize("way", ["in", "out"])
def test_histogram_quantile(calm, way):
    """Within 2 % of the truth."""
    server, ends, made = calm
    at = ends[-1]
    fitting = [sorted(made.latencies(way, first, end)) for first, end in frames_of(server, made, at)]
    assert min(map(len, fitting)) > 300
    wrong = [differences(server, way, at, values) for values in fitting]
    assert [] in wrong, wrong


def test_histograms_of_minutes_add_up(calm):
    """Gauges of a minute: what is counted from the start grows by them."""
    server, ends, _ = calm
    at = ends[-1]
    for way in ("in", "out"):
        counts = [server.value(f"histogram_count(pktvisor_dns_xact_{way}_seconds)", end) for end in ends]
        # With a minute between them that came too late, they are not one behind the other.
        pairs = [n for n in range(1, len(ends)) if ends[n] - ends[n - 1] == PERIOD]
        for n in pairs:
            minute = server.value(f"dns_xact_{way}_quantiles_us_count", ends[n])
            assert counts[n] - counts[n - 1] == minute > 0
        assert len(pairs) >= 3
        gauge = server.value(f"histogram_quantile(0.9, dns_xact_{way}_quantiles_us)", at)
        summary = server.value(f'dns_xact_{way}_quantiles_us{{quantile="0.9"}}', at)
        assert gauge == pytest.approx(summary, rel=0.03)
