"""An agent on made traffic that pushes to receivers of the test's own."""
import contextlib
import json
import math
import signal
import struct
import tempfile
import time
from pathlib import Path

from running import Agent, policy, wait_for

PERIOD = 1
MODULES = {"d1": ("dns 1.0", {"type": "dns", "metric_groups": {"enable": ["all"]}}),
           "d2": ("dns 2.0", {"type": "dns", "require_version": "2.0", "metric_groups": {"enable": ["all"]}}),
           "n1": ("net 1.0", {"type": "net", "metric_groups": {"enable": ["all"]}}),
           "n2": ("net 2.0", {"type": "net", "require_version": "2.0", "metric_groups": {"enable": ["all"]}})}
FEW = {"n1": MODULES["n1"]}


def made_policy(name="edge", modules=None, **more):
    return policy(name, {key: module for key, (_, module) in (modules or MODULES).items()}, tap="made",
                  window={"num_periods": 10}, **more)


def configuration(options, *policies, rate=500, seed=7):
    document = {"version": "1.0", "visor": {"config": options, "policies": {}, "taps": {"made": {
        "input_type": "pcap", "config": {"pcap_source": "mock", "mock_seed": seed, "mock_rate": rate}}}}}
    for one in policies or [made_policy()]:
        document["visor"]["policies"] |= one["visor"]["policies"]
    return document


class Pushing(Agent):
    """Its folder, and so its queues and its configuration, outlive a restart."""

    def __init__(self, options, *policies, period=PERIOD, more=(), **made):
        self.place = tempfile.TemporaryDirectory(prefix="pktvisor-push-")
        self.config = Path(self.place.name, "agent.yaml")
        self.queues = Path(self.place.name, "queues")
        self.configure(options, *policies, **made)
        super().__init__("--config", self.config, "--period-seconds", period, "--queue-dir", self.queues,
                         "--admin-api", *more)

    def configure(self, options, *policies, **made):
        self.config.write_text(json.dumps(configuration(options, *policies, **made)))

    def kill(self):
        self.stop(signal.SIGKILL)

    def restart(self, number=signal.SIGTERM):
        self.stop(number)
        return self.start()

    def on_disk(self):
        """{number: whether it still waits} of the minutes in the queue's folder: those that wait, and the newest.
        A minute gets the next number in the moment in which it is there."""
        def look():
            return {int(path.stem, 16): path.suffix == ".minute" for path in self.queues.glob("*/*")
                    if path.suffix in (".minute", ".sent")}
        # One that gets its other name in this moment may be seen under neither.
        before, now = None, look()
        while now != before:
            before, now = now, look()
        return now

    def newest(self):
        """Its number; -1: there was none yet."""
        return max(self.on_disk(), default=-1)

    def newest_end(self):
        """When it ended, in ms. For an agent that does not run."""
        name = f"{self.newest():016x}"
        (path,) = self.queues.glob(f"*/{name}.*")
        return end_of(path)

    def counter(self, name, **labels):
        """A family pktvisor_push_NAME of the only receiver, or the one of these labels. It is kept for a second."""
        for line in self.get("/api/v1/policies/__all/metrics/prometheus").text.splitlines():
            if line.startswith(f"pktvisor_push_{name}{{") and \
                    all(f'{key}="{value}"' in line for key, value in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return 0

    def __exit__(self, kind, value, traceback):
        with contextlib.ExitStack() as stack:
            stack.callback(self.place.cleanup)
            super().__exit__(kind, value, traceback)


def end_of(path):
    """Of a minute in the queue, in ms."""
    return struct.unpack_from("<q", path.read_bytes()[:32], 16)[0] // 10**6


def minutes_of(samples, name="packets_total"):
    """Times (ms) at which a family has values."""
    from receiver import ended
    return sorted({ms for series, values in samples.items() if dict(series)["__name__"] == name
                   for ms, value in values.items() if not ended(value)})


def wait_for_minutes(agent, count):
    """So many more minutes are on the disk; all but the first of them were begun after the call."""
    before = agent.newest()
    wait_for(lambda: agent.newest() >= before + count, 30)


def between_minutes(agent, read):
    """read(), if no minute was sent meanwhile, and none is partly sent."""
    before, found = agent.on_disk(), read()
    return found if not any(before.values()) and agent.on_disk() == before else None


def wait_for_sent(agent, receiver, what=lambda taken: True):
    """What the receiver has taken, in a moment in which no minute is partly sent and what(taken) is true."""
    def whole():
        taken = between_minutes(agent, lambda: receiver.taken)
        return taken if taken and what(taken) else None
    return wait_for(whole, 70)


def check_interval(receiver, begin, seconds, ends):
    """Requests come in rounds, and minutes wait for them. begin: before the start of the agent, whose first round
    begins with it and is empty; ends(request): of its minutes, in ms."""
    rounds, last = [], -math.inf
    for request in receiver.taken:
        if request.at - last > 2:  # less is still the same one, on a machine that has much to do
            rounds.append(request.at)
        last = request.at
    assert all(at - begin >= (number + 1) * seconds for number, at in enumerate(rounds)), (begin, rounds)
    clock = time.time() - time.monotonic()
    waited = [request.at + clock - max(ends(request), default=math.inf) / 1000 for request in receiver.taken]
    assert max(waited) >= seconds - PERIOD - 0.1, waited


def check_gaps(agent, written, shown, step):
    """Of the minutes, each is there, with what all policies have: but for those of which the agent says that they came
    too late. written, shown: ends of all minutes, and of those in which there is a row of a policy."""
    every = range(written[0], written[-1] + 1, step)
    assert set(shown) <= set(written) <= set(every)
    wait_for(lambda: agent.counter("missed_minutes_total", reason="late") >= len(every) - len(written))
    wait_for(lambda: agent.counter("missed_minutes_total", reason="unready") >= len(written) - len(shown))
