"""What both ways out cost an agent under load: the same load without and with them."""
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from lab import PERIODS, LoadAgent, Sent, by_metrics, cpu_seconds, resident, sample, samples
from running import wait_for

SINK, PORT = Path(__file__).with_name("sink.py"), 9201
WAYS = {"remote write": "/api/v1/write", "OTLP": "/v1/metrics"}


@dataclass
class Cost:
    """Of an agent under load."""
    sent: Sent
    lost: int
    peak: float  # MiB resident
    cpu: float  # seconds
    minutes: int  # that went out, by each way
    taken: dict = field(default_factory=dict)  # {way: [requests, bytes]}


def cost(link, frames, rate, seconds, period, *options):
    """What it costs an agent to see this; its minutes are `period` seconds long."""
    with LoadAgent(link, "--periods", PERIODS, "--prometheus-names", "both", "--period-seconds", period,
                   *options) as agent:
        sent = link.send(frames, rate=rate, seconds=seconds)
        lost = lost_of(agent, sent.frames)
        minutes = minutes_out(agent) if options else 0
        return Cost(sent, lost, resident(agent, "VmHWM"), cpu_seconds(agent), minutes)


def lost_of(agent, sent):
    """How many packets were lost, when all are accounted for; by the counters from the start, since windows
    are shorter than that."""
    wait_for(lambda: by_metrics(agent).sum == sent, why=lambda: f"{by_metrics(agent)}, sent {sent}")
    return by_metrics(agent).lost


def minutes_out(agent):
    """How many minutes have gone out by each way, when none waits: the lower number."""
    def family(name):
        return samples(agent.get("/metrics").text, f"pktvisor_push_{name}")
    wait_for(lambda: sum(family("queue_minutes")) == 0)
    # A collector that was held up for a whole one is late, and says so.
    text = agent.get("/metrics").text
    assert all(sample(text, "pktvisor_push_missed_minutes_total", f'reason="{reason}"') == 0
               for reason in ("disk", "memory", "clock"))
    return min(family("minutes_total"))


def cost_of_pushing(link, frames, rate, seconds, period):
    """(Cost without, Cost with) both ways out, to a receiver beside the agent."""
    without = cost(link, frames, rate, seconds, period)
    with link.near.program("sink", sys.executable, "-B", SINK, str(PORT)) as sink:
        sink.wait_for_text("ready")
        ways = ("--queue-dir", link.folder / "queues", "--remote-write-url",
                f"http://127.0.0.1:{PORT}{WAYS['remote write']}", "--otel", "--otel-host", "127.0.0.1",
                "--otel-port", PORT, "--otel-path", WAYS["OTLP"], "--otel-interval", period)
        pushing = cost(link, frames, rate, seconds, period, *ways)
    taken = json.loads(sink.text().splitlines()[-1])
    pushing.taken = {way: taken[path] for way, path in WAYS.items()}
    return without, pushing
