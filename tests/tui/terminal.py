"""pktvisor-cli in a terminal of its own (tmux), and the screens that it should show."""
import itertools
import json
import os
import re
import shlex
import subprocess
import tempfile
import time
from pathlib import Path

from fake_agent import document

CLI = os.environ.get("PKTVISOR_CLI", "build/release/src/tui/pktvisor-cli")
SCREENS = Path(__file__).resolve().parent / "screens"
PATIENCE = float(os.environ.get("PKTVISOR_PATIENCE", "1"))
SECONDS = 20
# No other variables of whoever runs the tests: they would change what is shown.
PLAIN = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "tmux-256color"}
NUMBERS = itertools.count()


def version():
    return subprocess.run([CLI, "-version"], capture_output=True, text=True,
                          check=True).stdout.split()[1]


def once(*options, environment=None):
    return subprocess.run([CLI, "-once", *map(str, options)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env=PLAIN | (environment or {}),
                          timeout=60 * PATIENCE)


def same(text, port=None):
    """Screens name the port and the program's version; the recorded ones those of the recording."""
    if port:
        text = text.replace(f":{port:<5}", ":10853")
    return text.replace(f"pktvisor-cli {version()} ", "pktvisor-cli 4.6.0 ")


def screen(name):
    return (SCREENS / f"{name}.txt").read_text()


class Terminal:
    """with Terminal(port=port) as terminal: the program (or another command) runs in the block."""

    def __init__(self, *options, size=(80, 24), port=None, environment=None, interval=3600,
                 command=None):
        self.port = port
        where = ["-p", str(port)] if port else []
        words = command or [CLI, *where, "-interval", str(interval), *map(str, options)]
        self.folder = tempfile.TemporaryDirectory(prefix="pktvisor-cli-")
        self.status = Path(self.folder.name) / "status"
        # exec keeps the program's id the pane's; its status is read by tmux.
        self.command = "exec " + shlex.join(words)
        self.size, self.environment = size, PLAIN | (environment or {})
        self.socket = str(Path(self.folder.name) / f"tmux-{next(NUMBERS)}")

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-u", "-S", self.socket, "-f", "/dev/null", *words],
                              capture_output=True, text=True, env=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def __enter__(self):
        width, height = self.size
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height), "sleep 3600", ";",
                  "set-option", "-g", "remain-on-exit", "on", ";",
                  "set-option", "-g", "status", "off", ";",
                  "set-option", "-g", "window-size", "manual", ";",
                  "set-option", "-g", "default-terminal", "tmux-256color", ";",
                  "set-option", "-s", "escape-time", "0", ";",
                  "resize-window", "-x", str(width), "-y", str(height), ";",
                  "respawn-pane", "-k", self.command)
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True)
        self.folder.cleanup()

    @property
    def pid(self):
        return int(self.tmux("display-message", "-p", "#{pane_pid}"))

    @property
    def exit_status(self):
        """None while it runs."""
        dead, status = self.tmux("display-message", "-p",
                                 "#{pane_dead},#{pane_dead_status}").strip().split(",")
        return int(status or 0) if dead == "1" else None

    def keys(self, *names):
        self.tmux("send-keys", *names)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def shown(self):
        """The screen's lines without blanks at their ends."""
        return "".join(line.rstrip() + "\n" for line in self.tmux("capture-pane", "-p").split("\n")[:-1])

    def painted(self):
        """With the sequences that paint it."""
        return self.tmux("capture-pane", "-p", "-e")

    def wait(self, what, shown=None):
        """Until what(screen) is true (or a text is part of it); the screen."""
        check = what if callable(what) else lambda text: what in text
        end = time.monotonic() + SECONDS * PATIENCE
        while True:
            text = (shown or self.shown)()
            if check(text):
                return text
            assert time.monotonic() < end, f"not shown in time: {what}\n{text}"
            time.sleep(0.05)

    def expect(self, name):
        """The recorded screen; it may take its time to come."""
        wanted = screen(name)
        try:
            self.wait(lambda text: same(text, self.port) == wanted)
        except AssertionError:
            # pytest shows where they differ.
            assert same(self.shown(), self.port) == wanted, name

    def wait_end(self):
        end = time.monotonic() + SECONDS * PATIENCE
        while self.exit_status is None:
            assert time.monotonic() < end, "it does not end:\n" + self.shown()
            time.sleep(0.05)
        return self.exit_status


def age(text):
    """Seconds that the numbers of a screen are old, as its first line says; -1: they are live."""
    found = re.search(r"(\d+) s old", text.split("\n")[0])
    return int(found[1]) if found else -1


def three_refreshes(terminal):
    """Until the recorded answers about "default" have been shown one after the other: what stops
    and goes on asks at once."""
    for number in (1, 2, 3):
        handlers = json.loads(document(f"default_{number}.json"))["default"]
        live = handlers["default-default-dns"]["dns"]["rates"]["total"]["live"]
        if number > 1:
            terminal.keys("Space", "Space")
        terminal.wait(lambda text: re.search(rf"messages/s +{live} ", text))


COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def colours(painted):
    """Numbers of SGR sequences that mean a colour; 39 and 49 take them back."""
    found = set()
    for sequence in COLOURS.findall(painted):
        found |= {int(n) for n in re.findall(r"\d+", sequence) if 30 <= int(n) <= 48 and n != "39"}
    return found
