"""What may happen to a receiver, the network and the agent, and who remembers meanwhile what had reached the
agent's disk. PKTVISOR_PUSH_SECONDS is how long it goes on."""
import contextlib
import math
import os
import random
import threading
import time
from collections import Counter
from http.client import HTTPException
from itertools import pairwise
from types import SimpleNamespace

from prometheus_receiver import Cable
from rig import Pushing, end_of, made_policy, wait_for_minutes
from running import wait_for
from told import Minutes, expected

SECONDS = float(os.environ.get("PKTVISOR_PUSH_SECONDS", "24"))
PERIOD, RATE, SEED = 2, 400, 21
STEP = PERIOD * 1000  # ms
MODULES = {"d1": ("dns 1.0", {"type": "dns"}), "n1": ("net 1.0", {"type": "net"})}
CUT_SECONDS = (1, 8) if SECONDS < 100 else (1, 40)
SELECTOR = '{policy="edge",handler=~"edge-made-.*"}'


class Watcher(threading.Thread):
    """What is on the agent's disk and, read by a thread of its own that waits for the agent, in its JSON, while it
    runs and is killed."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.folder, self.minutes = agent.queues / "p", Minutes(agent, "edge")
        self.ends, self.done = {}, threading.Event()  # of the numbers of minutes

    def read_ends(self):
        for path in [*self.folder.glob("*.minute"), *self.folder.glob("*.sent")]:
            with contextlib.suppress(OSError):  # it was sent in this moment
                self.ends[int(path.stem, 16)] = end_of(path)

    def read_between(self):
        """(synced, unknown): ends of all minutes on the disk, and of those that may have been there or not: between two
        looks that were far apart numbers can come and go."""
        numbers = sorted(self.ends)
        synced, unknown = set(self.ends.values()), set()
        for before, after in pairwise(numbers):
            between = range(self.ends[before] + STEP, self.ends[after], STEP)
            if len(between) == after - before - 1:
                synced |= set(between)
            elif after - before > 1:
                unknown |= set(between)
        return synced, unknown

    def run(self):
        reader = threading.Thread(target=self.read_minutes)
        reader.start()
        while not self.done.wait(0.1):
            self.read_ends()
        reader.join()

    def read_minutes(self):
        while not self.done.wait(0.1):
            with contextlib.suppress(OSError, HTTPException, KeyError):  # the agent is away
                self.minutes.look()

    def finish(self):
        """(synced, unknown, {end: …} as in told.Minutes)"""
        self.done.set()
        self.join()
        return *self.read_between(), self.minutes.minutes


def kill_receiver(server, cable, away):
    if not server.HAS_LOG:  # what it says it has taken is safe some seconds later
        cable.cut()
        server.settle()
    server.kill()
    cable.mend()
    time.sleep(away)
    server.start()


def cut_network(cable, away):
    cable.cut()
    time.sleep(away)
    cable.mend()


def kill_agent(agent, away, holes):
    """For a short time; for a longer one, the first, until the minute of its death is over. holes: gets the ends of
    minutes that nobody can have written."""
    agent.kill()
    newest, died, away = agent.newest_end(), time.time(), min(away, 4 * PERIOD) / 4
    time.sleep(away)
    if away > PERIOD / 2:
        time.sleep(max(0, (died // PERIOD + 1) * PERIOD - time.time()))
    holes |= set(range(newest + STEP, int(time.time() * 1000), STEP))
    agent.start()


def chaos(dice, server, cable, agent, seconds):
    """Faults one after the other; each ends before the next begins. Returns what was done, and the ends of minutes in
    which no agent ran."""
    holes = set()
    faults = {"receiver": lambda away: kill_receiver(server, cable, away),
              "network": lambda away: cut_network(cable, away),
              "agent": lambda away: kill_agent(agent, away, holes)}
    done, end = [], time.monotonic() + seconds
    while time.monotonic() < end or len(done) < len(faults):
        time.sleep(dice.uniform(0.5, 2 * PERIOD))
        done.append([*faults][len(done)] if len(done) < len(faults) else dice.choice([*faults]))
        faults[done[-1]](dice.uniform(*CUT_SECONDS))
    return done, holes


@contextlib.contextmanager
def survived(server, protocol, path, **more):
    """An agent that has pushed to that server over a cable, all faults, and all that there is to know
    about it: which minutes were synced (ends in ms), what JSON said of them, when the last of them was."""
    with Cable(server.port) as cable:
        options = {protocol: [{"url": f"http://127.0.0.1:{cable.port}{path}", "name": "p", "timeout": 10, **more}]}
        with Pushing(options, made_policy("edge", MODULES), period=PERIOD, rate=RATE) as agent:
            wait_for_minutes(agent, 2)
            watcher = Watcher(agent)
            watcher.start()
            began = time.time()
            done, holes = chaos(random.Random(SEED), server, cable, agent, SECONDS)
            wait_for_minutes(agent, 1)
            synced, unknown, minutes = watcher.finish()
            newest = max(watcher.ends)
            wait_for(lambda: not any(waits and number <= newest for number, waits in agent.on_disk().items()), 120)
            at = max(synced) / 1000
            print(f"{len(synced)} minutes of {PERIOD} s were synced; {Counter(done)}")
            yield SimpleNamespace(server=server, agent=agent, synced=sorted(synced), unknown=unknown, holes=holes,
                                  minutes=minutes, at=at, done=done, seconds=math.ceil(at - began) + 10 * PERIOD)


def told(story, ms, **labels):
    """The series of a minute as the agent's JSON has them; None: nobody has read it before a death."""
    handlers = story.minutes.get(ms // 1000)
    if not handlers:
        return None
    found = {}
    for name, (title, _) in MODULES.items():
        schema, handler = handlers[f"edge-made-{name}"]
        found |= expected(handler, schema, title,
                          {"handler": f"edge-made-{name}", "policy": "edge", "tap": "made", **labels})
    return found


def was_slow(story):
    """The agent says that minutes are missing, or were written before all was there: on a machine that has much to do
    it may not run for a minute of two seconds."""
    return "minutes are missing or not whole" in story.agent.log


def check_deaths(story, seconds):
    """seconds: {ms: of the minute, in which no agent ran}."""
    assert story.holes and not story.holes & set(story.synced)
    assert [ms for ms in sorted(story.holes) if float(seconds[ms]) != PERIOD] == []
    every = set(range(story.synced[0], story.synced[-1], STEP))
    missing = every - story.holes - story.unknown - set(story.synced) - set(seconds)
    assert not missing or was_slow(story), missing
    whole = [ms for ms in story.synced if float(seconds[ms]) == 0]
    assert len(whole) >= len(story.synced) - story.done.count("agent") - 1


def check_nothing_was_lost(story):
    agent = story.agent
    for reason in ("refused", "queue_full", "queue_damaged"):
        assert agent.counter("dropped_requests_total", reason=reason) == 0
    assert agent.counter("duplicate_series_total") == 0
    for reason in ("disk", "memory", "clock"):
        assert agent.counter("missed_minutes_total", reason=reason) == 0
    for reason in ("late", "unready"):
        assert agent.counter("missed_minutes_total", reason=reason) == 0 or was_slow(story)
