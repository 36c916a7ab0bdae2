"""The page of ./start (scripts/live.py): made traffic where there is no right to capture, which it
says; the traffic of an interface with a Prometheus beside it."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from network import cable
from running import AGENT, CAPTURES, PATIENCE, alive, of_threads, wait_for

# terminal.py lies with the tests of the terminal program.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tui"))
from terminal import CLI, Terminal

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
        for file in (AGENT, CLI, PAGE):
            shutil.copy(file, folder)
        yield [str(folder / "live.py"), str(folder / Path(AGENT).name), str(folder / Path(CLI).name)]


def numbers(page):
    """{"total": 1234, ...} of the section of the network."""
    found = re.search(r"^── network ─.*?(?=^── )", page, re.S | re.M)
    scale = {"k": 1e3, "M": 1e6, "": 1}
    return {name: float(value.replace(",", "")) * scale[unit]
            for name, value, unit in re.findall(r"(total|udp|tcp) +([\d.,]+)([kM]?)", found[0] if found else "")}


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
    assert "/metrics" in done.stdout and "Nothing has arrived" not in done.stdout


def test_on_a_terminal_the_pages_say_so_too(copy):
    with Terminal(command=[*NOBODY, *copy], size=(120, 40)) as terminal:
        text = terminal.wait(".pktvisor-mock.dev")
        assert "MADE traffic, since live traffic cannot be had" in text
        terminal.keys("q")
        assert terminal.wait_end() == 0


def test_an_interface_that_cannot_be_captured_is_no_reason_for_made_traffic(copy):
    done = subprocess.run([*NOBODY, *copy, "lo"], capture_output=True, text=True,
                          timeout=60 * PATIENCE, stdin=subprocess.DEVNULL, cwd="/")
    assert done.returncode == 1 and "MADE" not in done.stdout
    assert "no right to capture packets" in done.stderr


def descendants(pid):
    children = [int(child) for text in of_threads(pid, "children").values() for child in text.split()]
    return children + [more for child in children for more in descendants(child)]


def test_closing_the_window_ends_the_agent(copy):
    with Terminal(command=copy, size=(80, 24)) as terminal:
        terminal.wait("● live")
        began = descendants(terminal.pid)
        assert len(began) == 2
    wait_for(lambda: not any(map(alive, began)))


@pytest.fixture
def house(tmp_path):
    """./start where all parts that it calls are made up: what they print is known."""
    def part(name, text):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n" + text)
        file.chmod(0o755)
    shutil.copy(PAGE.parents[1] / "start", tmp_path)
    part("scripts/install", "")
    part("scripts/configure", "mkdir -p build/release")
    part("build/release/src/reader/pktvisor-reader", "echo summary\n")
    part("bin/ninja", "echo '[1/2] Compiling'; echo '[2/2] Linking'; exit ${FAILS:-0}\n")
    (tmp_path / "some.pcap").touch()
    return tmp_path


def begin(house, **more):
    environment = {**os.environ, "PATH": f"{house}/bin:{os.environ['PATH']}", **more}
    return subprocess.run(["./start", "some.pcap"], cwd=house, env=environment, capture_output=True, text=True)


def test_a_build_says_that_it_goes_on(house):
    done = begin(house)
    assert (done.returncode, done.stdout) == (0, "summary\n")
    assert done.stderr == "Setting up build/release\nBuilding pktvisor (build/release.log)\n"
    assert (house / "build/release.log").read_text() == "[1/2] Compiling\n[2/2] Linking\n"
    (house / "build/release/build.ninja").touch()
    (house / "bin/ninja").write_text("#!/bin/sh\necho 'ninja: no work to do.'\n")
    assert begin(house).stderr == ""


def test_on_a_terminal_it_says_how_far_it_is(house):
    # What stands there when the summary is printed is gone: it holds a while.
    (house / "bin/ninja").write_text("#!/bin/sh\necho '[7/9] Compiling'\nwhile [ ! -e go ]; do sleep 0.1; done\n")
    reader = house / "build/release/src/reader/pktvisor-reader"
    command = ["env", f"PATH={house}/bin:{os.environ['PATH']}", "sh", "-c", f"cd {house} && exec ./start some.pcap"]
    with Terminal(command=command, size=(80, 24)) as terminal:
        terminal.wait("Building pktvisor: 7/9")
        reader.write_text("#!/bin/sh\necho summary\nread line\n")
        (house / "go").touch()
        terminal.wait("summary")
        assert "Building" not in terminal.shown()
        terminal.keys("Enter")
        assert terminal.wait_end() == 0


def test_a_build_that_fails_shows_its_end(house):
    done = begin(house, FAILS="1")
    assert done.returncode == 1 and done.stdout == ""
    assert "[2/2] Linking\npktvisor: the build failed" in done.stderr


def prometheus_port(pids):
    lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids]
    (line,) = [line for line in lines if line.startswith("prometheus\0")]
    return int(re.search(r"--web.listen-address=127.0.0.1:(\d+)", line)[1])


def test_an_interface_and_a_prometheus_beside_it():
    if not shutil.which("prometheus"):
        pytest.skip("not installed: prometheus")
    with cable() as link:
        command = [*link.enter, str(PAGE), AGENT, CLI, "--prometheus", link.inside]
        with Terminal(command=command, size=(120, 40)) as terminal:
            # It listens in the namespace of the cable.
            def asked(port, expression):
                done = subprocess.run([*link.enter, "curl", "-s", "-G", "--data-urlencode", f"query={expression}",
                                       f"http://127.0.0.1:{port}/api/v1/query"], capture_output=True, timeout=60)
                return json.loads(done.stdout)["data"]["result"]
            terminal.wait("● live")
            link.send(CAPTURES / "dns_udp_tcp_random.pcap", options=("--pps=2000",))
            text = terminal.wait(lambda page: numbers(page).get("total", 0) > 1000)
            assert f" traffic of {link.inside}\n" in text and "MADE" not in text
            began = descendants(terminal.pid)
            assert len(began) >= 3
            port = prometheus_port(began)
            wait_for(lambda: any(float(row["value"][1]) > 1000
                                 for row in asked(port, "pktvisor_packets_packets_total")), 40)
            assert asked(port, "pktvisor_build_info")
            rules = subprocess.run([*link.enter, "curl", "-s", f"http://127.0.0.1:{port}/api/v1/rules"],
                                   capture_output=True, text=True, timeout=60).stdout
            assert '"PktvisorAgentSilent"' in rules
            terminal.keys("C-c")
            assert terminal.wait_end() == 0
            # What it had said before is on the screen again.
            assert f"http://127.0.0.1:{port}/graph" in terminal.shown()
        wait_for(lambda: not any(map(alive, began)))
