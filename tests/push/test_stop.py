"""Agents that end while a minute is being collected: it takes what it needs until then."""
import contextlib
import time

from rig import PERIOD, Pushing

AGENTS = 12
FIRST, STEP = -0.02, 0.006  # seconds after the end of a period


def test_agents_end_at_the_end_of_a_minute():
    with contextlib.ExitStack() as stack:
        agents = [stack.enter_context(Pushing({"remote_write": [{"url": "http://127.0.0.1:1/", "name": "r"}]}))
                  for _ in range(AGENTS)]
        # The second one from here: the first may not have been seen whole.
        time.sleep(2 * PERIOD - time.time() % PERIOD + FIRST)
        for agent in agents:
            agent.process.terminate()
            time.sleep(STEP)
        # That they end, and without a fault, is seen when the blocks of the agents do.
