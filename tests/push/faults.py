"""What may happen to a receiver, the network and the agent, and who remembers meanwhile what had reached the
agent's disk. PKTVISOR_PUSH_SECONDS is how long it goes on."""
import contextlib
import math
import os
import random
import struct
import threading
import time
from collections import Counter
from types import SimpleNamespace

from prometheus_receiver import Cable
from rig import Pushing, made_policy, wait_for_minutes
from running import wait_for
from told import Minutes, expected

SECONDS = float(os.environ.get("PKTVISOR_PUSH_SECONDS", "24"))
PERIOD, RATE, SEED = 2, 400, 21
MODULES = {"d1": ("dns 1.0", {"type": "dns"}), "n1": ("net 1.0", {"type": "net"})}
CUT_SECONDS = (1, 8) if SECONDS < 100 else (1, 40)
SELECTOR = '{policy="edge",handler=~"edge-made-.*"}'


class Watcher(threading.Thread):
    """What is on the agent's disk and in its JSON, while it runs and is killed."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.folder, self.minutes = agent.queues / "p", Minutes(agent, "edge")
        self.synced, self.done = set(), threading.Event()

    def read_ends(self):
        for path in [*self.folder.glob("*.minute"), *self.folder.glob("*.sent")]:
            try:
                head = path.read_bytes()[:32]
            except OSError:
                continue  # it was sent in this moment
            self.synced.add(struct.unpack_from("<q", head, 16)[0] // 10**6)

    def run(self):
        while not self.done.wait(0.1):
            self.read_ends()
            try:
                self.minutes.look()
            except (OSError, KeyError):
                pass  # the agent is away

    def finish(self):
        self.done.set()
        self.join()
        return self.synced, self.minutes.minutes


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


def kill_agent(agent, away):
    agent.kill()
    time.sleep(min(away, 4 * PERIOD) / 4)
    agent.start()


def chaos(dice, server, cable, agent, seconds):
    """Faults one after the other; each ends before the next begins. What was done is returned."""
    faults = {"receiver": lambda away: kill_receiver(server, cable, away),
              "network": lambda away: cut_network(cable, away),
              "agent": lambda away: kill_agent(agent, away)}
    done, end = [], time.monotonic() + seconds
    while time.monotonic() < end or len(done) < len(faults):
        time.sleep(dice.uniform(0.5, 2 * PERIOD))
        done.append([*faults][len(done)] if len(done) < len(faults) else dice.choice([*faults]))
        faults[done[-1]](dice.uniform(*CUT_SECONDS))
    return done


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
            done = chaos(random.Random(SEED), server, cable, agent, SECONDS)
            wait_for_minutes(agent, 1)
            wait_for(lambda: agent.counter("queue_minutes") == 0, 120)
            synced, minutes = watcher.finish()
            at = max(synced) / 1000
            print(f"{len(synced)} minutes of {PERIOD} s were synced; {Counter(done)}")
            wait_for(lambda: server.shown("packets_total", at), 20)
            yield SimpleNamespace(server=server, agent=agent, synced=sorted(synced), minutes=minutes, at=at,
                                  done=done, seconds=math.ceil(at - began) + 10 * PERIOD)


def told(story, ms, **labels):
    """The series of a minute as the agent's JSON has them; None: nobody has read it before a death."""
    handlers = story.minutes.get(ms // 1000 - PERIOD)
    if not handlers:
        return None
    found = {}
    for name, (title, _) in MODULES.items():
        schema, handler = handlers[f"edge-made-{name}"]
        found |= expected(handler, schema, title,
                          {"handler": f"edge-made-{name}", "policy": "edge", "tap": "made", **labels})
    return found


def holes(story):
    """Minutes that were never synced, since the agent was killed in them."""
    return [ms for ms in range(story.synced[0], story.synced[-1], PERIOD * 1000) if ms not in story.synced]


def check_nothing_was_lost(agent):
    for reason in ("refused", "queue_full", "queue_damaged"):
        assert agent.counter("dropped_requests_total", reason=reason) == 0
    assert agent.counter("duplicate_series_total") == 0
    for reason in ("late", "disk", "memory", "clock"):
        assert agent.counter("missed_minutes_total", reason=reason) == 0
