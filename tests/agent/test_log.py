"""Where the log goes: levels, formats, syslog, the journal. The last two have fixed addresses; a
mount namespace of the agent's own leads them to sockets of the test."""
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from running import AGENT, PATIENCE, free_port, wait_for
from test_start import Running, clean_environment, lines, run

PRIVATE = r"""
mount -t tmpfs none "$1/dev" && mknod -m 666 "$1/dev/null" c 1 3 && mknod -m 666 "$1/dev/urandom" c 1 9
ln -s "$1/syslog" "$1/dev/log" && mount --move "$1/dev" /dev
mount -t tmpfs none /run && mkdir -p /run/systemd/journal && ln -s "$1/journal" /run/systemd/journal/socket
shift && exec "$@"
"""


class Listener:
    """A socket that takes datagrams, as a log daemon's."""

    def __init__(self, path):
        self.path, self.seen = path, []
        self.open()

    def open(self):
        self.path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.reader = threading.Thread(target=self.read, args=(self.socket,), daemon=True)
        self.reader.start()

    def read(self, receiver):
        while datagram := receiver.recv(65536):
            self.seen.append(datagram)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)  # ends the reader
        self.reader.join()
        self.socket.close()

    def wait_for(self, text):
        return wait_for(lambda: [line for line in self.seen if text.encode() in line])


class Private(Running):
    """An agent with devices and /run of its own; its standard error goes to a pipe of the test."""

    def __init__(self, folder, *arguments, journal=False):
        if os.geteuid() != 0:
            pytest.skip("needs root, for mounts of the agent's own")
        (folder / "dev").mkdir()
        self.port = free_port()
        self.ours, theirs = os.pipe()
        about = os.fstat(theirs)
        more = {"JOURNAL_STREAM": f"{about.st_dev}:{about.st_ino}"} if journal else {}
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-e", "-c", PRIVATE, "sh", folder,
             AGENT, "--admin-api", "-p", str(self.port), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs, env=clean_environment(**more))
        os.close(theirs)
        os.set_blocking(self.ours, False)
        self.text = b""

    @property
    def log(self):
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self.ours, 65536):
                self.text += piece
        return self.text.decode()


RFC3164 = re.compile(rb"<(\d+)>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d pktvisord\[(\d+)\]: (.*)", re.S)


def test_syslog(tmp_path):
    daemon = Listener(tmp_path / "syslog")
    with Private(tmp_path, "--syslog") as agent:
        daemon.wait_for("web server listening")
        rows = [RFC3164.fullmatch(line).groups() for line in daemon.seen]
        assert {int(pid) for _, pid, _ in rows} == {agent.process.pid}
        assert {int(priority) for priority, _, _ in rows} == {3 * 8 + 6}  # daemon, informational
        # It was restarted: a new socket has the place of the old one.
        daemon.close()
        daemon.open()
        assert agent.end() == 0
        daemon.wait_for("exit with success")
        assert agent.log == ""


def test_a_syslog_that_is_not_there_is_counted(tmp_path):
    with Private(tmp_path, "--syslog") as agent:
        policy = json.dumps({"visor": {"taps": {"made": {"input_type": "mock"}}}})
        done = subprocess.run(["curl", "-s", "-H", "Content-Type: application/json", "-d", policy,
                               f"http://localhost:{agent.port}/api/v1/taps"], capture_output=True, timeout=60)
        assert b"made" in done.stdout
        text = subprocess.run(
            ["curl", "-s", f"http://localhost:{agent.port}/api/v1/policies/__all/metrics/prometheus"],
            capture_output=True, text=True, timeout=60).stdout
        lost = float(re.search(r"^pktvisor_log_lost_lines_total\{\} (\S+)$", text, re.M).group(1))
        assert lost > 5
        assert agent.end() == 0 and agent.log == ""


def fields(datagram):
    """The journal's native protocol, of texts without line ends."""
    assert datagram.endswith(b"\n")
    return dict(line.split("=", 1) for line in datagram.decode()[:-1].split("\n"))


def test_the_journal(tmp_path):
    """Standard error is connected to it: the native protocol, and nothing on standard error."""
    journal = Listener(tmp_path / "journal")
    with Private(tmp_path, "-b", "", "--periods", "99", journal=True) as agent:
        journal.wait_for("web server listening")
        rows = [fields(datagram) for datagram in journal.seen]
        assert all(set(row) == {"PRIORITY", "SYSLOG_IDENTIFIER", "MESSAGE"} for row in rows)
        assert {row["SYSLOG_IDENTIFIER"] for row in rows} == {"pktvisord"}
        said = {(row["PRIORITY"], row["MESSAGE"]) for row in rows}
        assert ("6", f"web server listening on localhost:{agent.port}") in said
        assert ("4", "--periods 99 is outside 1 to 10, using 10") in said
        assert agent.log == ""
        # Without it lines go where the journal reads them all the same, with their severity.
        journal.close()
        journal.path.unlink()
        assert agent.end() == 0
        wait_for(lambda: agent.log.endswith("<6>exit with success\n"))


def test_json_lines_reach_the_journal_as_a_stream(tmp_path):
    Listener(tmp_path / "journal")
    with Private(tmp_path, "--log-format", "json", journal=True) as agent:
        assert agent.end() == 0
        rows = [re.fullmatch(r"<(\d)>(\{.*\})", line).groups() for line in agent.log.splitlines()]
    assert {severity for severity, _ in rows} == {"6"}
    assert json.loads(rows[-1][1])["text"] == "exit with success"


def test_another_standard_error_is_not_the_journal(tmp_path):
    journal = Listener(tmp_path / "journal")
    with Private(tmp_path, journal=False) as agent:
        wait_for(lambda: "listening" in agent.log)
        assert agent.end() == 0
        assert lines(agent.log)[-1] == ("info", "exit with success")
    assert journal.seen == []


LEVELS = ["debug", "info", "warning", "error"]


@pytest.mark.parametrize("options, lowest", [
    ([], "info"), (["-v"], "debug"), (["--log-level", "error", "-v"], "debug"),
    *((["--log-level", level], level) for level in LEVELS)])
def test_levels(tmp_path, options, lowest):
    config = tmp_path / "agent.yaml"
    config.write_text("version: '1.0'\nvisor: {config: {admin_api: true, prot: 1}}\n")
    with Running("--config", config, *options, log_to=tmp_path / "log") as agent:
        config.write_text("visor: [")
        before = len(agent.log)
        agent.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "configuration not changed" in agent.log[before:])
        assert agent.end() == 0
        seen = {level for level, _ in lines(agent.log)}
    expected = set(LEVELS[LEVELS.index(lowest):])
    assert seen - {"debug"} == expected - {"debug"}


def test_modules_are_named_at_any_level():
    status, _, errors = run("--module-list", "--log-level", "error")
    assert status == 0 and len(errors) > 5


def test_an_unknown_level():
    status, _, errors = run("--log-level", "loud")
    assert status == 255
    assert errors[0] == 'pktvisord: --log-level: debug, info, warning or error expected, got "loud"'


def test_json_in_a_file_with_strange_texts(tmp_path):
    """What clients send stays in its line."""
    log = tmp_path / "log"
    with Running("--admin-api", "--log-format", "json", "--log-file", log, "-l", "127.0.0.1",
                 log_to=tmp_path / "stderr") as agent:
        with socket.create_connection(("127.0.0.1", agent.port), 10 * PATIENCE) as connection:
            connection.sendall(b'GET /"\\\xff\x1b[31m%0a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
            while connection.recv(4096):
                pass
        time.sleep(0.1)
        assert agent.end() == 0
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert rows[-1]["text"] == "exit with success"
    assert all(text.isprintable() for row in rows for text in row.values())
