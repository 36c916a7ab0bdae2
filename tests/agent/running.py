"""Runs pktvisord and talks to its REST API, over TCP or (from any network namespace) a local socket."""
import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

AGENT = os.environ.get("PKTVISORD", "build/release/src/agent/pktvisord")
SHARED = Path(os.environ.get("PKTVISOR_SHARED", "../shared"))
CAPTURES = SHARED / "captures"
START_SECONDS = 20
# Under a sanitizer everything takes longer.
SANITIZED = os.environ.get("PKTVISOR_SANITIZER", "none") != "none"
PATIENCE = float(os.environ.get("PKTVISOR_PATIENCE", "5" if SANITIZED else "1"))


class LocalConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Client:
    """Requests to an agent: Client(port=N) or Client(path=SOCKET)."""

    def __init__(self, port=None, path=None, timeout=30 * PATIENCE, address="127.0.0.1", tls=False):
        self.port, self.path, self.timeout, self.address, self.tls = port, path, timeout, address, tls

    def connection(self):
        if self.path:
            return LocalConnection(self.path, self.timeout)
        if self.tls:
            return http.client.HTTPSConnection(self.address, self.port, timeout=self.timeout,
                                               context=ssl._create_unverified_context())
        return http.client.HTTPConnection(self.address, self.port, timeout=self.timeout)

    def ask(self, method, path, body=None, headers=None):
        connection = self.connection()
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        elif isinstance(body, str):
            headers.setdefault("Content-Type", "application/x-yaml")
        try:
            # A body that is too large is refused before all of it was sent.
            with contextlib.suppress(BrokenPipeError):
                connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body, **more):
        return self.ask("POST", path, body, **more)

    def put(self, path, body, **more):
        return self.ask("PUT", path, body, **more)

    def delete(self, path, **more):
        return self.ask("DELETE", path, **more)

    def policies(self):
        return self.get("/api/v1/policies").json

    def metrics(self, policy, kind="bucket", number=0):
        return self.get(f"/api/v1/policies/{policy}/metrics/{kind}/{number}")


class Agent(Client):
    """with Agent("--admin-api", …) as agent: it is up when the block begins, and gone after it. It
    listens at a local socket (path, or one of its own), or (tcp) at a port: that one, or True for any."""
    program = AGENT

    def __init__(self, *options, enter=(), environment=None, tcp=False, path=None):
        self.folder = tempfile.TemporaryDirectory(prefix="pktvisord-")
        self.log_path = Path(self.folder.name) / "log"
        path = None if tcp else path or Path(self.folder.name) / "api"
        super().__init__(port=free_port() if tcp is True else tcp or None, path=path, tls="--tls" in options)
        where = ["-p", str(self.port)] if tcp else ["-l", f"unix:{path}"]
        self.command = [*enter, AGENT, *where, *map(str, options)]
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    def start(self):
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=self.environment)
        end = time.monotonic() + START_SECONDS * PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.log}")
            try:
                self.get("/api/v1/metrics/app")  # also a refusal shows that it serves
                return self
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise AssertionError(f"no answer:\n{self.log}")

    def stop(self, number=signal.SIGTERM):
        """Its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(30 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, traceback):
        try:
            status = self.stop()
            assert kind or status == 0, f"ended with {status}:\n{self.log}"
        finally:
            if kind:
                print(self.log[-8000:])
            self.folder.cleanup()


RESERVED = []


def free_port():
    """A port that stays ours: the test has a socket there that does not listen, which lets those bind it that want to
    (SO_REUSEADDR), but is given to nobody who takes any."""
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    RESERVED.append(probe)
    return probe.getsockname()[1]


def alive(pid):
    """Neither gone nor a zombie."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    return False


def of_threads(pid, name):
    """{thread: text of its file NAME in /proc}, without those that end meanwhile."""
    texts = {}
    with contextlib.suppress(FileNotFoundError):  # all of it has ended
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                texts[int(task)] = Path(f"/proc/{pid}/task", task, name).read_text()
    return texts


class Certificate:
    """Self-signed, for localhost; `renew` writes another one, with the next serial number, to the same files."""

    def __init__(self, folder):
        self.cert, self.key, self.serial = folder / "tls.crt", folder / "tls.key", 0
        self.renew()

    def renew(self):
        self.serial += 1
        made = [path.with_suffix(path.suffix + ".new") for path in (self.cert, self.key)]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-subj", "/CN=localhost", "-set_serial", str(self.serial), "-days", "2",
                        "-out", made[0], "-keyout", made[1]], check=True, capture_output=True)
        for new, path in zip(made, (self.cert, self.key)):
            new.rename(path)


def roomy_period():
    """For --period-seconds, in tests of the live bucket: a length whose period ends as late as can be, in 29
    seconds at least, mostly in more than 45. (Periods begin at multiples of their length.)"""
    now = time.time()
    return max(range(31, 61), key=lambda length: length - now % length)


def wait_for(what, seconds=20, why=lambda: "did not happen in time", pause=0.1):
    """The first true value of what(), which is asked again and again."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < end, why()
        time.sleep(pause)


def tap(name, **config):
    """A tap of type pcap as a document."""
    tags = config.pop("tags", None)
    body = {"input_type": "pcap", "config": config}
    if tags:
        body["tags"] = tags
    return {"version": "1.0", "visor": {"taps": {name: body}}}


def policy(name, modules, tap=None, selector=None, window=None, input_config=None,
           input_filter=None, config=None):
    source = {"input_type": "pcap", **({"tap": tap} if tap else {"tap_selector": selector})}
    if input_config:
        source["config"] = input_config
    if input_filter:
        source["filter"] = input_filter
    handlers = {"modules": modules}
    if window:
        handlers["window_config"] = window
    body = {"kind": "collection", "input": source, "handlers": handlers}
    if config:
        body["config"] = config
    return {"version": "1.0", "visor": {"policies": {name: body}}}
