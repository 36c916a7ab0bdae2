"""Remote write as a receiver sees it: what is written, and what has ended. What becomes of it when the receiver or the
agent fails is in test_answers.py and test_queue.py; what a real Prometheus makes of it in test_prometheus.py."""
import re
import signal
import socket

import pytest

from receiver import Receiver, at_time, ended, key_of, labels_of, remote_write, samples_of
from rig import FEW, MODULES, Pushing, made_policy, minutes_of, wait_for_minutes, wait_for_sent
from running import wait_for
from told import Minutes, expected
from written import STEP, check_all_there, target, written_of

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*$")
HOST = socket.gethostname()


def of_minute(samples, handler, ms):
    """Upstream's series of a handler's rows at that time, without what JSON does not have."""
    return {series: value for series, value in at_time(samples, ms).items()
            if dict(series).get("handler") == handler and "reason" not in dict(series)}


def without_sums(series):
    return {key: value for key, value in series.items()
            if not dict(key)["__name__"].endswith(("_sum", "_count"))}


@pytest.fixture(scope="module")
def quiet():
    """An agent with every sort of row, its requests, and the JSON of its minutes."""
    with Receiver() as receiver:
        options = target(receiver, external_labels={"dc": "ams", "DC": "x", "empty": "", "policy": "no"})
        with Pushing(options) as agent:
            minutes = Minutes(agent, "edge").wait(6)
            last = max(minutes) * 1000
            requests = wait_for_sent(agent, receiver, lambda taken: written_of(samples_of(taken))[-1] >= last)
            yield agent, requests, minutes, samples_of(requests)


def test_values_are_those_of_json(quiet):
    agent, _, minutes, samples = quiet
    compared, sent_minutes = 0, minutes_of(samples)
    # The first one may have begun before the collector did; what came too late is counted (test_one_time_a_minute).
    for end in sorted(end for end in minutes if end * 1000 in sent_minutes):
        for name, (title, _) in MODULES.items():
            schema, handler = minutes[end][f"edge-made-{name}"]
            labels = {"handler": f"edge-made-{name}", "policy": "edge", "tap": "made", "dc": "ams", "DC": "x",
                      "instance": HOST, "job": "pktvisor"}
            told = expected(handler, schema, title, labels)
            sent = without_sums(of_minute(samples, f"edge-made-{name}", end * 1000))
            assert sent == told
            compared += len(told)
    assert compared > 1000


def test_requests_are_well_formed(quiet):
    _, requests, _, _ = quiet
    for request in requests:
        assert request.path == "/api/v1/write"
        assert request.headers["Content-Type"] == "application/x-protobuf"
        assert request.headers["Content-Encoding"] == "snappy"
        assert request.headers["X-Prometheus-Remote-Write-Version"] == "0.1.0"
        assert request.headers["User-Agent"].startswith("pktvisord/4.")
        for series in request.write.timeseries:
            names = [label.name for label in series.labels]
            assert names == sorted(set(names)) and all(map(LABEL.match, names))
            assert all(label.value for label in series.labels)
            assert {"__name__", "instance", "job"} <= set(names)
            assert len(series.samples) + len(series.histograms) >= 1


def test_what_the_agent_says_of_itself(quiet):
    _, _, _, samples = quiet
    names = {dict(series)["__name__"] for series in samples}
    assert {"pktvisor_build_info", "process_resident_memory_bytes", "pktvisor_push_minutes_total",
            "pktvisor_completeness", "pktvisor_input_packets_total"} <= names


def test_metadata(quiet):
    _, requests, _, _ = quiet
    found = {row.metric_family_name: row for request in requests for row in request.write.metadata}
    kinds = remote_write.MetricMetadata
    assert found["packets_total"].type == kinds.GAUGE
    assert found["dns_xact_out_quantiles_us"].type == kinds.SUMMARY
    assert found["dns_xact_out_histogram_us"].type == kinds.HISTOGRAM
    assert found["pktvisor_push_minutes_total"].type == kinds.COUNTER
    assert all(row.help for row in found.values())


def test_one_time_a_minute(quiet):
    """Every sample has the time of a minute's end, and no series has a minute twice."""
    agent, requests, _, samples = quiet
    count = sum(len(series.samples) + len(series.histograms)
                for request in requests for series in request.write.timeseries)
    assert count == sum(len(values) for values in samples.values())
    assert all(ms % STEP == 0 for values in samples.values() for ms in values)
    check_all_there(agent, samples)


def test_what_a_minute_lacks_is_marked(quiet):
    """A series has a value, or a marker in the minute after its last one, and no other markers."""
    _, _, _, samples = quiet
    written, marked = written_of(samples), 0
    minute_before = dict(zip(written[1:], written))
    for series, values in samples.items():
        times = sorted(values)
        for before, ms in zip([None, *times], times):
            if ended(values[ms]):
                marked += 1
                assert before == minute_before[ms] and not ended(values[before]), dict(series)
            elif before is not None:
                assert before == minute_before[ms] or ended(values[before]), dict(series)
        assert ended(values[times[-1]]) or times[-1] == written[-1], dict(series)
    assert marked > 100


def test_no_marker_of_the_first_minute(quiet):
    _, _, _, samples = quiet
    first = written_of(samples)[0]
    assert not any(ended(values[first]) for values in samples.values() if first in values)


def last_values(samples):
    return {series: values[max(values)] for series, values in samples.items()}


def open_series(samples):
    return {series for series, value in last_values(samples).items() if not ended(value)}


def open_policies(samples):
    return {dict(series).get("policy") for series in open_series(samples)}


def has_policy(samples, name):
    return any(dict(series).get("policy") == name for series in samples)


def sent_of_policies(agent, receiver, *names):
    """Waits until there was something of each."""
    def are_there(taken):
        samples = samples_of(taken)
        return all(has_policy(samples, name) for name in names)
    return samples_of(wait_for_sent(agent, receiver, are_there))


def test_a_policy_goes_and_one_changes():
    with Receiver() as receiver, Pushing(target(receiver), made_policy("edge", FEW),
                                         made_policy("gone", FEW)) as agent:
        sent_of_policies(agent, receiver, "edge", "gone")
        assert agent.delete("/api/v1/policies/gone").status == 200
        wait_for_minutes(agent, 2)
        samples = samples_of(wait_for_sent(agent, receiver, lambda taken: "edge" in open_policies(samples_of(taken))))
        assert has_policy(samples, "gone")
        assert "gone" not in open_policies(samples)
        # The last one goes, too: the agent still speaks of itself.
        assert agent.delete("/api/v1/policies/edge").status == 200
        wait_for_minutes(agent, 2)
        left = open_series(samples_of(wait_for_sent(agent, receiver)))
        assert not any(dict(series)["__name__"].startswith("packets_") for series in left)
        assert any(dict(series)["__name__"] == "pktvisor_build_info" for series in left)
        agent.configure({}, made_policy("edge", FEW))
        # What is pushed is not changed by a signal, and the agent says so.
        agent.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "changed options hold after a restart: remote_write" in agent.log)


@pytest.mark.parametrize("number", ["SIGTERM", "SIGKILL"])
def test_markers_across_a_restart(number):
    with Receiver() as receiver, Pushing(target(receiver), made_policy("gone", FEW)) as agent:
        sent_of_policies(agent, receiver, "gone")
        agent.stop(getattr(signal, number))
        agent.configure(target(receiver), made_policy("edge", FEW))
        agent.start()
        wait_for_minutes(agent, 1)
        samples = sent_of_policies(agent, receiver, "gone", "edge")
        assert "gone" not in open_policies(samples)


def test_native_histograms():
    with Receiver() as receiver, Pushing(target(receiver, native_histograms=True, names="both")) as agent:
        one = {"handler": "edge-made-d1", "policy": "edge", "tap": "made", "instance": HOST, "job": "pktvisor"}
        quantiles = key_of({**one, "__name__": "dns_xact_out_quantiles_us"})
        minutes = Minutes(agent, "edge")

        def told_and_sent():
            """The newest minute, but for the first ones, of which we have both."""
            sent = samples_of(wait_for_sent(agent, receiver)).get(quantiles, {})
            both = sorted(end for end in minutes.wait(4) if end * 1000 in sent and not ended(sent[end * 1000]))
            return both[2:] and both[-1]
        last = wait_for(told_and_sent, 40)
        found = at_time(samples_of(receiver.taken), last * 1000)
        gauge = found[quantiles]
        assert gauge.reset_hint == gauge.GAUGE and gauge.schema == 5
        assert gauge.count_int == found[key_of({**one, "__name__": "dns_xact_out_quantiles_us_count"})]
        assert gauge.sum == found[key_of({**one, "__name__": "dns_xact_out_quantiles_us_sum"})]
        counter = found[key_of({**one, "__name__": "pktvisor_dns_xact_out_seconds"})]
        assert counter.reset_hint == counter.UNKNOWN and counter.count_int >= gauge.count_int
        for histogram in (gauge, counter):
            counts, count = [], 0
            for delta in histogram.positive_deltas:
                count += delta
                counts.append(count)
            assert all(counts) and sum(counts) + histogram.zero_count_int == histogram.count_int
            assert sum(span.length for span in histogram.positive_spans) == len(counts)
        assert not any(dict(series)["__name__"] == "pktvisor_dns_xact_out_seconds_bucket" for series in found)
        # The median lies in the bucket that says so.
        _, handler = minutes.minutes[last]["edge-made-d1"]
        median, seen = handler["dns"]["xact"]["out"]["quantiles_us"]["p50"], gauge.zero_count_int
        index, count, deltas = 0, 0, iter(gauge.positive_deltas)
        for span in gauge.positive_spans:
            index += span.offset
            for _ in range(span.length):
                count += next(deltas)
                seen += count
                if seen >= gauge.count_int / 2:
                    assert 2 ** ((index - 1.5) / 32) <= median <= 2 ** ((index + 0.5) / 32)
                    return
                index += 1
        raise AssertionError("the buckets hold less than half of the values")
