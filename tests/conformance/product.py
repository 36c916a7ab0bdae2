"""Runs the product over a capture with one handler or a chain of them, and reads what it prints."""
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

READER = os.environ.get("PKTVISOR_READER", "build/release/src/reader/pktvisor-reader")
SHARED = Path(os.environ.get("PKTVISOR_SHARED", "../shared"))
CAPTURES = SHARED / "captures"
VERSIONS = {"net1": ("net", "1.0"), "net2": ("net", "2.0"), "dns1": ("dns", "1.0"),
            "dns2": ("dns", "2.0"), "dhcp": ("dhcp", "1.0"), "bgp": ("bgp", "1.0"),
            "pcap": ("pcap", "1.0")}


def module(handler, name=None, filter=None, enable=None, disable=None, config=None):
    """One handler as a policy writes it."""
    kind, version = VERSIONS[handler]
    entry = {"type": kind, "require_version": version}
    if filter:
        entry["filter"] = filter
    if config:
        entry["config"] = config
    groups = {k: v for k, v in (("enable", enable), ("disable", disable)) if v}
    if groups:
        entry["metric_groups"] = groups
    return {name or handler: entry}


def policy(*modules, window=None, chain=False, config=None):
    handlers = {"modules": list(modules) if chain else {k: v for m in modules for k, v in m.items()}}
    handlers["window_config"] = {"num_periods": 1, **(window or {})}
    body = {"kind": "collection", "input": {"tap": "file", "input_type": "pcap"},
            "handlers": handlers}
    if config:
        body["config"] = config
    return {"version": "1.0", "visor": {"policies": {"default": body}}}


def run(*arguments, stdin=None, check=True):
    done = subprocess.run([READER, *map(str, arguments)], stdin=stdin, capture_output=True,
                          timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(f"{arguments}: {done.returncode}: {done.stderr.decode()}")
    return done


def with_policy(document, capture, *options, hosts=None, databases=True, check=True):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(document, file)
        file.flush()
        arguments = ["--config", file.name, *options]
        if hosts:
            arguments += ["-H", hosts]
        if databases:
            arguments += ["--geo-city", CAPTURES / "GeoIP2-City-Test.mmdb",
                          "--geo-asn", CAPTURES / "GeoIP2-ISP-Test.mmdb"]
        return run(*arguments, capture, check=check)


def summary(document, capture, *options, **settings):
    """What the handlers said: {handler name: {schema: {...}, "completeness": {...}}}."""
    output = json.loads(with_policy(document, capture, *options, **settings).stdout)
    (window,) = output.values()
    return window


def schema_of(handler_output):
    (schema,) = [value for key, value in handler_output.items() if key != "completeness"]
    return schema


def refusal(document, capture=None, **settings):
    """The error text of a policy that must not be accepted."""
    done = with_policy(document, capture or CAPTURES / "dns_ipv4_udp.pcap", check=False, **settings)
    assert done.returncode == 255, done.stdout
    (line,) = [l for l in done.stderr.decode().splitlines() if l.startswith("Fatal error: ")]
    return re.sub(r"^Fatal error: (\S+:\d+:\d+: |\S+\.json: )?", "", line)


SERIES = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)\{(.*)\} (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def prometheus(text, strict=True):
    """(types, series): {family: type}, {(name, frozenset of labels): value}. Upstream's recordings
    repeat TYPE lines: not strict."""
    types, series = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert not strict or name not in types, f"two TYPE lines for {name}"
            types[name] = kind
        elif line and not line.startswith("#"):
            name, labels, value = SERIES.match(line).groups()
            key = (name, frozenset(LABEL.findall(labels)))
            assert key not in series, f"series twice: {line}"
            series[key] = float(value)
    return types, series
