"""Every key in a terminal, and how the program ends."""
import fcntl
import os
import pty
import signal
import subprocess
import termios
import time

import pytest
from fake_agent import FakeAgent, document
from terminal import CLI, PATIENCE, PLAIN, Terminal, age, three_refreshes


@pytest.fixture
def agent():
    with FakeAgent({"/api/v1/policies/two/metrics/window/5": document("two.json")}) as agent:
        yield agent


def first_line(text):
    return text.split("\n")[2]


def test_pages(agent):
    with Terminal(port=agent.port) as terminal:
        terminal.wait("packets/s")
        for key, text in ("2", "reply/query"), ("3", "packet size"), ("4", "leases"), \
                ("5", "policies, since they began"), ("1", "names, 2 labels"), \
                ("Right", "reply/query"), ("Left", "names, 2 labels"), \
                ("Left", "policies, since they began"):
            terminal.keys(key)
            terminal.wait(text)


def test_scrolling(agent):
    with Terminal(port=agent.port) as terminal:
        terminal.wait("1-21 of 62")
        for keys, text in (["Down"], "2-22 of 62"), (["j", "j"], "4-24 of 62"), (["Up"], "3-23 "), \
                (["k"], "2-22 "), (["NPage"], "22-42 "), (["PPage"], "2-22 "), \
                (["End"], "42-62 of 62 ↑"), (["Home"], "1-21 of 62  ↓"), (["G"], "42-62 "), \
                (["g"], "1-21 "):
            terminal.keys(*keys)
            terminal.wait(text)


def test_lists(agent):
    with Terminal("-page", "dns", port=agent.port) as terminal:
        three_refreshes(terminal)
        terminal.keys("Tab", "Tab", "Enter")
        terminal.expect("zoom_80x24")
        terminal.keys("s", "r")
        terminal.expect("zoom_sorted_80x24")
        terminal.keys("Tab")
        terminal.wait(lambda text: "NXDOMAIN" in first_line(text))
        terminal.keys("BTab")
        terminal.wait(lambda text: "names, 3 labels" in first_line(text))
        terminal.keys("Escape")
        terminal.wait(lambda text: "dns" in first_line(text))
        terminal.keys("/", "d", "1", ".")
        terminal.expect("filter_80x24")
        terminal.keys("BSpace", "Enter")
        terminal.wait('filter "d1"')
        terminal.keys("Escape")
        terminal.wait(lambda text: "filter \"" not in text)


def test_choices(agent):
    with Terminal("-P", "two", port=agent.port) as terminal:
        terminal.wait("network 2.0 1/2")
        terminal.keys("?")
        terminal.wait("the pages")
        terminal.keys("h")
        terminal.expect("handlers_80x24")
        terminal.keys("Down", "Down", "Enter")
        terminal.wait("network 2/2")
        terminal.keys("p")
        terminal.wait("choose a policy")
        terminal.keys("Enter")
        terminal.wait(lambda text: "tcp errors" in text and "   default   last 5 min" in text)
        terminal.resize(60, 20)
        terminal.keys("p", "j")
        terminal.wait("▸ two")


def test_help(agent):
    with Terminal("-P", "two", port=agent.port, size=(60, 20)) as terminal:
        terminal.wait("xacts/s in")
        terminal.keys("?")
        terminal.expect("help_60x20")
        terminal.resize(120, 40)
        terminal.expect("help_120x40")
        terminal.keys("Escape")
        terminal.wait("xacts/s in")


def test_windows(agent):
    def path(end):
        return f"/api/v1/policies/default/metrics/{end}"
    agent.answers[path("window/6")] = (425, b'{"error":"invalid metrics period, specify [2, 5]"}')
    agent.answers[path("bucket/0")] = document("default_2.json")
    agent.answers[path("window/4")] = document("default_1.json")
    with Terminal(port=agent.port) as terminal:
        terminal.wait("last 5 min")
        terminal.wait("packets/s")
        terminal.keys("w")
        terminal.wait(lambda _: agent.count("window/6") == 1 and agent.count("window/5") == 2)
        terminal.wait("last 5 min")
        terminal.keys("w")
        terminal.wait("this minute")
        terminal.wait(lambda _: agent.count("bucket/0") == 1)
        terminal.keys("w")
        terminal.wait("last minute")
        terminal.wait("from 11:25:00 UTC, 60 s")
        terminal.keys("W", "W", "W")
        terminal.wait("last 4 min")
        terminal.wait(lambda _: agent.count("window/4") == 1)


def test_stop_and_go_on(agent):
    with Terminal(port=agent.port, interval=1) as terminal:
        terminal.wait(lambda _: agent.count("window/5") >= 2)
        terminal.keys("Space")
        terminal.wait("stopped")
        terminal.wait(lambda text: age(text) >= 2)
        before = agent.count("window/5")
        time.sleep(2.2)
        assert agent.count("window/5") == before
        terminal.keys("Space")
        terminal.wait(lambda _: agent.count("window/5") > before)
        terminal.keys("-")
        terminal.wait("every 2 s")
        terminal.keys("-")
        terminal.wait("every 5 s")
        terminal.keys("+", "+")
        terminal.wait(lambda text: "every" not in text)


def test_what_lies_on_the_screen_is_drawn_over(agent):
    with Terminal(port=agent.port) as terminal:
        three_refreshes(terminal)
        terminal.expect("overview_80x24")
        tty = terminal.tmux("display-message", "-p", "#{pane_tty}").strip()
        with open(tty, "w") as other:
            other.write("\x1b[5;5Hxxxxx written by somebody else xxxxx")
        terminal.wait("somebody else")
        terminal.keys("C-l")
        terminal.expect("overview_80x24")


@pytest.mark.parametrize("key", ["q", "C-c"])
def test_quit(agent, key):
    with Terminal(port=agent.port) as terminal:
        terminal.wait("packets/s")
        terminal.keys(key)
        assert terminal.wait_end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals(agent, number):
    with Terminal(port=agent.port) as terminal:
        terminal.wait("packets/s")
        os.kill(terminal.pid, number)
        assert terminal.wait_end() == 0


def test_the_terminal_goes(agent):
    """Even where SIGHUP is ignored (nohup) the program ends and does not spin."""
    def child():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ours, theirs = pty.openpty()
    process = subprocess.Popen([CLI, "-p", str(agent.port)], stdin=theirs, stdout=theirs,
                               stderr=theirs, env=PLAIN, preexec_fn=child)
    os.close(theirs)
    assert os.read(ours, 1)
    os.close(ours)
    assert process.wait(20 * PATIENCE) == 0


@pytest.mark.parametrize("term, text", [
    ("dumb", "the terminal (TERM=dumb) cannot move its cursor: --once prints a page"),
    ("no-such-terminal", "the terminal (TERM=no-such-terminal) is not known here")])
def test_terminals_that_cannot(agent, term, text):
    ours, theirs = pty.openpty()
    done = subprocess.run([CLI, "-p", str(agent.port)], stdin=theirs, stdout=theirs, text=True,
                          stderr=subprocess.PIPE, env=PLAIN | {"TERM": term}, timeout=20 * PATIENCE)
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (1, f"pktvisor-cli: {text}\n")


def test_keys_are_answered_while_the_agent_thinks(agent):
    agent.seconds = 60  # the program waits for five of them, and then for its interval
    with Terminal(port=agent.port) as terminal:
        terminal.wait("asking localhost")
        begun = time.monotonic()
        for key, text in ("?", "the pages"), ("Escape", "asking localhost"):
            terminal.keys(key)
            terminal.wait(text)
        terminal.keys("q")
        assert terminal.wait_end() == 0
        assert agent.count("/") == 1, time.monotonic() - begun
