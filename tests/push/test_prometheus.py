"""A real Prometheus that never scrapes: it is killed, the network is cut and the agent is killed, at random
but repeatably, and every minute that had reached the agent's disk is there, with the values of the agent's
JSON, and nothing of an earlier minute is shown beside it.

PKTVISOR_PUSH_SECONDS is how long that goes on."""
import math
import os
import random
import struct
import threading
import time
from types import SimpleNamespace

import pytest

from made import Made
from prometheus_receiver import Cable, PrometheusReceiver
from rig import Pushing, made_policy, wait_for_minutes
from running import PATIENCE, wait_for
from told import Minutes, expected

SECONDS = float(os.environ.get("PKTVISOR_PUSH_SECONDS", "24"))
PERIOD, RATE, SEED = 2, 400, 21
MODULES = {"d1": ("dns 1.0", {"type": "dns"}), "n1": ("net 1.0", {"type": "net"})}
MISSED_MOST = 2000  # frames that pass before a policy has begun
CUT_SECONDS = (1, 8) if SECONDS < 100 else (1, 40)


class Watcher(threading.Thread):
    """What is on the agent's disk and in its JSON, while it runs and is killed."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.folder, self.minutes = agent.queues / "p", Minutes(agent, "edge")
        self.synced, self.done = set(), threading.Event()

    def read_ends(self):
        for path in [*self.folder.glob("*.minute"), *self.folder.glob("*.sent")]:
            try:
                head = path.read_bytes()[:32]
            except OSError:
                continue  # it was sent in this moment
            self.synced.add(struct.unpack_from("<q", head, 16)[0] // 10**6)

    def run(self):
        while not self.done.wait(0.1):
            self.read_ends()
            try:
                self.minutes.look()
            except (OSError, KeyError):
                pass  # the agent is away

    def finish(self):
        self.done.set()
        self.join()
        return self.synced, self.minutes.minutes


def chaos(dice, server, cable, agent, seconds):
    """Faults one after the other; each ends before the next begins. What was done is returned."""
    done, end = [], time.monotonic() + seconds
    faults = ["receiver", "network", "agent"]
    while time.monotonic() < end or len(done) < len(faults):
        time.sleep(dice.uniform(0.5, 2 * PERIOD))
        fault = faults[len(done)] if len(done) < len(faults) else dice.choice(faults)
        done.append(fault)
        away = dice.uniform(*CUT_SECONDS)
        if fault == "receiver":
            server.kill()
            time.sleep(away)
            server.start()
        elif fault == "network":
            cable.cut()
            time.sleep(away)
            cable.mend()
        else:
            agent.kill()
            time.sleep(min(away, 4 * PERIOD) / 4)
            agent.start()
    return done


@pytest.fixture(scope="module")
def survived():
    dice = random.Random(SEED)
    with PrometheusReceiver() as server, Cable(server.port) as cable:
        options = {"remote_write": [{"url": f"http://127.0.0.1:{cable.port}/api/v1/write", "name": "p",
                                     "timeout": 10}]}
        with Pushing(options, made_policy("edge", MODULES), period=PERIOD, rate=RATE) as agent:
            wait_for_minutes(agent, 2)
            watcher = Watcher(agent)
            watcher.start()
            began = time.time()
            done = chaos(dice, server, cable, agent, SECONDS)
            wait_for_minutes(agent, 1)
            wait_for(lambda: agent.counter("queue_minutes") == 0, 120)
            synced, minutes = watcher.finish()
            at = max(synced) / 1000
            wait_for(lambda: server.shown("packets_total", at), 20)
            yield SimpleNamespace(server=server, agent=agent, synced=sorted(synced), minutes=minutes, at=at,
                                  done=done, seconds=math.ceil(at - began) + 10 * PERIOD)


def told(survived, ms):
    """The series of a minute as the agent's JSON has them; None: nobody has read it before a death."""
    handlers = survived.minutes.get(ms // 1000 - PERIOD)
    if not handlers:
        return None
    found = {}
    for name, (title, _) in MODULES.items():
        schema, handler = handlers[f"edge-made-{name}"]
        found |= expected(handler, schema, title, {"handler": f"edge-made-{name}", "policy": "edge",
                                                   "tap": "made", "instance": "vm-of-the-test",
                                                   "job": "pktvisor"})
    return found


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


SELECTOR = '{policy="edge",handler=~"edge-made-.*"}'


def test_every_synced_minute_is_there(survived):
    assert set(survived.done) == {"receiver", "network", "agent"}
    values = survived.server.raw(SELECTOR, survived.seconds, survived.at)
    (total,) = [samples for series, samples in values.items() if dict(series)["__name__"] == "packets_total"]
    assert sorted(set(survived.synced) - set(total)) == []
    assert len(survived.synced) >= SECONDS / PERIOD / 2


def test_values_are_those_of_json(survived):
    values = survived.server.raw(SELECTOR, survived.seconds, survived.at)
    compared = 0
    for ms in survived.synced:
        said = told(survived, ms)
        if said is None:
            continue
        there = {series: samples[ms] for series, samples in values.items() if ms in samples}
        # Markers are not among raw samples: what has ended is not there.
        assert comparable(there) == {series: float(value) for series, value in said.items()}
        compared += 1
    assert compared >= len(survived.synced) * 0.7


def test_nothing_stale_is_shown(survived):
    """At the end of a minute a dashboard shows the series of that minute, and no others."""
    for ms in survived.synced:
        said = told(survived, ms)
        if said is not None:
            assert comparable(survived.server.shown(SELECTOR, ms / 1000)).keys() == said.keys()


def test_deaths_are_marked(survived):
    """The minutes after a kill, until the agent has seen a whole one."""
    values = survived.server.raw('pktvisor_completeness{reason="not_running"}', survived.seconds, survived.at)
    (seconds,) = values.values()
    holes = [ms for ms in range(survived.synced[0], survived.synced[-1], PERIOD * 1000)
             if ms not in survived.synced]
    assert holes and all(float(seconds[ms]) == PERIOD for ms in holes)
    whole = [ms for ms in survived.synced if float(seconds[ms]) == 0]
    assert len(whole) >= len(survived.synced) - survived.done.count("agent") - 1


def test_nothing_was_lost_on_the_way(survived):
    agent = survived.agent
    for reason in ("refused", "queue_full", "queue_damaged"):
        assert agent.counter("dropped_requests_total", reason=reason) == 0
    assert agent.counter("duplicate_series_total") == 0
    for reason in ("late", "disk", "memory", "clock"):
        assert agent.counter("missed_minutes_total", reason=reason) == 0


# --- native histograms against what the traffic was made of

NATIVE = {"dns_wire_packets": "messages", "dns_wire_packets_queries": "queries",
          "dns_wire_packets_replies": "replies", "dns_wire_packets_nxdomain": "nxdomain",
          "dns_wire_packets_udp": "dns_udp"}


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """Prometheus after some minutes without faults, when the last of them was, and what was made."""
    with PrometheusReceiver() as server:
        options = {"remote_write": [{"url": f"http://127.0.0.1:{server.port}/api/v1/write", "name": "p",
                                     "native_histograms": True, "names": "both"}]}
        with Pushing(options, made_policy("edge", MODULES), period=PERIOD, rate=1000, seed=SEED) as agent:
            wait_for_minutes(agent, 5)
            wait_for(lambda: agent.counter("queue_minutes") == 0)
        folder = tmp_path_factory.mktemp("made")
        yield server, Made(folder, SEED, 1000, int(1000 * PERIOD * 8 * PATIENCE) + MISSED_MOST)


def newest(server):
    """When the newest minute ended."""
    ((_, values),) = server.query("timestamp(pktvisor_dns_wire_packets_total)[1h:1s]")
    return max(value for _, value in values)


def frames_of(server, made, at):
    """Which frames the dns handler's counters have counted: one place fits all of them in all minutes."""
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
    assert len(counted) >= 4 and len(fitting) == 1, fitting
    last = counted[max(counted)]["messages"] + fitting[0]
    return made.frame_of("messages", fitting[0]), made.frame_of("messages", last)


@pytest.mark.parametrize("way", ["in", "out"])
def test_histogram_quantile(calm, way):
    """Within 2 % of the truth."""
    server, made = calm
    at = newest(server)
    first, end = frames_of(server, made, at)
    values = sorted(made.latencies(way, first, end))
    assert len(values) > 300
    for q in (0.5, 0.9, 0.95, 0.99):
        truth = values[max(1, math.ceil(q * len(values) - 1e-9)) - 1] / 1e9
        estimate = server.value(f"histogram_quantile({q}, pktvisor_dns_xact_{way}_seconds)", at)
        assert estimate == pytest.approx(truth, rel=0.02), q
    mean = server.value(f"histogram_sum(pktvisor_dns_xact_{way}_seconds) / "
                        f"histogram_count(pktvisor_dns_xact_{way}_seconds)", at)
    assert mean == pytest.approx(sum(values) / len(values) / 1e9, rel=0.001)


def test_histograms_of_minutes_add_up(calm):
    """Gauges of a minute: the sum of the minutes is what was counted from the start."""
    server, _ = calm
    at = newest(server)
    for way in ("in", "out"):
        minutes = server.value(f"sum_over_time(dns_xact_{way}_quantiles_us_count[10m])", at)
        histogram = server.value(f"histogram_count(pktvisor_dns_xact_{way}_seconds)", at)
        assert minutes == histogram > 0
        gauge = server.value(f"histogram_quantile(0.9, dns_xact_{way}_quantiles_us)", at)
        summary = server.value(f'dns_xact_{way}_quantiles_us{{quantile="0.9"}}', at)
        assert gauge == pytest.approx(summary, rel=0.03)
