#!/usr/bin/env python3
"""The agent under load: scripts/load.py [MEASUREMENT …] [--seconds N] [--minutes N] [--rate N].

Needs root, and a release build (./start or ./check made one). The agent runs with the default policy
of an interface and one worker; frames come over a cable between two network namespaces. Without a
name all measurements but `policies` and `memory` run.

  replay    tcpreplay at top speed: its rate, and what was lost
  highest   sendmmsg at rising rates: the highest one without loss, and what is lost at top speed
  cost      CPU time of the agent for each packet, and its share by function (with perf)
  scrape    10 scrapers of /metrics at 100,000 packets/s: how long answers take, and what was lost
  push      remote write and OTLP at 100,000 packets/s: what was lost, memory and CPU time beside those of
            the same agent without them
  policies  100 policies with 10 filters at 10,000 packets/s: resident memory (8 minutes)
  memory    names and addresses that never come again: resident memory over an hour

Every measurement ends when what was sent is not what was seen and lost.
"""
import argparse
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/load"))

import lab  # noqa: E402
import pushing  # noqa: E402

MIX = ("--packets", 200_000, "--names", 100_000, "--clients", 50_000)  # 43 MB of different frames
STEP, FIRST, TRIES = 50_000, 100_000, 3
SCRAPE_RATE = PUSH_RATE = 100_000
PUSHED = 6  # minutes, each --seconds long
COST_RATES = (100_000, 300_000, 500_000)


def kpps(rate):
    return f"{rate / 1000:.0f} kpps"


class Run:
    """An agent and the packets that it must account for."""

    def __init__(self, link, agent):
        self.link, self.agent, self.sent, self.lost = link, agent, 0, 0

    def account(self, sent):
        """What of these packets was lost."""
        self.sent += sent.frames
        try:
            lost = lab.check_exact(self.agent, self.sent)
        except AssertionError as fault:
            raise SystemExit(f"the account does not balance: {fault}")
        more, self.lost = lost - self.lost, lost
        return more


def measure_replay(link, frames, args):
    with lab.load_agent(link) as agent:
        run = Run(link, agent)
        for _ in range(TRIES):
            sent = link.replay(frames, loops=10)
            lost = run.account(sent)
            print(f"replay    tcpreplay sends {kpps(sent.rate)}: {lost:,} lost of {sent.frames:,}")


def attempt(run, frames, rate, seconds):
    """(rate that was sent, packets lost), the best of some tries."""
    best = None
    for _ in range(TRIES):
        sent = run.link.send(frames, seconds=seconds, rate=rate)
        lost = run.account(sent)
        if best is None or (lost, -sent.rate) < (best[1], -best[0]):
            best = sent.rate, lost
        if lost == 0:
            break
    return best


def rise(run, frames, seconds):
    """The highest rate without loss."""
    highest, rate = 0, FIRST
    while True:
        reached, lost = attempt(run, frames, rate, seconds)
        print(f"          {kpps(reached)}: {lost:,} lost")
        if lost:
            return highest
        highest = max(highest, reached)
        if reached < 0.9 * rate:
            return highest  # the sender cannot do more
        rate += STEP


def measure_highest(link, frames, args):
    with lab.load_agent(link) as agent:
        run = Run(link, agent)
        highest = rise(run, frames, args.seconds)
        sent = link.send(frames, seconds=args.seconds)
        lost = run.account(sent)
        print(f"highest   {kpps(highest)} without loss (upstream 371 kpps with 0.1 % lost); at top speed "
              f"{lost:,} lost of {sent.frames:,}, sent at {kpps(sent.rate)}; sent = seen + lost")


def profile(agent, path):
    return subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "2000", "-p",
                             str(agent.pid), "-o", path], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL) if shutil.which("perf") else None


def show_profile(path):
    report = subprocess.run(["perf", "report", "-i", path, "--stdio", "--no-children",
                             "--percent-limit", "1.5", "-F", "overhead,symbol"],
                            capture_output=True, text=True)
    for line in report.stdout.splitlines():
        if line.strip() and not line.startswith("#"):
            print("          " + " ".join(line.split()))


def measure_cost(link, frames, args):
    with lab.load_agent(link) as agent:
        run, path = Run(link, agent), str(link.folder / "perf.data")
        run.account(link.send(frames, seconds=2, rate=FIRST))
        for rate in COST_RATES:
            before = lab.cpu_seconds(agent)
            sent = link.send(frames, seconds=args.seconds, rate=rate)
            used = lab.cpu_seconds(agent) - before
            lost = run.account(sent)
            print(f"cost      {1e9 * used / (sent.frames - lost):.0f} ns a packet at {kpps(sent.rate)}")
        perf = profile(agent, path)
        run.account(link.send(frames, seconds=args.seconds, rate=COST_RATES[-1]))
        if perf:
            perf.send_signal(signal.SIGINT)
            perf.wait()
            show_profile(path)


def measure_scrape(link, frames, args):
    options = ("--periods", lab.PERIODS, "--prometheus-names", "both")
    with lab.LoadAgent(link, *options, inside=True) as agent:
        run = Run(link, agent)
        for keep in (True, False):
            sender = link.sender(frames, seconds=args.seconds + 2, rate=SCRAPE_RATE)
            time.sleep(1)
            seen = lab.scrape(agent, 10, 100, args.seconds, keep)
            sent = lab.finished(sender)
            lost = run.account(sent)
            print(f"scrape    {'kept' if keep else 'fresh'} connections, {kpps(sent.rate)}: half within "
                  f"{seen.p50_us / 1000:.1f} ms, 99 % within {seen.p99_us / 1000:.1f} ms, all within "
                  f"{seen.max_us / 1000:.1f} ms; {seen.failed} of {seen.scrapes} failed, {lost:,} "
                  "packets lost")


def measure_push(link, frames, args):
    seconds = PUSHED * args.seconds
    without, both = pushing.cost_of_pushing(link, frames, PUSH_RATE, seconds, args.seconds)
    for name, cost in ("no way out", without), ("both ways", both):
        print(f"push      {name}: {cost.lost:,} lost of {cost.sent.frames:,} at {kpps(cost.sent.rate)}, "
              f"{cost.peak:.1f} MiB resident at most, {cost.cpu:.2f} s of CPU")
    for way, (requests, size) in both.taken.items():
        print(f"          {way}: {both.minutes} minutes of {args.seconds} s, {requests} requests, "
              f"{size / both.minutes / 1000:.1f} kB a minute")
    print(f"          {both.peak - without.peak:+.1f} MiB, "
          f"{1000 * (both.cpu - without.cpu) / both.minutes:.0f} ms of CPU a minute")


def measure_policies(link, frames, args):
    with lab.LoadAgent(link) as agent:
        lab.add_policies(agent)
        with lab.Endless(link, args.rate or 10_000) as traffic:
            sizes = lab.watch_memory(agent, traffic, (args.minutes or 8) * 60, show=True)
        seen = lab.by_input(agent)
    print(f"policies  {max(sizes):.1f} MiB resident at most; {seen.lost:,} of {seen.sum:,} packets lost")


def measure_memory(link, frames, args):
    minutes = args.minutes or 60
    with lab.LoadAgent(link) as agent:
        with lab.Endless(link, args.rate or 8_000, *lab.NEVER_AGAIN) as traffic:
            sizes = lab.watch_memory(agent, traffic, minutes * 60, show=True)
        seen = lab.by_input(agent)
    print(f"memory    {max(sizes):.1f} MiB resident at most in {minutes} minutes; "
          f"{lab.growth(sizes):+.1f} MiB from the third to the last quarter; {seen.lost:,} of "
          f"{seen.sum:,} packets lost")


MEASUREMENTS = {"replay": measure_replay, "highest": measure_highest, "cost": measure_cost,
                "scrape": measure_scrape, "push": measure_push,
                "policies": measure_policies, "memory": measure_memory}
LONG = ("policies", "memory")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="MEASUREMENT", help=", ".join(MEASUREMENTS))
    parser.add_argument("--seconds", type=int, default=10, help="of each step")
    parser.add_argument("--minutes", type=int, help="of policies and memory")
    parser.add_argument("--rate", type=int, help="packets/s of policies and memory")
    args = parser.parse_args()
    unknown = set(args.names) - set(MEASUREMENTS)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    with lab.cable() as link:
        frames = link.capture("frames.pcap", *MIX)
        for name in args.names or [name for name in MEASUREMENTS if name not in LONG]:
            MEASUREMENTS[name](link, frames, args)


if __name__ == "__main__":
    main()
