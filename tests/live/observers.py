"""What watches the traffic: the agent on the live interface, or the reader over what tcpdump saw there.
Both get the same policy and answer with the same summaries."""
import contextlib
import json
import os
import time
from pathlib import Path

import product  # of tests/conformance
from counts import capture, settle
from namespaces import Wire, wait_until

AGENT = os.environ.get("PKTVISORD")
OBSERVERS = ["reader"] + (["agent"] if AGENT else [])

POLICY, TAP, PORT = "live", "wire", 10853
PERIOD_SECONDS, PERIODS = 5, 10  # short, so that a test passes several
MODULES = [product.module("net1"), product.module("net2"), product.module("dns1", enable=["all"]),
           product.module("dns2", enable=["all"]), product.module("dhcp"), product.module("bgp"),
           product.module("pcap")]


class Observed:
    """Filled when the observation ends: handlers[module] is the schema's object; low and high bound
    what the interface has carried meanwhile (they differ when a frame came in at the very edge)."""

    def __init__(self):
        self.handlers, self.completeness = {}, {}
        self.low = self.high = self.capture = None

    def at(self, path):
        """A value by its path, "dns1.wire_packets.queries"."""
        value = self.handlers
        for key in path.split("."):
            value = value[key]
        return value

    def top(self, path):
        return {row["name"]: row["estimate"] for row in self.at(path)}


def take(observed, handlers):
    for name, output in handlers.items():
        observed.completeness[name] = output.get("completeness")
        observed.handlers[name] = product.schema_of(output)


@contextlib.contextmanager
def frames_between(observed, wire, running):
    """Bounds of the frames on the server's interface while `running` is in its context."""
    def packets():
        return wire.server.frames(wire.SERVER_IF)["packets"]
    settle(wire.server, wire.SERVER_IF)
    before = packets()
    with running as inside:
        begun = packets()
        yield inside
        settle(wire.server, wire.SERVER_IF)
        ended = packets()
    after = packets()
    observed.low, observed.high = ended - begun, after - before
    assert observed.high - observed.low < 10


@contextlib.contextmanager
def reader(wire):
    observed = Observed()
    with frames_between(observed, wire, capture(wire.server, wire.SERVER_IF)) as path:
        observed.capture = path
        yield observed
    take(observed, product.summary(product.policy(*MODULES), path, hosts=wire.SERVER_HOSTS,
                                   databases=False))


class Agent:
    """A running pktvisord and its REST interface, inside a namespace."""

    def __init__(self, space, program):
        self.space, self.program = space, program

    def get(self, path):
        done = self.space.run("curl", "-sS", "--max-time", "5", "-w", "\n%{http_code}",
                              f"http://127.0.0.1:{PORT}{path}", check=False)
        body, _, status = done.stdout.rpartition("\n")
        return (int(status) if done.returncode == 0 else 0), body

    def handlers(self):
        """{module: {schema: …, "completeness": …}} over all periods."""
        status, body = self.get(f"/api/v1/policies/{POLICY}/metrics/window/{PERIODS}")
        assert status == 200, body
        prefix = f"{POLICY}-{TAP}-"
        return {name.removeprefix(prefix): output for name, output in json.loads(body)[POLICY].items()}

    def settled(self):
        """What it shows once it shows the same, but for lengths and rates, three times."""
        def counts(handlers):
            return [handlers["net1"]["packets"]["total"], handlers["dns1"]["dns"]["wire_packets"]["total"],
                    handlers["bgp"]["bgp"]["wire_packets"]["total"]]
        shown = [None]

        def same():
            seen = []
            for _ in range(3):
                shown[0] = self.handlers()
                seen.append(counts(shown[0]))
                time.sleep(0.3)
            return seen[0] == seen[1] == seen[2]
        wait_until(same, "counts that stand still")
        return shown[0]


def agent_config(source):
    policy = product.policy(*MODULES, window={"num_periods": PERIODS})["visor"]["policies"]["default"]
    policy["input"] = {"tap": TAP, "input_type": "pcap"}
    tap = {"input_type": "pcap", "config": {"iface": Wire.SERVER_IF, "pcap_source": source,
                                            "host_spec": Wire.SERVER_HOSTS}}
    return {"version": "1.0", "visor": {"taps": {TAP: tap}, "policies": {POLICY: policy}}}


@contextlib.contextmanager
def run_agent(wire, source="af_packet", *options):
    path = Path(wire.folder, "agent.yaml")
    path.write_text(json.dumps(agent_config(source)))
    with wire.server.program("pktvisord", AGENT, "--admin-api", "-p", PORT, "--period-seconds", PERIOD_SECONDS,
                             "--config", path, *options) as program:
        running = Agent(wire.server, program)
        program.wait_for(lambda: running.get(f"/api/v1/policies/{POLICY}")[0] == 200, "its policy")
        yield running


@contextlib.contextmanager
def watched(wire, observed):
    """tcpdump watches beside it, for counts of tshark."""
    with run_agent(wire) as running:
        with capture(wire.server, wire.SERVER_IF) as path:
            observed.capture = path
            yield
        take(observed, running.settled())


@contextlib.contextmanager
def agent(wire):
    observed = Observed()
    with frames_between(observed, wire, watched(wire, observed)):
        yield observed


observe = {"reader": reader, "agent": agent}
