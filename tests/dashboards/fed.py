"""A Prometheus that gets made traffic of two agents: LEFT is scraped and shows both sets of names, RIGHT has
upstream's names, as agents do unless told, and pushes them."""
import contextlib
import json
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import mmdb
from prometheus_server import prometheus
from running import Agent, free_port, policy

LEFT, RIGHT = "left", "right"
PERIOD = 2
RATE = 4000  # packets a second
SCRAPE = 1
ALL = {"metric_groups": {"enable": ["all"]}}
DNS = {"metric_groups": {"enable": ["all", "sizes", "top_clients"]}}
SECOND = {"require_version": "2.0"}
MODULES = {"net": {"type": "net", **ALL}, "net2": {"type": "net", **SECOND, **ALL},
           "dns": {"type": "dns", **DNS}, "dns2": {"type": "dns", **SECOND, **DNS},
           "dhcp": {"type": "dhcp"}, "bgp": {"type": "bgp"}, "pcap": {"type": "pcap"}}
EVERYTHING = "/api/v1/policies/__all/metrics/prometheus"


def configuration(receiver):
    document = policy("default", MODULES, tap="made")
    document["visor"]["taps"] = {"made": {"input_type": "pcap", "config": {
        "pcap_source": "mock", "mock_rate": RATE}}}
    document["visor"]["config"] = {"remote_write": [{"url": receiver, "name": "receiver"}]}
    return document


def start(stack, folder, name, receiver, *options):
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(configuration(receiver)))
    return stack.enter_context(Agent(
        "--config", path, "--period-seconds", PERIOD, "--prom-instance", name, "--queue-dir", folder / name,
        "--geo-city", mmdb.write_city(folder / f"{name}-city.mmdb", "Atlantis"),
        "--geo-asn", mmdb.write_asn(folder / f"{name}-asn.mmdb", "Example Ltd"), *options, tcp=True))


class Takes(BaseHTTPRequestHandler):
    """A receiver that takes everything and keeps nothing."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def receiver():
    """Its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def server(rules=None):
    """Prometheus and both agents."""
    port = free_port()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dashboards-")))
        left = start(stack, folder, LEFT, stack.enter_context(receiver()), "--prometheus-names", "both")
        right = start(stack, folder, RIGHT, f"http://127.0.0.1:{port}/api/v1/write")
        job = {"job_name": "pktvisor", "honor_labels": True, "scrape_interval": f"{SCRAPE}s",
               "metrics_path": EVERYTHING,
               "static_configs": [{"targets": [f"127.0.0.1:{left.port}"]}]}
        more = {"global": {"evaluation_interval": f"{SCRAPE}s"}}
        if rules:
            (folder / "rules.yml").write_text(json.dumps(rules))
            more["rule_files"] = [str(folder / "rules.yml")]
        running = stack.enter_context(prometheus([job], port, ["--web.enable-remote-write-receiver"], **more))
        running.left, running.right = left, right
        yield running
