"""A real Prometheus that takes remote write and scrapes nothing; it can be killed and comes back to its
data. And a cable to it that can be cut."""
import contextlib
import json
import select
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from prometheus_server import Prometheus
from running import free_port, wait_for


class PrometheusReceiver(Prometheus):
    HAS_LOG = True  # so it can be killed at any time

    def __init__(self):
        super().__init__(free_port())
        self.folder = tempfile.TemporaryDirectory(prefix="prometheus-")
        self.log = Path(self.folder.name, "log")
        self.process = None

    def command(self):
        if not shutil.which("prometheus"):
            pytest.skip("not installed: prometheus")
        Path(self.folder.name, "prometheus.yml").write_text("{}")
        return ["prometheus", f"--config.file={self.folder.name}/prometheus.yml",
                f"--storage.tsdb.path={self.folder.name}/data",
                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn",
                "--web.enable-remote-write-receiver", "--enable-feature=native-histograms"]

    def start(self):
        command = self.command()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_for(lambda: self.ready() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.log.read_text()
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *arguments):
        self.kill()
        self.folder.cleanup()

    def raw(self, selector, seconds, at):
        """{series: {ms: text}} of all samples of the last seconds; histograms are left out."""
        status, body = self.ask("/api/v1/query", query=f"{selector}[{seconds}s]", time=f"{at:.3f}")
        assert status == 200, body
        return {frozenset(row["metric"].items()): {round(ms * 1000): value for ms, value in row["values"]}
                for row in json.loads(body)["data"]["result"] if "values" in row}

    def shown(self, selector, at):
        """{series: text} as a dashboard would see them at that time."""
        status, body = self.ask("/api/v1/query", query=selector, time=f"{at:.3f}")
        assert status == 200, body
        return {frozenset(row["metric"].items()): row["value"][1]
                for row in json.loads(body)["data"]["result"] if "value" in row}


class Cable:
    """TCP between `port` and another one on loopback. cut() ends all connections and refuses new ones."""

    def __init__(self, to):
        self.to, self.pairs, self.up, self.done = to, [], True, False
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.done:
            ends = [end for pair in self.pairs for end in pair]
            for ready in select.select([self.server, *ends], [], [], 0.05)[0]:
                if ready is self.server:
                    self.accept()
                else:
                    self.pass_on(ready)
            if not self.up:
                self.drop(list(self.pairs))

    def accept(self):
        near, _ = self.server.accept()
        try:
            assert self.up
            self.pairs.append((near, socket.create_connection(("127.0.0.1", self.to), 5)))
        except (AssertionError, OSError):
            near.close()

    def pass_on(self, ready):
        for pair in list(self.pairs):
            if ready in pair:
                try:
                    data = ready.recv(65536) if self.up else b""
                    pair[1 - pair.index(ready)].sendall(data)
                except OSError:
                    data = b""
                if not data:
                    self.drop([pair])

    def drop(self, pairs):
        for pair in pairs:
            self.pairs.remove(pair)
            for end in pair:
                end.close()

    def cut(self):
        self.up = False

    def mend(self):
        self.up = True

    def __enter__(self):
        return self

    def __exit__(self, *arguments):
        self.done = True
        self.thread.join()
        with contextlib.suppress(OSError):
            self.server.close()
        self.drop(list(self.pairs))
