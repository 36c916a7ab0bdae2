"""What becomes of minutes by what a receiver answers, and how often it is asked."""
import time

from receiver import Answer, Receiver, samples_of
from rig import FEW, Pushing, check_interval, made_policy, wait_for_sent
from running import wait_for
from written import check_all_there, target, written_of


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


def test_interval():
    """Minutes come together, each with its own time."""
    begin = time.monotonic()
    with Receiver() as receiver, Pushing(target(receiver, interval=3), made_policy("edge", FEW)) as agent:
        # Two rounds, at the least.
        wait_for(lambda: len(receiver.taken) >= 5 and receiver.taken[-1].at - begin >= 6, 40)
        check_interval(receiver, begin, 3, lambda request: written_of(samples_of([request])))
        check_all_there(agent, samples_of(wait_for_sent(agent, receiver)))
