"""The queue on the agent's disk, when the receiver is away or the agent is killed."""
import itertools
import time

from receiver import Answer, Receiver, samples_of
from rig import FEW, PERIOD, Pushing, made_policy, wait_for_minutes, wait_for_sent
from running import wait_for
from written import STEP, check_all_there, target, written_of


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
