"""OTLP/HTTP as a receiver sees it, read by the published definitions: what is written, what has ended, and
what becomes of it when the receiver or the agent fails. The queue is that of remote write; its own tests
are in test_queue.py and test_answers.py. What a real receiver makes of it is in test_otlp_store.py."""
import math
import socket
import time

import pytest

from receiver import Answer, Receiver, otlp
from rig import (FEW, MODULES, PERIOD, Pushing, check_gaps, check_interval, made_policy, wait_for_minutes,
                 wait_for_sent)
from running import wait_for
from told import QUANTILES, Minutes, expected

HOST, NS = socket.gethostname(), 10**9
DELTA, CUMULATIVE = otlp.AGGREGATION_TEMPORALITY_DELTA, otlp.AGGREGATION_TEMPORALITY_CUMULATIVE
ENDED = 1  # the flag NO_RECORDED_VALUE


def receiver(**more):
    made = Receiver("/v1/metrics", **more)
    made.usual = Answer(200)
    return made


def target(receiver, **more):
    return {"otlp": [{"url": receiver.url, "name": "o", "timeout": 10, **more}]}


def attributes(pairs):
    return {pair.key: pair.value.string_value for pair in pairs}


def metrics(requests):
    """(resource, scope, metric, points) of all requests."""
    for request in requests:
        for resource in request.export.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    kind = metric.WhichOneof("data")
                    yield resource.resource, scope.scope, metric, getattr(metric, kind)


def points(requests):
    """{(name, labels): {time in s: (kind, point)}}"""
    found = {}
    for _, _, metric, data in metrics(requests):
        for point in data.data_points:
            key = metric.name, frozenset(attributes(point.attributes).items())
            ms = found.setdefault(key, {})
            assert point.time_unix_nano not in ms, (key, point)
            ms[point.time_unix_nano] = metric.WhichOneof("data"), point
    return found


def ended(entry):
    return entry[1].flags & ENDED != 0


def minutes_of(found, name="packets_total"):
    return sorted({at // NS for (family, _), values in found.items() if family == name
                   for at, entry in values.items() if not ended(entry)})


def written_of(found):
    """Ends of all minutes: of each the agent speaks."""
    return minutes_of(found, "pktvisor_build_info")


def in_buckets(point, q):
    """Bounds of the bucket in which the value of that rank lies."""
    rank, seen = max(1, math.ceil(q * point.count - 1e-9)), point.zero_count
    if seen >= rank:
        return 0, point.zero_threshold
    for i, count in enumerate(point.positive.bucket_counts):
        seen += count
        if seen >= rank:
            index = point.positive.offset + i
            return 2 ** (index / 32), 2 ** ((index + 1) / 32)
    raise AssertionError("counts do not add up")


def as_prometheus(found, at, labels):
    """{series: value} of a minute, in the form of told.expected; quantiles as the bounds of a bucket."""
    for (name, own), values in found.items():
        if at not in values or ended(values[at]) or not labels.items() <= dict(own).items():
            continue
        kind, point = values[at]
        def series(suffix="", **more):
            return frozenset({**dict(own), **more, "__name__": name + suffix}.items())
        if kind in ("gauge", "sum"):
            yield series(), point.as_int if point.WhichOneof("value") == "as_int" else point.as_double
        elif kind == "summary":
            for value in point.quantile_values:
                yield series(quantile=f"{value.quantile:g}"), value.value
        elif kind == "histogram":
            assert sum(point.bucket_counts) == point.count
            cumulative = 0
            for bound, count in zip([*point.explicit_bounds, None], point.bucket_counts, strict=True):
                cumulative += count
                yield series("_bucket", le="+Inf" if bound is None else bound), cumulative
        else:
            for text in QUANTILES.values():
                yield series(quantile=text), in_buckets(point, float(text))


@pytest.fixture(scope="module")
def quiet():
    """An agent with every sort of row, its requests, and the JSON of its minutes."""
    with receiver() as store:
        with Pushing(target(store, resource_attributes={"site": "ams"})) as agent:
            minutes = Minutes(agent, "edge").wait(6)
            requests = wait_for_sent(agent, store, lambda taken: written_of(points(taken))[-1] >= max(minutes))
            found = points(requests)
            shown = minutes_of(found)
            check_gaps(agent, [end for end in written_of(found) if end >= shown[0]], shown, PERIOD)
            yield requests, minutes, found


def matches(sent, told):
    if isinstance(sent, tuple):
        return sent[0] * (1 - 1e-9) <= told <= sent[1] * (1 + 1e-9) or sent[0] * 0.98 <= told <= sent[1] * 1.02
    return sent == told


def number_bounds(series):
    """Bounds of histograms as numbers: text may differ."""
    labels = dict(series)
    if labels.get("le", "+Inf") != "+Inf":
        labels["le"] = float(labels["le"])
    return frozenset(labels.items())


def test_values_are_those_of_json(quiet):
    _, minutes, found = quiet
    compared, sent_minutes = 0, minutes_of(found)
    for end in sorted(end for end in minutes if end in sent_minutes):
        for name, (title, _) in MODULES.items():
            schema, handler = minutes[end][f"edge-made-{name}"]
            labels = {"handler": f"edge-made-{name}", "policy": "edge", "tap": "made"}
            told = {number_bounds(series): value
                    for series, value in expected(handler, schema, title, labels).items()}
            sent = {number_bounds(series): value
                    for series, value in as_prometheus(found, end * NS, labels)
                    if "reason" not in dict(series)}
            assert sent.keys() == told.keys()
            wrong = {series: (sent[series], told[series]) for series in sent
                     if not matches(sent[series], told[series])}
            assert wrong == {}
            compared += len(told)
    assert compared > 1000


def test_requests_are_well_formed(quiet):
    requests, _, _ = quiet
    for request in requests:
        assert request.path == "/v1/metrics"
        assert request.headers["Content-Type"] == "application/x-protobuf"
        assert request.headers["Content-Encoding"] == "gzip"
        assert len(request.export.resource_metrics) == 1


def test_resource_and_scopes(quiet):
    requests, _, _ = quiet
    scopes = {}
    for resource, scope, metric, data in metrics(requests):
        found = attributes(resource.attributes)
        assert found == {"service.name": "pktvisord", "service.version": found["service.version"],
                         "service.instance.id": HOST, "host.name": HOST, "site": "ams"}
        assert found["service.version"].startswith("4.")
        scopes.setdefault(scope.name, set()).add(metric.name)
        policies = {attributes(point.attributes).get("policy") for point in data.data_points}
        if scope.name == "pktvisor":
            assert not scope.attributes
        else:
            (policy,) = policies
            assert scope.name == f"pktvisor/{policy}"
            assert attributes(scope.attributes) == {"policy_name": policy}
    assert {"pktvisor", "pktvisor/edge"} < set(scopes) and len(scopes) == 3  # and the resources
    assert {"pktvisor_build_info", "process_threads", "pktvisor_completeness"} <= scopes["pktvisor"]


def test_points_of_a_name_are_one_metric(quiet):
    requests, _, _ = quiet
    for request in requests:
        (resource,) = request.export.resource_metrics
        names = [scope.scope.name for scope in resource.scope_metrics]
        assert len(set(names)) == len(names)
        for scope in resource.scope_metrics:
            names = [metric.name for metric in scope.metrics]
            assert len(set(names)) == len(names), scope.scope.name


def test_kinds_and_times(quiet):
    requests, _, _ = quiet
    seen = set()
    for _, scope, metric, data in metrics(requests):
        kind = metric.WhichOneof("data")
        seen.add(kind)
        live = [point for point in data.data_points if not point.flags & ENDED]
        if kind == "sum":
            assert data.aggregation_temporality == CUMULATIVE and data.is_monotonic
        if kind in ("histogram", "exponential_histogram"):
            assert data.aggregation_temporality == DELTA
            assert all(point.HasField("sum") for point in live)
        if kind == "exponential_histogram":
            assert all(point.scale == 5 and point.zero_count + sum(point.positive.bucket_counts) == point.count
                       and point.min <= point.max for point in live)
        if kind == "summary":
            assert all(point.count > 0 and len(point.quantile_values) == 4 for point in live)
        for point in live:
            assert point.time_unix_nano % (PERIOD * NS) == 0
            if scope.name != "pktvisor" and "resources" not in scope.name:
                begin = point.time_unix_nano - PERIOD * NS
                assert begin <= point.start_time_unix_nano < point.time_unix_nano
    assert seen == {"gauge", "sum", "summary", "histogram", "exponential_histogram"}


def test_what_a_minute_lacks_is_flagged(quiet):
    _, _, found = quiet
    written, flagged = [end * NS for end in written_of(found)], 0
    minute_before = dict(zip(written[1:], written))
    for key, values in found.items():
        times = sorted(values)
        for before, at in zip([None, *times], times):
            if ended(values[at]):
                flagged += 1
                assert before == minute_before[at] and not ended(values[before]), key
            elif before is not None:
                assert before == minute_before[at] or ended(values[before]), key
        assert ended(values[times[-1]]) or times[-1] == written[-1], key
    assert flagged > 100


def udp_values(found):
    """Of a counter with a native name, one after the other."""
    for (name, _), values in found.items():
        if name == "pktvisor_dns_wire_packets_udp":
            return [values[at][1].as_int for at in sorted(values) if not ended(values[at])]
    return []


def test_native_names_are_cumulative():
    with receiver() as store, Pushing(target(store, names="native")) as agent:
        def grown(taken):
            return len({value for value in udp_values(points(taken)) if value}) >= 3
        requests = wait_for_sent(agent, store, grown)
        kinds, units = {}, {}
        for _, _, metric, data in metrics(requests):
            kinds[metric.name], units[metric.name] = metric.WhichOneof("data"), metric.unit
            if metric.WhichOneof("data") in ("sum", "exponential_histogram"):
                assert data.aggregation_temporality == CUMULATIVE
        assert kinds["pktvisor_dns_wire_packets_udp"] == "sum"
        assert kinds["pktvisor_dns_xact_out_seconds"] == "exponential_histogram"
        assert kinds["pktvisor_dns_top_rcode_messages"] == "gauge"
        assert "histogram" not in kinds.values() and "summary" not in kinds.values()
        assert units["pktvisor_dns_xact_out_seconds"] == "s" and units["pktvisor_packets_bytes"] == "By"
        found = points(requests)
        values = udp_values(found)
        assert values == sorted(values)
        udp = next(values for (name, _), values in found.items() if name == "pktvisor_dns_wire_packets_udp")
        assert len({point.start_time_unix_nano for _, point in map(udp.get, udp) if not point.flags & ENDED}) == 1
        times = next(values for (name, labels), values in found.items()
                     if name == "pktvisor_dns_xact_out_seconds" and dict(labels)["handler"] == "edge-made-d1")
        live = [times[at][1] for at in sorted(times) if not ended(times[at])]
        counts = [point.count for point in live]
        assert counts == sorted(counts) and counts[-1] > 0
        last = live[-1]
        assert last.zero_count + sum(last.positive.bucket_counts) == last.count
        low, high = in_buckets(last, 0.5)
        assert 1e-6 < low < high < 10  # seconds
        assert last.sum / last.count < 10


def policies_left(found):
    """That have values in the newest minute of their series."""
    return {dict(labels).get("policy") for (name, labels), values in found.items()
            if name.startswith("packets_") and not ended(values[max(values)])}


def edge_is_there(taken):
    """In the newest minute."""
    return "edge" in policies_left(points({request.body: request for request in taken}.values()))


def test_failures_restarts_and_partial_success():
    """As remote write: the same bytes again, over a kill; and what is not taken is counted."""
    partial = otlp.ExportMetricsServiceResponse()
    partial.partial_success.rejected_data_points = 3
    partial.partial_success.error_message = "too\told"
    with receiver() as store:
        store.plan = [Answer(503), Answer(how="cut"), Answer(200, body=partial.SerializeToString()),
                      Answer(400, body=b"\x08\x03\x12\x03bad")]
        with Pushing(target(store), made_policy("edge", FEW), made_policy("gone", FEW)) as agent:
            wait_for(lambda: len(store.requests) >= 6, 30)
            first = store.requests[:3]
            assert len({request.body for request in first}) == 1
            assert agent.counter("rejected_points_total") == 3
            assert r"3 points were not taken: too\009old" in agent.log
            assert agent.counter("dropped_requests_total", reason="refused") == 1
            assert "samples dropped: status 400: bad" in agent.log
            store.stop()
            wait_for_minutes(agent, 2)
            agent.kill()
            kept = [path.read_bytes() for path in (agent.queues / "o").glob("*.minute")]
            assert kept
            agent.configure(target(store), made_policy("edge", FEW))
            before = len(store.requests)
            agent.start()
            store.start()
            wait_for_minutes(agent, 2)
            # Twice may come what was under way when the receiver went.
            taken = list({request.body: request for request in wait_for_sent(agent, store, edge_is_there)}.values())
            assert len(taken) >= len(store.taken) - 1
            late = [request.body for request in store.requests[before:]]
            assert all(any(body in minute for body in late) for minute in kept)
            found = points(taken)
            assert policies_left(found) == {"edge"}
            holes = next(values for (name, labels), values in found.items()
                         if name == "pktvisor_completeness" and dict(labels)["reason"] == "not_running")
            assert any(point.as_int for _, point in holes.values())


def test_options():
    """Upstream's options: host, port, path, interval."""
    with Receiver("/otel/v1") as store:
        store.usual = Answer(200)
        more = ["--otel", "--otel-host", "127.0.0.1", "--otel-port", store.port, "--otel-path", "/otel/v1",
                "--otel-interval", "3", "--prom-instance", "edge-7"]
        begin = time.monotonic()
        with Pushing({}, made_policy("edge", FEW), more=more):
            # Two rounds, at the least.
            wait_for(lambda: len(store.taken) >= 5 and store.taken[-1].at - begin >= 6, 40)
            check_interval(store, begin, 3, lambda request: [end * 1000 for end in written_of(points([request]))])
            assert {request.path for request in store.taken} == {"/otel/v1"}
            (resource, _, _, _), *_ = metrics(store.taken)
            assert attributes(resource.attributes)["service.instance.id"] == "edge-7"
