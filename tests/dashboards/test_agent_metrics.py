"""docs/agent-metrics.md lists what an agent says of itself. After a change that is meant, with PKTVISORD set:
PKTVISOR_RECORD=1 tests/pytest tests/dashboards/test_agent_metrics.py"""
import difflib
import os
import re
from pathlib import Path

from fed import EVERYTHING
from running import wait_for

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/agent-metrics.md"
LAST_OF_HANDLERS = "pktvisor_completeness"
HEAD = """\
# Metrics of the agent itself

<!-- Recorded from an agent by tests/dashboards/test_agent_metrics.py, which says how -->

What `pktvisord` tells of itself, its policies, inputs and receivers, beside the metrics of the handlers
([metrics.md](metrics.md)), in the scrape of `/api/v1/policies/__all/metrics/prometheus` and in what it pushes. Families
of databases, registries, receivers and faults are there when there is such a thing. With `--prom-instance`, and pushed,
all have a label `instance`.

| family | type | unit | labels | meaning |
|---|---|---|---|---|
"""


# What is counted is what the name ends with, but for these.
UNITS = {"out": "series", "fds": "files", "names": "ports", "info": "", "running": "", "waiting": "",
         "completeness": "", "malformed": "faults", "large": "requests", "authentications": "requests",
         "hosts": "requests"}


def unit_of(name):
    if name.endswith(("_time_seconds", "_timestamp_seconds")):
        return "timestamp"
    word = name.removesuffix("_total").split("_")[-1]
    return UNITS.get(word, word)


def rows(text):
    """Of the families that are not a handler's."""
    found = {}
    for name, meaning in re.findall(r"^# HELP (\w+) (.*)$", text, re.M):
        found[name] = {"meaning": meaning, "labels": set()}
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M):
        found[name]["type"] = kind
    for name, labels in re.findall(r"^(\w+)\{(.*)\} ", text, re.M):
        if name in found:
            found[name]["labels"] |= set(re.findall(r'(\w+)="', labels)) - {"instance"}
    names = list(found)
    for name in names[names.index(LAST_OF_HANDLERS):]:
        row = found[name]
        labels = ", ".join(f"`{label}`" for label in sorted(row["labels"]))
        yield f"| `{name}` | {row['type']} | {unit_of(name)} | {labels} | {row['meaning']} |\n"


def recorded(server):
    """Of an agent of which all is there that one can wait for without this document."""
    def whole():
        text = server.left.get(EVERYTHING).text
        return text if "pktvisor_input_malformed_total{" in text and "pktvisor_http_requests_total{" in text else None
    return HEAD + "".join(rows(wait_for(whole)))


def test_the_document_is_current(server):
    if os.environ.get("PKTVISOR_RECORD"):
        DOCUMENT.write_text(recorded(server))
    current = DOCUMENT.read_text()

    def difference():
        return "".join(difflib.unified_diff(current.splitlines(True), recorded(server).splitlines(True)))
    # Some families have series when there was something to count.
    wait_for(lambda: not difference(), why=lambda: __doc__ + "\n" + difference())
