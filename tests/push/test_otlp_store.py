"""What a real receiver makes of OTLP, VictoriaMetrics: it is killed, the network is cut and the agent is
killed, and every minute that had reached the agent's disk is there, with the values of the agent's JSON.

It does not take delta histograms, so those of upstream's names stay out (docs/otlp.md); the native ones,
cumulative, are there and say the same."""
import socket
from itertools import pairwise

import pytest

import faults
from faults import PERIOD, SECONDS, SELECTOR
from told import KINDS, QUANTILES
from victoria_metrics import PATH, VictoriaMetrics

RESOURCE = {"service.name", "service.version", "service.instance.id", "host.name"}
NOT_TAKEN = ("quantiles", "histogram")
TIMES = {"in": "dns_xact_in_quantiles_us", "out": "dns_xact_out_quantiles_us"}


@pytest.fixture(scope="module")
def survived():
    with VictoriaMetrics() as server, faults.survived(server, "otlp", PATH, names="both") as story:
        server.flush()
        yield story


@pytest.fixture(scope="module")
def stored(survived):
    """{series: {ms: value}}, the resource's attributes left out."""
    return {own(series): values for series, values in survived.server.samples(SELECTOR).items()}


def own(series):
    return frozenset((key, value) for key, value in series if key not in RESOURCE)


def name_of(series):
    return dict(series)["__name__"]


def of_upstream(series):
    """Of those that JSON has, too."""
    return {key: float(value) for key, value in series.items()
            if name_of(key) in KINDS and "reason" not in dict(key)}


def told(survived, ms):
    """JSON's series of upstream's names that this receiver takes."""
    said = faults.told(survived, ms)
    return said and {series: float(value) for series, value in said.items()
                     if KINDS.get(name_of(series), "histogram") not in NOT_TAKEN}


def at(stored, ms):
    return {series: values[ms] for series, values in stored.items() if ms in values}


def only(stored, name, **labels):
    (values,) = [values for series, values in stored.items()
                 if name_of(series) == name and labels.items() <= dict(series).items()]
    return values


def test_every_synced_minute_is_there(survived, stored):
    assert set(survived.done) == {"receiver", "network", "agent"}
    (written,) = survived.server.samples("pktvisor_build_info").values()
    assert sorted(set(survived.synced) - set(written)) == []
    for name in ("packets_total", "pktvisor_packets_packets"):
        assert set(survived.synced) <= set(only(stored, name)) or faults.was_slow(survived)
    assert len(survived.synced) >= SECONDS / PERIOD / 2


def test_values_are_those_of_json(survived, stored):
    compared = 0
    for ms in survived.synced:
        said = told(survived, ms)
        there = of_upstream(at(stored, ms))
        if said is not None and (there or not faults.was_slow(survived)):
            assert there == said
            compared += 1
    assert compared >= len(survived.synced) * 0.7


def whole_pairs(survived, stored):
    """Minutes one after the other in which the agent was there all the time, both read as JSON."""
    (seconds,) = [values for series, values in survived.server.samples(
        '{__name__="pktvisor_completeness",reason="not_running"}').items()]
    rows = only(stored, "packets_total")
    whole = [ms for ms in survived.synced if seconds[ms] == 0 and ms in rows and told(survived, ms)]
    return [pair for pair in pairwise(whole) if pair[1] - pair[0] == PERIOD * 1000]


def test_counters_grow_by_what_json_counts(survived, stored):
    compared = 0
    for before, ms in whole_pairs(survived, stored):
        for series, value in told(survived, ms).items():
            labels = dict(series)
            name = labels.pop("__name__")
            if KINDS[name] == "counter" and name.startswith("dns_wire_packets"):
                counted = only(stored, "pktvisor_" + name.removesuffix("_total"), **labels)
                assert counted[ms] - counted[before] == value, (name, ms)
                compared += 1
    assert compared > 50


def buckets(stored, way, before, ms):
    """[(low, high, count)] of what came in between."""
    found = []
    for series, values in stored.items():
        if name_of(series) == f"pktvisor_dns_xact_{way}_seconds_bucket":
            low, high = map(float, dict(series)["vmrange"].split("..."))
            found.append((low, high, values.get(ms, 0) - values.get(before, 0)))
    return sorted(found)


def value_at(found, q):
    """Bounds of the bucket that has the value of this rank."""
    rank, seen = q * sum(count for *_, count in found), 0
    for low, high, count in found:
        seen += count
        if seen >= rank - 1e-9 and seen:
            return low, high
    raise AssertionError("counts do not add up")


def test_histograms_hold_the_quantiles_of_json(survived, stored):
    compared = 0
    for before, ms in whole_pairs(survived, stored):
        said = faults.told(survived, ms)
        for way, name in TIMES.items():
            found = buckets(stored, way, before, ms)
            for series, value in said.items():
                if name_of(series) == name and sum(count for *_, count in found):
                    low, high = value_at(found, float(dict(series)["quantile"]))
                    assert low * 1e6 * 0.98 <= value <= high * 1e6 * 1.02, (way, ms, dict(series))
                    compared += 1
    assert compared >= 2 * len(QUANTILES)


def test_nothing_stale_is_shown(survived):
    """At the end of a minute a dashboard shows the series of that minute, and no others."""
    for ms in survived.synced:
        said = told(survived, ms)
        if said is not None:
            shown = survived.server.shown(SELECTOR, ms / 1000)
            keys = of_upstream({own(series): value for series, value in shown.items()}).keys()
            assert sorted(map(sorted, keys ^ said.keys())) == [] or (not keys and faults.was_slow(survived))


def test_deaths_are_marked(survived):
    (seconds,) = survived.server.samples('{__name__="pktvisor_completeness",reason="not_running"}').values()
    faults.check_deaths(survived, seconds)


def test_the_agent_is_named_in_every_series(survived):
    for series in survived.server.samples('{__name__=~"packets_.*|pktvisor_.*|process_.*"}'):
        labels = dict(series)
        assert labels["service.name"] == "pktvisord" and labels["service.version"].startswith("4.")
        assert labels["service.instance.id"] == labels["host.name"] == socket.gethostname()


def test_nothing_was_lost_on_the_way(survived):
    faults.check_nothing_was_lost(survived)
    assert survived.agent.counter("rejected_points_total") == 0
    for reason in ("metric_type", "sum_aggregation"):
        assert survived.server.counter("vm_protoparser_rows_dropped_total", reason=f"unsupported_{reason}") == 0
