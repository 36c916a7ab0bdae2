"""A real Prometheus scrapes two agents of made traffic, whose truth is known to the frame: plain
selection, topk() and sum_over_time() on upstream's names, rate(), increase() and
histogram_quantile() on the native ones, for each agent and over both."""
import bisect
import contextlib
import itertools
import json
import math
import os
import re
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from made import Made
from prometheus_server import prometheus
from running import PATIENCE, Agent, policy, wait_for

LONG = float(os.environ.get("PKTVISOR_SCRAPE_SECONDS", "0"))
PERIOD, WINDOW, EVERY, RATE = (20, 120, 5, 400) if LONG else (4, 12, 1, 1000)
SPAN = LONG or WINDOW + PERIOD  # seconds that are scraped
SEEDS = {"left": 11, "right": 12}
MISSED_MOST = 2000  # frames that pass before a policy has begun
START_SECONDS = 60  # at most, from an agent's start to the first scrape
PHASES = 8          # jobs that scrape once a period, at different times in it

# Upstream's gauges of a period, and the native counters of the same: what they are in made.py.
GAUGES = {"packets_total": "packets", "packets_udp": "udp", "packets_tcp": "tcp",
          "packets_ipv4": "ipv4", "packets_ipv6": "ipv6", "packets_in": "in", "packets_out": "out",
          "packets_protocol_tcp_syn": "syn", "dns_wire_packets_total": "messages",
          "dns_wire_packets_queries": "queries", "dns_wire_packets_replies": "replies",
          "dns_wire_packets_nxdomain": "nxdomain", "dns_wire_packets_noerror": "noerror",
          "dns_wire_packets_tcp": "dns_tcp"}
NATIVE = {"net": {"packets_packets": "packets", "packets_udp": "udp", "packets_tcp": "tcp",
                  "packets_ipv4": "ipv4", "packets_in": "in", "packets_out": "out",
                  "packets_bytes": "bytes"},
          "dns": {"dns_wire_packets": "messages", "dns_wire_packets_queries": "queries",
                  "dns_wire_packets_replies": "replies", "dns_wire_packets_nxdomain": "nxdomain",
                  "dns_wire_packets_udp": "dns_udp"}}
CLOCK = {"net": "packets", "dns": "messages"}  # by which a handler's position in the frames is known


def configuration(seed):
    tap = {"input_type": "pcap", "config": {"pcap_source": "mock", "mock_seed": seed, "mock_rate": RATE}}
    document = policy("edge", {"net": {"type": "net"}, "dns": {"type": "dns"}}, tap="made",
                      window={"num_periods": 10})
    document["visor"]["taps"] = {"made": tap}
    return document


def read_periods(agent, seen, stop):
    """Every closed period's number of packets, by its start: seen by the test itself."""
    while True:
        last = stop.wait(2 * PERIOD)
        for number in range(1, 10):
            answer = agent.metrics("edge", "bucket", number)
            if answer.status == 200:
                packets = answer.json["edge"]["edge-made-net"]["packets"]
                seen[packets["period"]["start_ts"]] = packets["total"]
        if last:
            return


def jobs(agents):
    targets = [{"targets": [f"127.0.0.1:{agent.port}"], "labels": {"instance": name}}
               for name, agent in agents.items()]
    path = "/api/v1/policies/edge/metrics/prometheus"
    return [{"job_name": "agents", "scrape_interval": f"{EVERY}s", "metrics_path": path,
             "static_configs": targets},
            *({"job_name": f"phase{i}", "scrape_interval": f"{PERIOD}s", "scrape_timeout": f"{PERIOD}s",
               "metrics_path": path, "static_configs": targets} for i in range(PHASES))]


def samples_of(server, name, at=None, **labels):
    """[(time, value)] of a series since the beginning, until `at`."""
    chosen = {"job": "agents", **labels}
    selector = ",".join(f'{key}="{value}"' for key, value in chosen.items())
    found = server.query(f"{name}{{{selector}}}[{math.ceil(SPAN) + 120}s]", at)
    return found[0][1] if found else []


@contextlib.contextmanager
def scraping(agents):
    """A server that has scraped all agents for SPAN seconds, and when that was done."""
    for agent in agents.values():  # before, the live period is shown
        wait_for(lambda: agent.metrics("edge", "bucket", 1).status == 200, 2 * PERIOD + 10)
    with prometheus(jobs(agents)) as server:
        def span():
            every = [[at for at, _ in samples_of(server, "packets_total", instance=name)] for name in agents]
            if not all(times and times[-1] - times[0] >= SPAN for times in every):
                return False
            end = min(times[-1] for times in every)
            return all(fill_a_window(times, end) for times in every) and end
        at = wait_for(span, SPAN + 30)
        yield server, at


def fill_a_window(times, end):
    """Whether a scrape came at each end of the last window: what is missing there is extrapolated."""
    inside = [at for at in times if end - WINDOW < at <= end]
    return inside[0] - (end - WINDOW) < 1.05 * EVERY and end - inside[-1] < 1.05 * EVERY


def wanted_frames():
    return int((SPAN + START_SECONDS * PATIENCE) * RATE)


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    """The server, still running, and for each agent what it has counted by periods and the truth."""
    folder = tmp_path_factory.mktemp("scraped")
    agents, threads, stop = {}, [], threading.Event()
    with contextlib.ExitStack() as stack:
        stack.callback(stop.set)
        for name, seed in SEEDS.items():
            path = folder / f"{name}.yaml"
            path.write_text(json.dumps(configuration(seed)))
            agents[name] = stack.enter_context(Agent(
                "--config", path, "--period-seconds", PERIOD, "--prometheus-names", "both", tcp=True))
            agents[name].periods = {}
            threads.append(threading.Thread(target=read_periods, args=(
                agents[name], agents[name].periods, stop)))
            threads[-1].start()
        with scraping(agents) as (server, at):
            stop.set()
            for thread in threads:
                thread.join()
            yield SimpleNamespace(server=server, at=at, agents={
                name: Seen(server, at, name, agents[name].periods,
                           Made(folder, seed, RATE, wanted_frames()))
                for name, seed in SEEDS.items()})


def newest_period(time):
    """The number of the one that is closed by then, unless it is closed late."""
    return int(time // PERIOD) - 1


class Seen:
    """An agent: its samples in Prometheus, the frames of its periods, and the truth about them."""

    def __init__(self, server, at, name, periods, made):
        self.server, self.at, self.name, self.made = server, at, name, made
        self.gauges = {family: self.samples(family) for family in GAUGES}
        starts = sorted(periods)
        assert all(b - a == PERIOD for a, b in itertools.pairwise(starts[1:])), starts
        self.ends = [0, *itertools.accumulate(periods[start] for start in starts)]
        self.period_of = {start // PERIOD: i for i, start in enumerate(starts)}
        assert self.ends[-1] + MISSED_MOST < len(made.due)
        self.missed = self.find_missed()

    def samples(self, family, job="agents"):
        return samples_of(self.server, family, self.at, instance=self.name, job=job)

    def find_missed(self):
        """Frames that had passed when the policy began: the number that fits everywhere."""
        def fits(missed):
            self.missed = missed
            return all(self.period_at(i) is not None for i in range(len(self.gauges["packets_total"])))
        found = next((missed for missed in range(MISSED_MOST) if fits(missed)), None)
        assert found is not None
        return found

    def frames(self, period):
        return self.missed + self.ends[period], self.missed + self.ends[period + 1]

    def is_of(self, period, at):
        first, end = self.frames(period)
        return all(self.made.between(known, first, end) == self.gauges[family][at][1]
                   for family, known in GAUGES.items())

    def period_at(self, at):
        """The period that the scrape shows whole, in all gauges: the newest, or the one before."""
        newest = newest_period(self.gauges["packets_total"][at][0])
        for number in (newest, newest - 1):
            if number in self.period_of and self.is_of(self.period_of[number], at):
                return self.period_of[number]
        return None

    def period_of_total(self, time, total):
        """Likewise, by the number of its packets alone."""
        for number in (newest_period(time), newest_period(time) - 1):
            index = self.period_of.get(number)
            if index is not None and self.ends[index + 1] - self.ends[index] == total:
                return index
        return None

    def shown_at(self, time):
        """The frames of the period that a query at that time sees."""
        times = [at for at, _ in self.gauges["packets_total"]]
        return self.frames(self.period_at(bisect.bisect_right(times, time) - 1))


def test_gauges_are_a_period(scraped):
    """Each scrape shows one period alone, whole, in order, and each is seen."""
    for seen in scraped.agents.values():
        periods = [seen.period_at(i) for i in range(len(seen.gauges["packets_total"]))]
        assert None not in periods
        assert periods == sorted(periods)
        assert set(periods) == set(range(periods[0], periods[-1] + 1))
        assert len(set(periods)) * PERIOD >= SPAN - PERIOD
        times = {tuple(at for at, _ in values) for values in seen.gauges.values()}
        assert len(times) == 1


def test_plain_selection_and_topk(scraped):
    at = scraped.at
    for name, seen in scraped.agents.items():
        first, end = seen.shown_at(at)
        selector = f'{{job="agents",instance="{name}"}}'
        for family, known in GAUGES.items():
            assert scraped.server.value(family + selector, at) == seen.made.between(known, first, end)
        found = scraped.server.query(f"topk(3, dns_top_qname3{selector})", at)
        truth = seen.made.top_names(first, end)
        assert sorted((value for _, value in found), reverse=True) == \
            sorted(truth.values(), reverse=True)[:3]
        assert all(truth[labels["qname"]] == value for labels, value in found)
        everything = scraped.server.query(f"dns_top_qname3{selector}", at)
        assert len(everything) == 10


def test_sums_of_gauges(scraped):
    """Where a scrape comes once a period, sum_over_time() is the number of all of them."""
    server, at = scraped.server, scraped.at
    for name, seen in scraped.agents.items():
        def from_the_middle(job):
            return abs(seen.samples("packets_total", job)[-1][0] % PERIOD - PERIOD / 2)

        def last_periods(job):
            """What its last samples show, as many as fit in a window."""
            return [seen.period_of_total(*sample) for sample in seen.samples("packets_total", job)[-count:]]

        def one_by_one(periods):
            return None not in periods and all(b - a == 1 for a, b in itertools.pairwise(periods))
        count = WINDOW // PERIOD
        # One that came at its time: a machine that was held up shows a period twice, and leaves the next one out.
        job = next(job for job in sorted((f"phase{i}" for i in range(PHASES)), key=from_the_middle)
                   if one_by_one(last_periods(job)))
        periods = last_periods(job)
        # The samples lie well within a window that ends between two of them.
        end_of_window = seen.samples("packets_total", job)[-1][0] + PERIOD / 2
        shown = f'{{job="{job}",instance="{name}"}}[{WINDOW}s]'
        assert server.value(f"count_over_time(packets_total{shown})", end_of_window) == count
        first, end = seen.frames(periods[0])[0], seen.frames(periods[-1])[1]
        for family, known in GAUGES.items():
            total = server.value(f"sum_over_time({family}{shown})", end_of_window)
            assert total == seen.made.between(known, first, end), family


def offset_of(seen, handler):
    """How far a handler's counters are behind the truth: one number for all of them and all scrapes."""
    clock, made = CLOCK[handler], seen.made
    values = {family: seen.samples(f"pktvisor_{family}_total") for family in NATIVE[handler]}
    positions = next(values[family] for family, known in NATIVE[handler].items() if known == clock)
    base = {family: samples[0][1] for family, samples in values.items()}

    def fits(offset):
        at = [made.frame_of(clock, value + offset) for _, value in positions]
        return all(made.counts[known][frame] - made.counts[known][at[0]] == value - base[family]
                   for family, known in NATIVE[handler].items()
                   for frame, (_, value) in zip(at, values[family]))
    # What the frames hold that had passed; less, where connections were picked up in the middle.
    expected = made.counts[clock][seen.missed]
    fitting = [offset for offset in [expected, *range(expected)] if fits(offset)]
    assert fitting, (handler, expected)
    return fitting[0]


def test_counters_are_the_truth(scraped):
    """Every scrape of a native counter is what a number of first frames hold, of all counters alike."""
    for seen in scraped.agents.values():
        assert offset_of(seen, "net") == seen.missed
        offset_of(seen, "dns")
        for families in NATIVE.values():
            for family in families:
                values = [value for _, value in seen.samples(f"pktvisor_{family}_total")]
                assert values == sorted(values) and values[-1] > values[0]


def span_of(seen, handler, at):
    """Seconds between the first and the last sample of a window, and the frames between them."""
    clock, made, offset = CLOCK[handler], seen.made, offset_of(seen, handler)
    (family,) = [family for family, known in NATIVE[handler].items() if known == clock]
    inside = [sample for sample in seen.samples(f"pktvisor_{family}_total") if at - WINDOW <= sample[0] <= at]
    (begun, first), (ended, last) = inside[0], inside[-1]
    assert ended - begun >= WINDOW - 2.2 * EVERY
    return ended - begun, made.frame_of(clock, first + offset), made.frame_of(clock, last + offset)


def is_steady(seen, at):
    """Made traffic that is held up for more than a second begins anew: its times are not the planned
    ones then."""
    seconds, first, end = span_of(seen, "net", at)
    return abs((end - first) / seconds / RATE - 1) < 0.02


def test_rate_and_increase(scraped):
    server, at = scraped.server, scraped.at
    for handler, families in NATIVE.items():
        spans = {name: span_of(seen, handler, at) for name, seen in scraped.agents.items()}
        for family, known in families.items():
            rates = {}
            for name, (seconds, first, end) in spans.items():
                rates[name] = scraped.agents[name].made.between(known, first, end) / seconds
                selector = f'pktvisor_{family}_total{{job="agents",instance="{name}"}}[{WINDOW}s]'
                assert server.value(f"rate({selector})", at) == pytest.approx(rates[name], rel=0.01)
                assert server.value(f"increase({selector})", at) == \
                    pytest.approx(rates[name] * WINDOW, rel=0.01)
            both = server.value(f'sum(rate(pktvisor_{family}_total{{job="agents"}}[{WINDOW}s]))', at)
            assert both == pytest.approx(sum(rates.values()), rel=0.01)
    for name, seen in scraped.agents.items():
        rate = server.value(f'rate(pktvisor_packets_packets_total{{job="agents",instance="{name}"}}[{WINDOW}s])', at)
        assert rate == pytest.approx(RATE, rel=0.03) or not is_steady(seen, at)


def rank(values, q):
    ordered = sorted(values)
    return ordered[max(1, math.ceil(q * len(ordered) - 1e-9)) - 1]


def bounds_around(seconds):
    """Bounds are powers of two of a microsecond."""
    above = 2.0 ** math.ceil(math.log2(seconds * 1e6)) / 1e6
    return above / 2, above


def within_a_bound(estimate, values, q):
    """Between the bounds around the truth. Where it is next to one, the other side of that will do:
    Prometheus extrapolates each agent's window, and each bucket that begins at 0, by itself."""
    least, most = (rank(values, q + near) / 1e9 for near in (-0.002, 0.002))
    assert bounds_around(least)[0] <= estimate <= bounds_around(most)[1], (q, estimate, least, most)


@pytest.mark.parametrize("way", ["in", "out"])
def test_histograms(scraped, way):
    server, at = scraped.server, scraped.at
    family, everything = f"pktvisor_dns_xact_{way}_seconds", []
    for name, seen in scraped.agents.items():
        _, first, end = span_of(seen, "dns", at)
        values = seen.made.latencies(way, first, end, begun=seen.missed)
        assert len(values) > 500
        everything += values
        selector = f'{{job="agents",instance="{name}"}}[{WINDOW}s]'
        for q in (0.1, 0.5, 0.9, 0.95, 0.99):
            within_a_bound(server.value(f"histogram_quantile({q}, rate({family}_bucket{selector}))", at),
                           values, q)
        mean = server.value(f"rate({family}_sum{selector}) / rate({family}_count{selector})", at)
        assert mean == pytest.approx(sum(values) / len(values) / 1e9, rel=0.02) or \
            not is_steady(seen, at)
    for q in (0.1, 0.5, 0.9, 0.95, 0.99):
        summed = f'sum by (le) (rate({family}_bucket{{job="agents"}}[{WINDOW}s]))'
        within_a_bound(server.value(f"histogram_quantile({q}, {summed})", at), everything, q)


def test_sizes(scraped):
    server, at = scraped.server, scraped.at
    for name, seen in scraped.agents.items():
        _, first, end = span_of(seen, "net", at)
        selector = f'{{job="agents",instance="{name}"}}[{WINDOW}s]'
        mean = server.value(f"rate(pktvisor_packets_payload_size_bytes_sum{selector}) / "
                            f"rate(pktvisor_packets_payload_size_bytes_count{selector})", at)
        assert mean == pytest.approx(seen.made.between("bytes", first, end) / (end - first), rel=0.01)


DOCUMENT = Path(os.environ.get("PKTVISOR_SOURCE", ".")) / "docs/prometheus.md"


def examples():
    """The expressions that the tables of docs/prometheus.md recommend."""
    for section in re.findall(r"^## (?:Upstream's gauges|Native names)\n(.*?)(?=^## )", DOCUMENT.read_text(),
                              re.S | re.M):
        rows = [line.split(" | ", 1)[1] for line in section.splitlines() if line.count(" | ") == 1]
        yield from (re.match(r"`([^`]+)`", row).group(1) for row in rows if row.startswith("`"))


def test_what_the_document_recommends(scraped):
    found = list(examples())
    assert len(found) >= 14
    for expression in found:
        shorter = re.sub(r"\[\d+[mhd]\]", f"[{WINDOW}s]", expression)
        rows = scraped.server.query(shorter, scraped.at)
        assert rows and any(value > 0 for _, value in rows), shorter


def test_the_documents_job(tmp_path):
    (job,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.S)
    path = tmp_path / "config.yml"
    path.write_text(job)
    done = subprocess.run(["promtool", "check", "config", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_of_the_formats(scraped):
    """What Prometheus understood of the families; it asks for OpenMetrics."""
    status, body = scraped.server.ask("/api/v1/metadata")
    assert status == 200
    said = {name: rows[0] for name, rows in json.loads(body)["data"].items()}
    assert said["packets_total"]["type"] == "gauge"
    assert said["pktvisor_dns_wire_packets"]["type"] == "counter"  # OpenMetrics: without _total
    assert said["pktvisor_dns_xact_in_seconds"]["type"] == "histogram"
    assert said["pktvisor_dns_xact_in_seconds"]["unit"] == "seconds"
    assert said["dns_xact_in_quantiles_us"]["type"] == "summary"
    assert said["pktvisor_build"]["type"] == "info"
    for seen in scraped.agents.values():
        assert scraped.server.value(f'pktvisor_build_info{{job="agents",instance="{seen.name}"}}') == 1
        assert scraped.server.value(f'up{{job="agents",instance="{seen.name}"}}') == 1
