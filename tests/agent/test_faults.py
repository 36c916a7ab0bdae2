"""What breaks around a running agent: its files, its disk, itself. It goes on, or comes back."""
import contextlib
import random
import re
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from network import cable, inside, udp
from running import PATIENCE, Agent, free_port, wait_for
from scraping import made, scrape, series

COME_BACK_SECONDS = 10  # a connection of the one before hangs on for sixty


def packets(agent, name):
    """Packets that a policy was given since its start."""
    return series(scrape(agent))["pktvisor_policy_packets_total", frozenset({("policy", name)})]


CONFIG = """version: "1.0"
visor:
  taps:
    made: {input_type: pcap, config: {pcap_source: mock, mock_rate: 1000}}
  policies:
    first:
      kind: collection
      input: {tap: made, input_type: pcap}
      handlers: {modules: {net: {type: net}}}
"""
SECOND = """    second:
      kind: collection
      input: {tap: made, input_type: pcap}
      handlers: {modules: {net: {type: %s}}}
"""

BROKEN = [
    # a file, what the log says of it (%s: its path)
    (CONFIG + "    - list\n", "yaml-cpp: error at line 10, column 5: "),
    (CONFIG + SECOND % "nett", "%s:13:"),
    (CONFIG.replace("first", "other") + "    second: {kind: collection}\n", "%s:10:"),
    (CONFIG.replace("mock, mock_rate: 1000", "mokc"), "%s:4:"),
    (CONFIG.replace('"1.0"', '"3.0"'), "%s:1:"),
    ("", "empty data in config file: %s"),
    ("\0\1\2", "%s"),
]


@pytest.mark.parametrize("text, said", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_changes_nothing(tmp_path, text, said):
    path = tmp_path / "agent.yaml"
    path.write_text(CONFIG)
    with Agent("--config", path) as agent:
        taps, names = agent.get("/api/v1/taps").json, set(agent.policies())
        before = wait_for(lambda: packets(agent, "first"))
        path.write_text(text)
        agent.process.send_signal(signal.SIGHUP)
        wait_for(lambda: f"configuration not changed: {path}" in agent.log)
        errors = [line for line in agent.log.splitlines() if "[error]" in line]
        assert said.replace("%s", str(path)) in errors[0], errors
        assert agent.get("/api/v1/taps").json == taps and set(agent.policies()) == names
        assert packets(agent, "first") >= before
        # The next one that makes sense is taken.
        path.write_text(CONFIG + SECOND % "net")
        agent.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "second" in agent.policies())
        assert packets(agent, "first") >= before
        path.unlink()
        agent.process.send_signal(signal.SIGHUP)
        wait_for(lambda: f"No such file or directory in config file: {path}" in agent.log)
        assert {"first", "second"} <= set(agent.policies())


def serial(agent):
    """Of the certificate that a new connection is shown."""
    context = ssl._create_unverified_context()
    with socket.create_connection(("127.0.0.1", agent.port), 30) as raw, context.wrap_socket(raw) as one:
        shown = ssl.DER_cert_to_PEM_cert(one.getpeercert(True))
    said = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=shown, text=True, capture_output=True)
    return int(said.stdout.removeprefix("serial="), 16)


def test_a_certificate_is_swapped(certificate):
    with Agent("--admin-api", "--tls", "--tls-cert", certificate.cert, "--tls-key", certificate.key,
               tcp=True) as agent:
        kept = agent.connection()

        def ask_kept():
            kept.request("GET", "/api/v1/metrics/app")
            return kept.getresponse().read()
        pid, shown = agent.pid, serial(agent)
        assert ask_kept() and shown == certificate.serial == 1
        certificate.renew()
        wait_for(lambda: serial(agent) == 2)
        assert ask_kept()  # those who are there stay
        for broken in (b"", b"-----BEGIN CERTIFICATE-----\nnonsense\n", random.Random(1).randbytes(5000)):
            before = agent.log.count("the old certificate stays")
            certificate.cert.write_bytes(broken)
            wait_for(lambda: serial(agent) == 2 and agent.log.count("the old certificate stays") > before)
        certificate.cert.unlink()
        assert serial(agent) == 2
        certificate.renew()
        wait_for(lambda: serial(agent) == 3)
        assert ask_kept() and agent.pid == pid and agent.process.poll() is None
        kept.close()


def renewed(agent):
    """A page that was made after the call: one is kept for a second."""
    old = scrape(agent)
    return wait_for(lambda: (new := scrape(agent)) != old and new)


def test_the_disk_of_the_log_is_full(tmp_path):
    """A small disk that nobody else sees: a mount of the agent's own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    enter = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size=64k none {disk} && exec "$@"', "sh"]
    with Agent("--admin-api", "--log-file", disk / "log", enter=enter) as agent:
        seen = Path(f"/proc/{agent.pid}/root") / disk.relative_to("/")

        def lost(page=None):
            return series(page or scrape(agent))["pktvisor_log_lost_lines_total", frozenset()]
        assert lost() == 0
        with contextlib.suppress(OSError), (seen / "filler").open("wb") as filler:
            while True:
                filler.write(b"x" * 4096)
                filler.flush()
        wait_for(lambda: [agent.get("/api/v1/taps") for _ in range(200)] and lost() > 0)
        assert agent.log == f"pktvisord: cannot write to the log {disk}/log: No space left on device\n"
        assert agent.post("/api/v1/taps", made()).status == 201
        (seen / "filler").unlink()
        before = (seen / "log").stat().st_size
        # Lines are written once a second: few of them, or they fill it again.
        wait_for(lambda: agent.get("/api/v1/taps") and (seen / "log").stat().st_size > before)
        told = lost(renewed(agent))
        lines = (seen / "log").read_text().splitlines()
        assert all(re.match(r"\[\d{4}-.*\] \[visor\] \[\w+\] ", line) for line in lines[-5:]), lines[-5:]
        assert lost(renewed(agent)) == told and agent.log.count("\n") == 1


@pytest.fixture(scope="module")
def link():
    with cable() as link:
        yield link


@pytest.mark.parametrize("tcp", [True, False], ids=["port", "socket"])
def test_killed_and_started_anew(link, tmp_path, tcp):
    """At the same address at once, although connections of the one before hang on."""
    where = {"tcp": free_port()} if tcp else {"path": tmp_path / "api"}
    config, pid_file = tmp_path / "agent.yaml", tmp_path / "pid"
    config.write_text(CONFIG.replace("pcap_source: mock, mock_rate: 1000", f"iface: {link.inside}"))
    frames = [udp("203.0.113.9", "192.0.2.2")] * 100
    with inside(link.near), contextlib.ExitStack() as hanging:
        for _ in range(4):
            agent = Agent("--admin-api", "--config", config, "--pid-file", pid_file, **where)
            hanging.callback(agent.folder.cleanup)
            begun = time.monotonic()
            agent.start()
            hanging.callback(agent.process.kill)
            assert time.monotonic() - begun < COME_BACK_SECONDS * PATIENCE
            assert int(pid_file.read_text()) == agent.pid
            for _ in range(50):
                one = agent.connection()
                one.request("GET", "/api/v1/metrics/app")
                hanging.callback(one.close)
            link.send_frames(*frames)
            wait_for(lambda: packets(agent, "first") >= len(frames))
            agent.process.kill()
            assert agent.process.wait() == -signal.SIGKILL
