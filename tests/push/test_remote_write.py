"""Remote write as a receiver sees it: what is written, what has ended, and what becomes of it when the
receiver, the network or the agent fails. What a real Prometheus makes of it is in test_prometheus.py."""
import itertools
import re
import signal
import socket
import time

import pytest

from receiver import Answer, Receiver, at_time, ended, key_of, labels_of, remote_write, samples_of
from rig import (FEW, MODULES, PERIOD, Pushing, check_gaps, check_interval, made_policy, minutes_of, wait_for_minutes,
                 wait_for_sent)
from running import wait_for
from told import Minutes, expected

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*$")
HOST = socket.gethostname()
STEP = PERIOD * 1000  # ms


def target(receiver, **more):
    return {"remote_write": [{"url": receiver.url, "name": "r", "timeout": 10, **more}]}


def written_of(samples):
    """Ends of all minutes: of each the agent speaks."""
    return minutes_of(samples, "pktvisor_build_info")


def check_all_there(agent, samples):
    """From the first minute on that has something of a policy."""
    shown = minutes_of(samples)
    check_gaps(agent, [ms for ms in written_of(samples) if ms >= shown[0]], shown, STEP)


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
            requests = wait_for_sent(agent, receiver, lambda taken: written_of(samples_of(taken))[-1] >= max(minutes) * 1000)
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
    first = minutes_of(samples)[0]
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
    return samples_of(wait_for_sent(agent, receiver, lambda taken: all(has_policy(samples_of(taken), name) for name in names)))


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


def not_running(samples):
    (values,) = [values for series, values in samples.items() if dict(series).get("reason") == "not_running"]
    return values


def test_the_minute_of_a_death_is_incomplete():
    with Receiver() as receiver, Pushing(target(receiver), made_policy("edge", FEW)) as agent:
        wait_for_minutes(agent, 2)
        agent.kill()
        last = agent.newest_end()  # it may wait in the queue
        wait_for(lambda: time.time() * 1000 > last + 2 * STEP)
        agent.start()
        wait_for_minutes(agent, 3)
        values = not_running(samples_of(wait_for_sent(agent, receiver)))
        assert {value for ms, value in values.items() if ms <= last} <= {0, PERIOD}  # the first has its beginning
        after = sorted(ms for ms in values if ms > last)
        # Whole minutes are missing, and one of which the beginning is; none is left out. Then none is missing.
        whole = len(list(itertools.takewhile(lambda ms: values[ms] == PERIOD, after)))
        assert whole >= 2 and after[:whole] == [last + STEP * (n + 1) for n in range(whole)]
        assert len(after) > whole and {values[ms] for ms in after[whole:]} == {0}


def test_answers_that_are_tried_again():
    """500, 429 with Retry-After, a receiver that never answers, a connection that is cut: the same bytes
    come again until they are taken, and nothing overtakes them."""
    with Receiver() as receiver:
        receiver.plan = [Answer(500, body=b"no\nroom"), Answer(429, {"Retry-After": "2"}),
                         Answer(how="hang"), Answer(how="cut"), Answer(503)]
        with Pushing(target(receiver, timeout=3), made_policy("edge", FEW)) as agent:
            wait_for(lambda: len(receiver.taken) >= 3, 60)
            first = receiver.requests[:6]
            assert [request.body for request in first] == [first[0].body] * 6
            assert receiver.requests[2].at - receiver.requests[1].at >= 2
            # The timeout begins before the request is here.
            assert receiver.requests[3].at - receiver.requests[1].at >= 2 + 3
            assert len({request.body for request in receiver.taken}) == len(receiver.taken)
            assert agent.counter("retries_total", reason="server") == 2
            assert agent.counter("retries_total", reason="throttled") == 1
            assert agent.counter("retries_total", reason="network") == 2
            assert agent.counter("dropped_requests_total") == 0
            check_all_there(agent, samples_of(wait_for_sent(agent, receiver)))
            assert r"will be tried again: status 500: no\010room" in agent.log
            assert "the receiver takes minutes again" in agent.log


def test_answers_that_drop():
    with Receiver() as receiver:
        receiver.plan = [Answer(400, body=b"out of order\x1b[31m"), Answer(404), Answer(301)]
        with Pushing(target(receiver), made_policy("edge", FEW)) as agent:
            wait_for(lambda: len(receiver.taken) >= 2, 30)
            assert len({request.body for request in receiver.requests}) == len(receiver.requests)
            assert agent.counter("dropped_requests_total", reason="refused") == 3
            assert agent.counter("dropped_samples_total", reason="refused") > 50
            assert r"samples dropped: status 400: out of order\027[31m" in agent.log
            assert agent.log.count("samples dropped") == 1  # once a minute


def test_a_receiver_that_is_away():
    """Minutes wait on disk, over kill -9, and come in order when it is back, each once."""
    with Receiver() as receiver, Pushing(target(receiver), made_policy("edge", FEW)) as agent:
        wait_for_minutes(agent, 2)
        receiver.stop()
        wait_for_minutes(agent, 3)
        agent.kill()
        kept = sorted(path.read_bytes() for path in (agent.queues / "r").glob("*.minute"))
        assert len(kept) >= 2
        agent.start()
        wait_for_minutes(agent, 2)
        assert agent.counter("queue_minutes") >= len(kept)
        before = len(receiver.requests)
        receiver.start()
        wait_for_sent(agent, receiver)
        late = receiver.requests[before:]
        assert all(any(request.body in minute for request in late) for minute in kept)
        samples = samples_of(receiver.taken)
        assert len(written_of(samples)) >= 7
        # Twice may come what was under way when the receiver went.
        assert len({request.body for request in receiver.taken}) >= len(receiver.taken) - 1
        times = [max(sample.timestamp for series in request.write.timeseries for sample in series.samples)
                 for request in receiver.taken if request.write.timeseries]
        assert times == sorted(times)


def test_a_full_queue_drops_the_oldest():
    with Receiver() as receiver:
        receiver.usual = Answer(503)
        options = target(receiver, queue={"max_bytes": 65536})
        with Pushing(options) as agent:
            wait_for(lambda: agent.counter("dropped_minutes_total", reason="queue_full") >= 2, 60)
            # For a moment the newest lies there beside those that go for it.
            wait_for(lambda: agent.counter("queue_bytes") <= 65536)
            assert agent.counter("dropped_samples_total", reason="queue_full") > 100
            receiver.usual = Answer()
            check_all_there(agent, samples_of(wait_for_sent(agent, receiver)))


def test_a_damaged_minute_costs_itself_alone():
    with Receiver() as receiver:
        receiver.usual = Answer(503)
        with Pushing(target(receiver), made_policy("edge", FEW)) as agent:
            wait_for_minutes(agent, 4)
            agent.stop()
            files = sorted((agent.queues / "r").glob("*.minute"))
            damaged = bytearray(files[1].read_bytes())
            damaged[200] ^= 1
            files[1].write_bytes(damaged)
            (agent.queues / "r" / "next.tmp").write_bytes(damaged[:100])
            receiver.usual = Answer()
            agent.start()
            wait_for_sent(agent, receiver)
            assert agent.counter("dropped_minutes_total", reason="queue_damaged") == 1
            assert agent.counter("torn_minutes_total") == 1
            assert "damaged minutes of the queue dropped" in agent.log


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


def test_interval():
    """Minutes come together, each with its own time."""
    begin = time.monotonic()
    with Receiver() as receiver, Pushing(target(receiver, interval=3), made_policy("edge", FEW)) as agent:
        # Two rounds, at the least.
        wait_for(lambda: len(receiver.taken) >= 5 and receiver.taken[-1].at - begin >= 6, 40)
        check_interval(receiver, begin, 3, lambda request: written_of(samples_of([request])))
        check_all_there(agent, samples_of(wait_for_sent(agent, receiver)))
