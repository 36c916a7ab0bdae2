"""A real OTLP receiver: VictoriaMetrics of Debian 13, whose queries are Prometheus'."""
import json
import time

from newer_debian import program
from prometheus_receiver import PrometheusReceiver
from running import wait_for

IN_MEMORY = [(name, f"{part}{kind}") for part in ("storage", "indexdb")
             for name, kind in (("vm_pending_rows", ""), ("vm_rows", "/inmemory"))]
PATH = "/opentelemetry/v1/metrics"


class VictoriaMetrics(PrometheusReceiver):
    HAS_LOG = False

    def command(self):
        return [program("victoria-metrics", "usr/bin/victoria-metrics"), f"-storageDataPath={self.folder.name}/data",
                f"-httpListenAddr=127.0.0.1:{self.port}", "-inmemoryDataFlushInterval=1s",
                "-search.latencyOffset=0s", "-search.disableCache", "-memory.allowedBytes=256MiB",
                "-loggerLevel=WARN"]

    def ready(self):
        try:
            return self.ask("/health")[0] == 200
        except OSError:
            return False

    def settle(self):
        """What it has answered for gets the seconds that it wants to write it to its disk."""
        def settled():
            return not any(self.counter(name, type=part) for name, part in IN_MEMORY)
        wait_for(lambda: settled() and not time.sleep(0.5) and settled(), 60)

    def flush(self):
        """What it has answered for is found by queries, which otherwise takes seconds, too."""
        assert self.ask("/internal/force_flush")[0] == 200

    def samples(self, selector):
        """{series: {ms: value}} of all that is there, without markers of what has ended."""
        status, body = self.ask("/api/v1/export", **{"match[]": selector})
        assert status == 200, body
        found = {}
        for row in map(json.loads, body.splitlines()):
            values = found.setdefault(frozenset(row["metric"].items()), {})
            for ms, value in zip(row["timestamps"], row["values"], strict=True):
                assert values.get(ms, value) == value, row["metric"]  # what came twice is equal
                values[ms] = value
        return {series: {ms: value for ms, value in values.items() if value is not None}
                for series, values in found.items()}

    def counter(self, name, **labels):
        """One of its own."""
        for line in self.ask("/metrics")[1].decode().splitlines():
            if line.startswith(name + "{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return 0
