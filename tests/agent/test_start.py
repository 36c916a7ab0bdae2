"""Starting and ending: exit codes and messages of section 1.1, the daemon, signals, the log."""
import contextlib
import ctypes
import gzip
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

from frames import udp_frame, write_capture
from running import AGENT, PATIENCE, SHARED, alive, free_port, of_threads, wait_for

LINE = re.compile(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] \[visor\] \[(debug|info|warning|error)\] (.*)$")
MINIMAL = "version: '1.0'\nvisor:\n  config: {admin_api: true}\n"
USAGE = "Usage: pktvisord [options] [IFACE]"
MOCK = """version: "1.0"
visor:
  taps:
    made: {input_type: mock}
  policies:
    %s:
      kind: collection
      input: {tap: made, input_type: mock}
      handlers: {modules: {net: {type: net}}}
"""


def clean_environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PKTVISORD_", "NOTIFY_", "WATCHDOG_", "JOURNAL_"))}
    return {**kept, "NO_COLOR": "1", **more}


def run(*arguments, environment=None, seconds=30):
    """A start that ends by itself: (exit status, standard output, lines of standard error)."""
    done = subprocess.run([AGENT, *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=seconds * PATIENCE,
                          env=clean_environment(**(environment or {})))
    return done.returncode, done.stdout, done.stderr.splitlines()


def lines(text):
    """(level, text) of the lines of a log."""
    found = [LINE.match(line) for line in text.splitlines()]
    assert all(found), text
    return [match.groups() for match in found]


class Running:
    """An agent with its log on standard error; it listens on a port of its own."""

    def __init__(self, *arguments, environment=None, log_to=None):
        self.port = free_port()
        self.log_path = log_to
        self.process = subprocess.Popen(
            [AGENT, "-p", str(self.port), *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=log_to.open("ab"),
            env=clean_environment(**(environment or {})))

    def accepts(self):
        try:
            socket.create_connection(("localhost", self.port), 5).close()
            return True
        except OSError:
            return False

    def wait(self):
        wait_for(lambda: self.accepts() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log
        return self

    @property
    def log(self):
        return self.log_path.read_text()

    def __enter__(self):
        return self.wait()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(20 * PATIENCE)


@pytest.fixture
def config(tmp_path):
    def write(text, name="agent.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path
    return write


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(option):
    status, output, errors = run(option)
    assert (status, output.splitlines()[0], errors) == (0, USAGE, [])


def test_version():
    status, output, errors = run("--version")
    assert status == 0 and errors == []
    assert re.fullmatch(r"pktvisor 4\.\d+\.\d+\n", output)


def test_module_list():
    status, _, errors = run("--module-list")
    assert status == 0
    said = [text for level, text in lines("\n".join(errors)) if level == "info"]
    for line in ("input: pcap version 1.0", "input: mock version 1.0", "handler: dns version 1.0",
                 "handler: dns version 2.0", "handler: net version 1.0", "handler: pcap version 1.0"):
        assert line in said


@pytest.mark.parametrize("arguments, text", [
    (["--nosuch"], "unknown option --nosuch"),
    (["--admin-pai"], "unknown option --admin-pai (did you mean --admin-api?)"),
    (["--tls-cert"], "--tls-cert requires argument"),
    (["-p", "http"], '-p: 0 to 65535 expected, got "http"'),
    (["eth0", "eth1"], "one IFACE expected, got eth0 and eth1"),
])
def test_a_line_that_makes_no_sense(arguments, text):
    assert run(*arguments) == (255, "", [f"pktvisord: {text}", USAGE])


REFUSALS = [
    # arguments, lines of the log in this order (level, text; CONFIG: the file)
    ([], [("error", "Nothing to do: specify --admin-api or IFACE.")]),
    (["--cp-token", "x"], [("error", "missing information to setup crashpad")]),
    (["--admin-api", "--tls"],
     [("error", "you must specify --tls-key and --tls-cert to use --tls")]),
    (["--admin-api", "--otel-tls", "--otel-tls-key=k"],
     [("error", "you must specify --otel-tls-key and --otel-tls-cert to use --otel-tls")]),
    (["--admin-api", "--geo-city", "/nonexistent.mmdb"],
     [("error", "Fatal error: /nonexistent.mmdb: "), ("info", "exit with failure")]),
    (["--admin-api", "--iana-service-port-registry", "/nonexistent.csv"],
     [("error", "/nonexistent.csv: No such file or directory"), ("info", "exit with failure")]),
    (["--admin-api", "--default-service-registry", "/dev/null"],
     [("error", '/dev/null: no column "Service Name" in the first line'),
      ("info", "exit with failure")]),
    (["--admin-api", "--tls", "--tls-cert", "/dev/null", "--tls-key", "/dev/null"],
     [("error", "invalid TLS configuration"), ("info", "exit with failure")]),
    (["--admin-api", "-l", "192.0.2.1"],
     [("error", "unable to bind to 192.0.2.1:"), ("info", "exit with failure")]),
    (["--admin-api", "-l", "0.0.0.0"],
     [("error", "--admin-api on 0.0.0.0, which is not a loopback address, needs --api-token-file"),
      ("info", "exit with failure")]),
    (["--config", "/nonexistent.yaml"],
     [("error", "No such file or directory in config file: /nonexistent.yaml")]),
    (["--admin-api", "--pid-file", "/nonexistent/pid"],
     [("error", "/nonexistent/pid: No such file or directory"), ("info", "exit with failure")]),
    (["nosuchiface0"], [("error", ""), ("info", "exit with failure")]),
]


@pytest.mark.parametrize("arguments, expected", REFUSALS, ids=lambda value: " ".join(map(str, value))
                         if value and isinstance(value[0], str) else "")
def test_a_start_that_fails(arguments, expected):
    port = [] if any(word in arguments for word in ("-p",)) else ["-p", free_port()]
    status, output, errors = run(*arguments, *port)
    errors = [line for line in errors if line != USAGE]
    said = lines("\n".join(errors))
    assert (status, output) == (1, "")
    at = 0
    for level, text in expected:
        while at < len(said) and not (said[at][0] == level and said[at][1].startswith(text)):
            at += 1
        assert at < len(said), (level, text, errors)


FILES = [
    # a file, the first error of the log (%s: the file)
    ("", "empty data in config file: %s"),
    ("- list\n", "invalid schema in config file: %s:1:1"),
    ("version: '1.0'\n", "invalid schema in config file: %s:1:1"),
    ("version: '1.0'\nvisor: 3\n", "invalid schema in config file: %s:1:1"),
    ("version: '2.0'\nvisor: {}\n", 'unsupported version ("1.0" expected) in config file: %s:1:1'),
    ("visor: {config: {tls: 1}}\n",
     "wrong type for key: tls (true or false expected) in config file: %s:1:18"),
    ("visor: {config: {port: no}}\n",
     "wrong type for key: port (a number expected) in config file: %s:1:18"),
    ("visor:\n\tconfig: {}\n", "yaml-cpp: error at line 2, column 1: "),
]


@pytest.mark.parametrize("text, expected", FILES)
def test_a_file_that_cannot_be(config, text, expected):
    path = config(text)
    status, _, errors = run("--config", path)
    expected = expected.replace("%s", str(path))
    (level, said), *_ = lines("\n".join(errors))
    assert status == 1 and level == "error"
    assert said == expected if str(path) in expected else said.startswith(expected)


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, _, errors = run("--admin-api", "-l", "127.0.0.1", "-p", port)
    said = lines("\n".join(errors))
    assert status == 1
    assert said[-2][0] == "error" and said[-2][1].startswith(f"unable to bind to 127.0.0.1:{port}")
    assert said[-1] == ("info", "exit with failure")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it(tmp_path, number):
    with Running("--admin-api", log_to=tmp_path / "log") as agent:
        assert agent.end(number) == 0
        said = [text for _, text in lines(agent.log)]
    assert re.fullmatch(r"pktvisor 4\.\d+\.\d+ starting up", said[0])
    assert f"web server listening on localhost:{agent.port}" in said
    assert "Registering DELETE /api/v1/server" in said
    assert said[-2:] == ["Shutting down", "exit with success"]


def test_what_is_told_at_the_start(tmp_path, config):
    path = config("visor: {config: {admin_api: true, prot: 1}}\n")
    with Running("--config", path, "--max-deep-sample=50", "--periods=11", "--module-dir=/x", "-v",
                 log_to=tmp_path / "log", environment={"PKTVISORD_PROT": "1"}) as agent:
        assert agent.end() == 0
        said = lines(agent.log)
    for line in (("info", 'missing version in config file, using version "1.0"'),
                 ("info", "Using maximum deep sample rate: 50%"),
                 ("warning", "--periods 11 is outside 1 to 10, using 10"),
                 ("warning", "visor.config.prot: unknown key, ignored; did you mean 'port'?"),
                 ("warning", "PKTVISORD_PROT is not known, did you mean PKTVISORD_PORT?"),
                 ("warning", "--module-dir is ignored: all modules are built in")):
        assert line in said


def test_the_environment_and_its_rank(tmp_path, config):
    ports = [free_port() for _ in range(3)]
    path = config(f"version: '1.0'\nvisor: {{config: {{admin_api: true, port: {ports[0]}}}}}\n")
    variables = {"PKTVISORD_CONFIG": str(path), "PKTVISORD_PORT": str(ports[1]),
                 "PKTVISORD_LOG_FILE": str(tmp_path / "log"), "PKTVISORD_HOST": "127.0.0.1"}

    def listening(*arguments, **more):
        log = tmp_path / "log"
        log.unlink(missing_ok=True)
        process = subprocess.Popen([AGENT, *arguments], env=clean_environment(**{**variables, **more}))
        try:
            wait_for(lambda: log.exists() and "listening" in log.read_text())
            return int(re.search(r"listening on 127.0.0.1:(\d+)", log.read_text()).group(1))
        finally:
            process.terminate()
            process.wait(20 * PATIENCE)
    assert listening("-p", str(ports[2])) == ports[2]
    assert listening() == ports[1]
    assert listening(PKTVISORD_PORT="") == ports[0]


def daemon(*arguments, seconds=30):
    return subprocess.run([AGENT, "-d", *map(str, arguments)], capture_output=True, text=True,
                          timeout=seconds * PATIENCE, env=clean_environment())


def test_a_daemon(tmp_path):
    port = free_port()
    done = subprocess.run([AGENT, "-d", "--admin-api", "-p", str(port), "--log-file", "log",
                           "--pid-file", "pid"], cwd=tmp_path, capture_output=True, text=True,
                          timeout=30 * PATIENCE, env=clean_environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    pid = int((tmp_path / "pid").read_text())
    try:
        # It has started when its parent ends.
        socket.create_connection(("localhost", port), 5).close()
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        assert {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)} == {"/dev/null"}
        assert os.getsid(pid) == pid
        # A relative path stays what it was, although the daemon has left its folder.
        (tmp_path / "log").rename(tmp_path / "moved")
        os.kill(pid, signal.SIGHUP)
        wait_for((tmp_path / "log").exists)
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not alive(pid))
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    said = [text for _, text in lines((tmp_path / "moved").read_text() + (tmp_path / "log").read_text())]
    assert said[0] == f"daemonized to PID {pid}"
    assert said[-1] == "exit with success"
    assert not (tmp_path / "pid").exists()


def test_the_pid_file_of_an_agent_that_runs_stays(tmp_path):
    pid, link = tmp_path / "pid", tmp_path / "link"
    with Running("--admin-api", "--pid-file", pid, log_to=tmp_path / "log") as agent:
        assert int(pid.read_text()) == agent.process.pid
        status, _, errors = run("--admin-api", "-p", str(free_port()), "--pid-file", pid)
        assert status == 1
        assert f"{pid}: of another pktvisord that runs" in errors[-2]
        assert int(pid.read_text()) == agent.process.pid
        # Neither is a file of others written or removed.
        other = tmp_path / "other"
        other.write_text("kept")
        link.symlink_to(other)
        assert run("--admin-api", "-p", str(free_port()), "--pid-file", link)[0] == 1
        os.link(other, tmp_path / "hard")
        assert run("--admin-api", "-p", str(free_port()), "--pid-file", tmp_path / "hard")[0] == 1
        assert (other.read_text(), link.is_symlink()) == ("kept", True)
        assert agent.end() == 0
    assert not pid.exists()


def test_what_an_ended_agent_has_left_is_no_hindrance(tmp_path):
    pid = tmp_path / "pid"
    pid.write_text("1234567\n")
    with Running("--admin-api", "--pid-file", pid, log_to=tmp_path / "log") as agent:
        assert int(pid.read_text()) == agent.process.pid


def test_a_daemon_that_cannot_start(tmp_path):
    log = tmp_path / "log"
    done = daemon("--admin-api", "-l", "192.0.2.1", "--log-file", log)
    assert done.returncode == 1
    assert lines(log.read_text())[-1] == ("info", "exit with failure")


def test_a_log_file_that_cannot_be_opened():
    for arguments in ([], ["-d"]):
        status, output, errors = run("--admin-api", "--log-file", "/nonexistent/log", *arguments)
        assert (status, output) == (1, "")
        assert errors == ["Log init failed: /nonexistent/log: No such file or directory"]


def test_a_full_disk_stops_nothing(tmp_path):
    with Running("--admin-api", "--log-file", "/dev/full", log_to=tmp_path / "stderr") as agent:
        said = wait_for(lambda: agent.log)
        assert said == "pktvisord: cannot write to the log /dev/full: No space left on device\n"
        assert agent.accepts()
        assert agent.end() == 0
        assert agent.log == said


def test_the_log_file_is_opened_anew(tmp_path):
    log, moved = tmp_path / "log", tmp_path / "moved"
    with Running("--admin-api", "--log-file", log, log_to=tmp_path / "stderr") as agent:
        wait_for(lambda: log.exists() and "listening" in log.read_text())
        log.rename(moved)
        agent.process.send_signal(signal.SIGHUP)
        wait_for(log.exists)
        assert agent.end() == 0
        assert agent.log == ""
    assert "listening" in moved.read_text() and "Shutting down" in log.read_text()


def test_json(tmp_path):
    with Running("--admin-api", "--log-format", "json", log_to=tmp_path / "log") as agent:
        assert agent.end() == 0
        rows = [json.loads(line) for line in agent.log.splitlines()]
    assert all(set(row) == {"time", "level", "text"} for row in rows)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", rows[0]["time"])
    assert rows[-1]["text"] == "exit with success"


class ServiceManager:
    """What systemd does for Type=notify."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.settimeout(10 * PATIENCE)

    def next(self):
        return self.next_from()[1]

    def next_from(self):
        """(process that has sent it, message)"""
        data, ((_, _, credentials),), _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(12))
        return struct.unpack("iII", credentials)[0], dict(line.split("=", 1) for line in data.decode().split("\n"))


def test_the_service_manager_is_told(tmp_path, config):
    manager = ServiceManager(tmp_path)
    path = config(MINIMAL)
    with Running("--config", path, log_to=tmp_path / "log",
                 environment={"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "1000000"}) as agent:
        assert manager.next() == {"READY": "1", "STATUS": "Running"}
        signs = [time.monotonic()]
        while len(signs) < 5 or signs[-1] - signs[-5] > 3 * PATIENCE:  # four in time, whatever held it up before
            assert manager.next() == {"WATCHDOG": "1"}
            signs.append(time.monotonic())
            assert len(signs) < 50, signs
        agent.process.send_signal(signal.SIGHUP)
        seen = []
        while not seen or "READY" not in seen[-1]:
            seen.append(manager.next())
        assert any("RELOADING" in message and int(message["MONOTONIC_USEC"]) > 0 for message in seen)
        assert agent.end() == 0
        seen = [manager.next()]
        while "STOPPING" not in seen[-1]:
            seen.append(manager.next())


def long_capture(path, seconds):
    """A small file with so much in it that reading it takes that long, at 10 million packets a second."""
    whole = write_capture(path, [udp_frame("192.0.2.1", 53, "192.0.2.2", 1024, b"")]).read_bytes()
    path.write_bytes(gzip.compress(whole) + gzip.compress(whole[24:] * 100_000) * (100 * seconds))
    return path


def test_a_capture_that_is_read_for_long_leaves_signs_of_life(tmp_path, config):
    manager, capture = ServiceManager(tmp_path), long_capture(tmp_path / "long.pcap.gz", 20)
    path = config(MOCK % "first")
    with Running("--config", path, log_to=tmp_path / "log",
                 environment={"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "1000000"}) as agent:
        assert manager.next()["READY"] == "1"
        config((MOCK % "first").replace("  taps:\n", f"""  taps:
    recorded: {{input_type: pcap, config: {{pcap_file: {capture}}}}}
""") + """    slow:
      kind: collection
      input: {tap: recorded, input_type: pcap}
      handlers: {modules: {net: {type: net}}}
""")
        agent.process.send_signal(signal.SIGHUP)
        while "RELOADING" not in manager.next():
            pass
        for _ in range(4):
            assert manager.next() == {"WATCHDOG": "1"}, agent.log
        agent.process.send_signal(signal.SIGHUP)  # waits for its turn
        assert agent.end() == 0


def test_the_service_manager_is_told_who_the_daemon_is(tmp_path, config):
    """It listens to the main process alone: to the one that it has started, then to the one that this names."""
    manager, port = ServiceManager(tmp_path), free_port()
    environment = clean_environment(NOTIFY_SOCKET=str(manager.path), WATCHDOG_USEC="1000000")
    started = subprocess.Popen(["sh", "-c", 'WATCHDOG_PID=$$ exec "$@"', "sh", AGENT, "-d", "--config",
                                config(MOCK % "first"), "-p", str(port), "--log-file", tmp_path / "log",
                                "--pid-file", tmp_path / "pid"], env=environment)
    assert started.wait(30 * PATIENCE) == 0
    pid = int((tmp_path / "pid").read_text())
    try:
        assert manager.next_from() == (started.pid, {"MAINPID": str(pid), "READY": "1", "STATUS": "Running"})
        assert manager.next_from() == (pid, {"WATCHDOG": "1"})
    finally:
        os.kill(pid, signal.SIGTERM)
    seen = [manager.next_from()]
    while seen[-1] != (pid, {"STOPPING": "1"}):
        assert seen[-1] == (pid, {"WATCHDOG": "1"})
        seen.append(manager.next_from())
    wait_for(lambda: "exit with success" in (tmp_path / "log").read_text())


def trace(request, tid):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, tid, None, None) != 0:
        pytest.skip(f"ptrace: {os.strerror(ctypes.get_errno())}")


@contextlib.contextmanager
def held(tid):
    """A thread that does not run, while the others do."""
    seize, interrupt, detach, every = 0x4206, 0x4207, 17, 0x40000000
    trace(seize, tid)
    try:
        trace(interrupt, tid)
        os.waitpid(tid, every)
        yield
    finally:
        trace(detach, tid)


def test_a_worker_that_is_stuck_ends_the_watchdog(tmp_path, config):
    manager = ServiceManager(tmp_path)
    path = config(MOCK % "first")
    with Running("--config", path, log_to=tmp_path / "log",
                 environment={"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "1000000"}) as agent:
        (worker,) = [task for task, name in of_threads(agent.process.pid, "comm").items()
                     if name.startswith("p-mock")]
        assert manager.next()["READY"] == "1" and manager.next() == {"WATCHDOG": "1"}
        manager.socket.settimeout(3 * PATIENCE)
        with held(worker):
            begun = time.monotonic()
            with contextlib.suppress(TimeoutError):
                while True:
                    assert manager.next() == {"WATCHDOG": "1"}
                    assert time.monotonic() - begun < 20 * PATIENCE
        assert time.monotonic() - begun > 10  # as long as it may be busy
        assert manager.next() == {"WATCHDOG": "1"}
        assert agent.end() == 0


def test_check_config(config):
    good = config(MINIMAL)
    assert run("--check-config", good) == (0, f"{good}: valid\n", [])
    bad = config("visor:\n  config: {port: no, tls: 1, hots: x}\n", "bad.yaml")
    assert run("--check-config", bad) == (1, "", [
        f"{bad}: warning: visor.config.hots: unknown key, ignored; did you mean 'host'?",
        f"{bad}:2:12: visor.config.port: wrong type for key: port (a number expected)",
        f"{bad}:2:22: visor.config.tls: wrong type for key: tls (true or false expected)"])
    missing = run("--check-config", "/nonexistent.yaml")
    assert missing == (1, "", ["/nonexistent.yaml: No such file or directory"])


def test_policies_of_a_checked_file_are_checked_too(config):
    bad = config("""version: "1.0"
visor:
  taps:
    eth: {input_type: pcap, config: {iface: eth0}}
  policies:
    first:
      kind: collection
      input: {tap: eth, input_type: pcap}
      handlers:
        modules:
          d1: {type: dns, config: {topn_count: many}}
          d2: {type: dnss}
""")
    status, output, errors = run("--check-config", bad)
    assert (status, output) == (1, "")
    assert any(line.startswith(f"{bad}:11:") and "topn_count" in line for line in errors), errors
    assert any(line.startswith(f"{bad}:12:") and "dnss" in line for line in errors), errors


@pytest.mark.parametrize("text, said", [
    (MOCK % "first" + "    second: {kind: nonsense}\n", "unknown policy kind: nonsense"),
    ("visor: {taps: {t: {input_type: pcapp}}}\n", "pcapp"),
    (MOCK.replace("tap: made", "tap: none") % "first", "none"),
])
def test_a_start_with_policies_that_cannot_be(config, text, said):
    status, _, errors = run("--config", config(text), "--admin-api", "-p", free_port())
    rows = lines("\n".join(errors))
    assert status == 1 and rows[-1] == ("info", "exit with failure")
    assert any(level == "error" and said in line for level, line in rows), rows


def test_check_config_sees_what_options_need(config):
    path = config("visor: {config: {tls: true}}\n")
    assert run("--check-config", path) == (1, "", [
        f"{path}: you must specify --tls-key and --tls-cert to use --tls"])


def test_a_wrong_option_says_nothing_about_policies(config):
    path = config(MOCK.replace("visor:\n", "visor:\n  config: {log_level: loud}\n") % "first")
    status, _, (error,) = run("--check-config", path)
    assert status == 1 and "visor.config.log_level" in error


def test_a_tap_that_no_policy_can_use_is_told(config):
    path = config("visor: {taps: {t: {input_type: pcap, config: {ifcae: lo}}}}\n")
    status, output, errors = run("--check-config", path)
    assert (status, output) == (0, f"{path}: valid\n")
    assert lines("\n".join(errors)) == [
        ("warning", "visor.taps.t.config.ifcae: no policy can use this tap: pcap has no such key (did you mean iface?)")]


def test_policies_of_the_file_are_something_to_do(tmp_path, config):
    path = config(MOCK % "first")
    with Running("--config", path, log_to=tmp_path / "log") as agent:
        assert agent.end() == 0


def test_a_broken_file_changes_nothing(tmp_path, config):
    path = config(MOCK % "first")
    with Running("--config", path, log_to=tmp_path / "log") as agent:
        for text, said in (
                ("visor: [", "configuration not changed"),
                (MOCK % "first" + "    second: {kind: nonsense}\n", "configuration not changed"),
                (MOCK % "second", "configuration read again"),
                (MOCK % "second" + "  config: {port: 1, host: '::1'}\n", "hold after a restart: -l")):
            before = len(agent.log)
            config(text)
            agent.process.send_signal(signal.SIGHUP)
            wait_for(lambda: said in agent.log[before:])
        assert agent.end() == 0
    assert "unknown policy kind: nonsense" in agent.log and f"{path}:10:" in agent.log
