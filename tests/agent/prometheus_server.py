"""A Prometheus of the test's own: on loopback, its data in a temporary folder, gone with the block."""
import contextlib
import http.client
import json
import shutil
import subprocess
import tempfile
import urllib.parse
from pathlib import Path

import pytest

from running import PATIENCE, free_port, wait_for


class Prometheus:
    def __init__(self, port):
        self.port = port

    def ask(self, path, **parameters):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path + "?" + urllib.parse.urlencode(parameters))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ready(self):
        with contextlib.suppress(OSError):
            return self.ask("/-/ready")[0] == 200
        return False

    def query(self, expression, time=None):
        """[({label: value}, result)]; a result is a number, or for a range [(time, number)]."""
        more = {"time": f"{time:.3f}"} if time else {}
        status, body = self.ask("/api/v1/query", query=expression, **more)
        assert status == 200, (expression, body)
        data = json.loads(body)["data"]
        assert data["resultType"] in ("vector", "matrix"), data
        if data["resultType"] == "vector":
            return [(row["metric"], float(row["value"][1])) for row in data["result"]]
        return [(row["metric"], [(at, float(value)) for at, value in row["values"]])
                for row in data["result"]]

    def value(self, expression, time=None):
        ((_, value),) = self.query(expression, time)
        return value

    def targets(self):
        return json.loads(self.ask("/api/v1/targets")[1])["data"]["activeTargets"]


@contextlib.contextmanager
def prometheus(jobs, port=None, options=(), **parts):
    """jobs: scrape_configs; parts: others of its configuration."""
    if not shutil.which("prometheus"):
        pytest.skip("not installed: prometheus")
    with tempfile.TemporaryDirectory(prefix="prometheus-") as folder:
        config, log = Path(folder, "prometheus.yml"), Path(folder, "log")
        config.write_text(json.dumps({"scrape_configs": jobs, **parts}))  # JSON is YAML
        port = port or free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn", *options],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            server = Prometheus(port)
            wait_for(lambda: server.ready() or process.poll() is not None, 30)
            assert process.poll() is None, log.read_text()
            yield server
            # Such as samples that come twice, or out of order.
            assert not log.read_text(), log.read_text()
        finally:
            process.terminate()
            try:
                process.wait(20 * PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
