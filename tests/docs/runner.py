"""Runs the blocks of a page in their order and compares what they print."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from compare import difference

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tui"))
from terminal import Terminal  # noqa: E402

SECONDS = 60  # of a command
PATIENCE = 60  # until it prints what it should, or listens


def wait_for(what, why, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, why()
        time.sleep(0.05)


class Page:
    def __init__(self, machine, stack):
        self.machine, self.stack = machine, stack

    def run(self, block):
        if block.not_run is not None:
            return
        if block.words.startswith("background"):
            self.background(block)
        elif block.words.startswith("terminal"):
            self.terminal(block)
        else:
            self.foreground(block)

    def once(self, text):
        """(exit status, what it has printed); it and all that it has started are gone."""
        process = subprocess.Popen(self.machine.command(text), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, env=self.machine.environment,
                                   start_new_session=True)
        try:
            printed, _ = process.communicate(timeout=SECONDS)
            return process.returncode, printed
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def foreground(self, block):
        about = block.output is not None and block.output.words.startswith("about")
        end = time.monotonic() + PATIENCE
        while True:
            status, printed = self.once(block.text)
            wrong = None if status == block.status else f"ended with {status}:\n{printed}"
            if not wrong and block.output:
                wrong = difference(block.output.text, printed, about)
            if not wrong:
                return
            # What is only about so may need its time: traffic must have come.
            assert about and time.monotonic() < end, f"{block.where}: {wrong}"
            time.sleep(0.2)

    def background(self, block):
        before = self.machine.listening()
        log = (self.machine.home / f".log-{block.line}").open("w+b")
        # A group of its own: what the shell has started ends with it.
        process = subprocess.Popen(self.machine.command(block.text), stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log, env=self.machine.environment, start_new_session=True)
        self.stack.callback(self.stop, block, process, log)

        def said():
            log.seek(0)
            return f"{block.where}: {log.read().decode()}"
        wait_for(lambda: self.machine.listening() > before or process.poll() is not None, said)
        assert process.poll() is None, said()

    @staticmethod
    def stop(block, process, log):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            log.close()

    def terminal(self, block):
        """Each line has a terminal of its own."""
        for line in block.text.splitlines():
            self.terminal_line(block, line)

    def terminal_line(self, block, line):
        command = self.machine.command("exec " + line)
        environment = {**self.machine.environment, "TERM": "tmux-256color"}
        with Terminal(command=command, size=(80, 24), environment=environment) as terminal:
            wanted = block.output.text if block.output else "…\n"
            wait_for(lambda: not difference(wanted, terminal.shown(), True) and "q quit" in terminal.shown(),
                     lambda: f"{block.where}: {difference(wanted, terminal.shown(), True)}\n{terminal.shown()}")
            terminal.keys("q")
            assert terminal.wait_end() == 0, block.where


def write_files(machine, block):
    """A block of YAML that has a name is a file; the page tells the name."""
    name = block.words.split(" ")[0]
    if name:
        assert re.search(rf"`{re.escape(name)}`", block.before), f"{block.where}: nobody says that this is {name}"
        (machine.home / name).write_text(block.text)


def run_blocks(machine, blocks):
    with contextlib.ExitStack() as stack:
        page = Page(machine, stack)
        for block in blocks:
            if block.language == "sh":
                page.run(block)
            elif block.language == "yaml":
                write_files(machine, block)
