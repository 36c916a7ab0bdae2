#!/usr/bin/env python3
"""Runs the agent on this machine's traffic and shows live numbers: scripts/live.py PKTVISORD
PKTVISOR_CLI [OPTION …].

On a terminal pktvisor-cli shows pages until the user quits; elsewhere it prints one when ten seconds
have been seen. Without the right to capture (or without an interface that has traffic) the agent shows
made traffic, and the page says so. OPTIONs go to pktvisord; an interface among them is captured instead
of the busiest one. --prometheus runs a Prometheus that scrapes the agent and has the alerts.
"""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

PORT = 10853
PROMETHEUS_PORT = 9090
ALERTS = Path(__file__).resolve().parents[1] / "dashboards/alerts.yml"
START_SECONDS = 20
SEEN_SECONDS = 10

MADE = {"version": "1.0", "visor": {
    "taps": {"default": {"input_type": "pcap", "config": {"pcap_source": "mock"}}},
    "policies": {"default": {
        "kind": "collection", "input": {"tap": "default", "input_type": "pcap"},
        "handlers": {"modules": {"net": {"type": "net"}, "dns": {"type": "dns"},
                                 "dhcp": {"type": "dhcp"}, "pcap_stats": {"type": "pcap"}}}}}}}


def free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def ready(port):
    try:
        return get(port, "/-/ready")[0] == 200
    except OSError:
        return False


class Agent:
    def __init__(self, program, options, folder):
        self.port = free(PORT)
        self.log = folder / "log"
        self.command = [program, "-l", "127.0.0.1", "-p", str(self.port), *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)

    def get(self, path):
        status, body = get(self.port, path)
        return json.loads(body) if status == 200 else None

    def up(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if self.get("/api/v1/metrics/app"):
                    return True
            except OSError:
                time.sleep(0.1)
        return False

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def start(program, options, folder):
    """The agent, and what it looks at in words."""
    given = [option for option in options if not option.startswith("-")]
    agent = Agent(program, options if given else ["auto", *options], folder)
    if agent.up():
        taps = agent.get("/api/v1/taps") or {}
        policy = agent.get("/api/v1/policies/default") or {}
        inputs = policy.get("default", {}).get("input", {})
        names = {i.get("module", {}).get("config", {}).get("iface") for i in inputs.values()}
        name = ", ".join(sorted(filter(None, names))) or str(taps)
        return agent, f"traffic of {name}"
    agent.stop()
    lines = agent.log.read_text(errors="replace").splitlines()
    reason = next((line.split("] ")[-1] for line in lines if "[error]" in line), "it did not start")
    if given:
        print("\n".join(lines), file=sys.stderr)
        raise SystemExit(f"pktvisord did not start: {reason}")
    config = folder / "made.yaml"
    config.write_text(json.dumps(MADE))
    agent = Agent(program, ["--config", str(config), *options], folder)
    if not agent.up():
        agent.stop()
        print(agent.log.read_text(errors="replace"), file=sys.stderr)
        raise SystemExit("pktvisord did not start")
    return agent, f"MADE traffic, since live traffic cannot be had: {reason}"


def prometheus(agent, folder):
    """A Prometheus that is ready, and where to look at it."""
    if not shutil.which("prometheus"):
        raise SystemExit("prometheus is not installed: apt-get install prometheus")
    port, log = free(PROMETHEUS_PORT), folder / "prometheus.log"
    config = folder / "prometheus.yml"
    config.write_text(f"rule_files: ['{ALERTS}']\nscrape_configs:\n- job_name: pktvisor\n  scrape_interval: 5s\n"
                      "  metrics_path: /api/v1/policies/__all/metrics/prometheus\n"
                      f"  static_configs: [{{targets: ['127.0.0.1:{agent.port}']}}]\n")
    with log.open("wb") as output:
        process = subprocess.Popen(["prometheus", f"--config.file={config}",
                                    f"--storage.tsdb.path={folder / 'data'}",
                                    f"--web.listen-address=127.0.0.1:{port}"],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    end = time.monotonic() + START_SECONDS
    while not ready(port):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            process.wait()
            raise SystemExit(f"prometheus did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)
    expression = urllib.parse.quote("rate(pktvisor_packets_packets_total[1m])")
    return process, f"Prometheus scrapes it: http://127.0.0.1:{port}/graph?g0.tab=0&g0.expr={expression}"


def nothing_arrived(agent):
    """A hint, once an agent has had its time."""
    try:
        packets = agent.get("/api/v1/metrics/window/2")["2m"].get("packets", {})
    except (OSError, TypeError):
        return []
    if packets.get("total"):
        return []
    names = ", ".join(sorted(os.listdir("/sys/class/net")))
    return ["", f"Nothing has arrived yet. Another interface: ./start NAME ({names})"]


def ask(agent, cli, *options):
    return [cli, "-H", "127.0.0.1", "-p", str(agent.port), *options]


def show(agent, cli, what, more):
    """On a terminal live pages until the user quits, elsewhere one page."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        print(f"pktvisor, {what}", *more, sep="\n", flush=True)
        # The line of the pages has no room for advice.
        note = what.split(";")[0]
        return subprocess.run(ask(agent, cli, "-note", note), check=False).returncode
    time.sleep(SEEN_SECONDS)
    print(f"pktvisor, {what}", flush=True)
    status = subprocess.run(ask(agent, cli, "-once"), check=False).returncode
    print(*nothing_arrived(agent), "", *more, sep="\n", flush=True)
    return status


def main():
    program, cli, *options = sys.argv[1:]
    with_prometheus = "--prometheus" in options
    options = [option for option in options if option != "--prometheus"]
    if with_prometheus:
        options.append("--prometheus-names=both")
    beside = None
    for number in (signal.SIGTERM, signal.SIGHUP):  # SIGHUP: the window is closed
        signal.signal(number, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="pktvisor-") as name:
        folder = Path(name)
        agent, what = start(program, options, folder)
        more = [f"curl http://127.0.0.1:{agent.port}/api/v1/metrics/bucket/0    (JSON)",
                f"curl http://127.0.0.1:{agent.port}/metrics                    (Prometheus)"]
        try:
            if with_prometheus:
                beside, text = prometheus(agent, folder)
                more.append(text)
            status = show(agent, cli, what, more)
            if agent.process.poll():
                raise SystemExit(f"pktvisord has ended:\n{agent.log.read_text(errors='replace')}")
            sys.exit(status)
        except KeyboardInterrupt:
            pass
        finally:
            agent.stop()
            if beside:
                beside.terminate()
                beside.wait()


if __name__ == "__main__":
    main()
