"""Counts that do not come from us: tcpdump and tshark, and the interface's own counters."""
import contextlib
import re
import signal
import subprocess
from pathlib import Path

from namespaces import need, wait_until

REPORT = re.compile(r"(\d+) packets? captured\W+(\d+) packets? received by filter")


@contextlib.contextmanager
def capture(space, interface, name="capture"):
    """What tcpdump sees on an interface, as the path of a capture file that is complete afterwards."""
    need("tcpdump")
    path = Path(space.folder, name + ".pcap")
    with space.program(name, "tcpdump", "-i", interface, "-w", path, "-U", "-s", "0", "-n", "-B", "65536",
                       "--immediate-mode", "-Z", "root", how=signal.SIGINT) as program:
        program.wait_for_text("listening on")
        yield path
        settle(space, interface)
        program.wait_for(lambda: has_written_all(program), "all packets")
    text = program.text()
    assert re.search(r"^0 packets dropped by kernel", text, re.M), text


def has_written_all(tcpdump):
    """What it has got from the system it has written, too. Asked by a signal: at its end it drops the rest."""
    told = len(REPORT.findall(tcpdump.text()))
    tcpdump.process.send_signal(signal.SIGUSR1)
    reports = tcpdump.wait_for(lambda: (found := REPORT.findall(tcpdump.text()))[told:] and found, "a report")
    captured, received = map(int, reports[-1])
    return captured >= received


def settle(space, interface, seconds=0.5):
    """Waits until the interface has been quiet for so long."""
    import time
    seen = {"packets": -1}

    def quiet():
        before = seen["packets"]
        seen["packets"] = space.frames(interface)["packets"]
        if before != seen["packets"]:
            time.sleep(seconds)
        return before == seen["packets"]
    wait_until(quiet, f"a quiet {interface}")


def tshark(path, *arguments):
    need("tshark")
    done = subprocess.run(["tshark", "-n", "-r", str(path), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def frames(path, condition=None):
    """Frames that match a display filter."""
    return len(tshark(path, "-T", "fields", "-e", "frame.number",
                      *(["-Y", condition] if condition else [])).splitlines())


def values(path, field, condition=None):
    """All values of a field, also where a frame has several (messages of a TCP stream)."""
    lines = tshark(path, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,", "-e", field,
                   "-Y", condition or field)
    return [value for line in lines.splitlines() for value in line.split(",") if value]
