"""The page of ./start (scripts/live.py): made traffic where there is no right to capture, which it
says; the traffic of an interface with a Prometheus beside it."""
import contextlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from network import cable
from running import AGENT, CAPTURES, PATIENCE, wait_for

PAGE = Path(os.environ.get("PKTVISOR_SOURCE", ".")).resolve() / "scripts/live.py"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]


@pytest.fixture
def copy():
    """The agent and its page where anybody may run them."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody without rights")
    with tempfile.TemporaryDirectory(prefix="newcomer-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file in (AGENT, PAGE):
            shutil.copy(file, folder)
        yield [str(folder / "live.py"), str(folder / Path(AGENT).name)]


def numbers(page):
    """{"total": 1234, ...} of the section of packets."""
    (section,) = re.findall(r"── packets ─+\n(.*?)\n\n", page, re.S)
    scale = {"k": 1e3, "M": 1e6, "": 1}
    return {name: float(value) * scale[unit]
            for name, value, unit in re.findall(r"(\S+) +([\d.e+]+)(?: ([kM]))?(?=  |\n|$)", section)}


def test_without_rights_it_shows_made_traffic_and_says_so(copy):
    done = subprocess.run([*NOBODY, *copy], capture_output=True, text=True, timeout=60 * PATIENCE,
                          stdin=subprocess.DEVNULL, cwd="/")
    assert (done.returncode, done.stderr) == (0, "")
    first = done.stdout.splitlines()[0]
    assert "MADE traffic" in first
    assert "no right to capture packets" in first and "setcap cap_net_raw" in first
    shown = numbers(done.stdout)
    assert shown["total"] > 2000 and shown["udp"] > 500 and shown["tcp"] > 500
    assert "── dns ──" in done.stdout and ".pktvisor-mock.dev" in done.stdout


def test_an_interface_that_cannot_be_captured_is_no_reason_for_made_traffic(copy):
    done = subprocess.run([*NOBODY, *copy, "lo"], capture_output=True, text=True,
                          timeout=60 * PATIENCE, stdin=subprocess.DEVNULL, cwd="/")
    assert done.returncode == 1 and "MADE" not in done.stdout
    assert "no right to capture packets" in done.stderr


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command):
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs,
                                        start_new_session=True)
        os.close(theirs)
        self.text = ""
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        with contextlib.suppress(OSError):  # the other end is gone
            while piece := os.read(self.ours, 65536):
                self.text += piece.decode(errors="replace").replace("\r", "")

    def pages(self):
        return self.text.split("\x1b[H\x1b[J")[1:]


def children(pid):
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


def test_an_interface_and_a_prometheus_beside_it():
    if not shutil.which("prometheus"):
        pytest.skip("not installed: prometheus")
    with cable() as link:
        program = Terminal([*link.enter, str(PAGE), AGENT, "--prometheus", link.inside])
        try:
            def pages_with_traffic():
                assert program.process.poll() is None, program.text
                # The last one may not be complete yet.
                return [page for page in program.pages()[:-1] if numbers(page).get("total", 0) > 1000]

            # It listens in the namespace of the cable.
            def asked(port, expression):
                done = subprocess.run([*link.enter, "curl", "-s", "-G", "--data-urlencode", f"query={expression}",
                                       f"http://127.0.0.1:{port}/api/v1/query"], capture_output=True, timeout=60)
                return json.loads(done.stdout)["data"]["result"]
            wait_for(lambda: len(program.pages()) > 1 or program.process.poll() is not None, 40)
            link.send(CAPTURES / "dns_udp_tcp_random.pcap", options=("--pps=2000",))
            page = wait_for(pages_with_traffic)[0]
            assert f"traffic of {link.inside}" in page and "MADE" not in page and "Ctrl-C ends it" in page
            port = re.search(r"http://127\.0\.0\.1:(\d+)/graph", page).group(1)
            began = children(program.process.pid)
            assert len(began) == 2
            wait_for(lambda: any(float(row["value"][1]) > 1000
                                 for row in asked(port, "pktvisor_packets_packets_total")), 40)
            assert asked(port, "pktvisor_build_info")
        finally:
            with contextlib.suppress(ProcessLookupError):  # as Ctrl-C does
                os.killpg(program.process.pid, signal.SIGINT)
            status = program.process.wait(30 * PATIENCE)
        assert status == 0, program.text
        assert not any(Path(f"/proc/{pid}").exists() for pid in began)
