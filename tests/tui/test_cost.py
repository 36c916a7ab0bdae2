"""What the program costs while it shows live traffic: under 2 % of one CPU at a refresh a second."""
import os
import time
from pathlib import Path

from fake_agent import FakeAgent
from terminal import Terminal

SECONDS = 10
MOST = 0.02


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_cpu():
    with FakeAgent() as agent, Terminal(port=agent.port, interval=1, size=(200, 60)) as terminal:
        terminal.wait("● live")
        pid, begun, before = terminal.pid, time.monotonic(), agent.count("window/5")
        used = cpu_seconds(pid)
        time.sleep(SECONDS)
        share = (cpu_seconds(pid) - used) / (time.monotonic() - begun)
        asked = agent.count("window/5") - before
        print(f"{100 * share:.2f} % of one CPU, {asked} refreshes in {SECONDS} s at 200x60")
        assert asked >= SECONDS / 2
        assert share < MOST
