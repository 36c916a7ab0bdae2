"""An agent on made traffic that pushes to receivers of the test's own."""
import contextlib
import json
import signal
import tempfile
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

    def counter(self, name, **labels):
        """A family pktvisor_push_NAME of the only receiver, or the one of these labels."""
        for line in self.get("/api/v1/policies/__all/metrics/prometheus").text.splitlines():
            if line.startswith(f"pktvisor_push_{name}{{") and \
                    all(f'{key}="{value}"' in line for key, value in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return 0

    def __exit__(self, kind, value, traceback):
        with contextlib.ExitStack() as stack:
            stack.callback(self.place.cleanup)
            super().__exit__(kind, value, traceback)


def minutes_of(samples, name="packets_total"):
    """Times (ms) at which a family has values."""
    from receiver import ended
    return sorted({ms for series, values in samples.items() if dict(series)["__name__"] == name
                   for ms, value in values.items() if not ended(value)})


def wait_for_minutes(agent, count):
    before = agent.counter("minutes_total")
    return wait_for(lambda: agent.counter("minutes_total") >= before + count, 30)
