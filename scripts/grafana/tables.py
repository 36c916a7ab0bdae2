"""The metrics that the documents made of the program's tables list: docs/metrics.md those of handlers,
docs/agent-metrics.md those of the agent itself."""
import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
# Labels that variables of a dashboard choose by, and of which families that are no handler's have some.
HANDLER_LABELS = ("instance", "policy", "tap", "handler")
EXACT = ("exact", "exact per second")
# Samples of a family whose names have more than the family's.
SUFFIXES = ("_bucket", "_sum", "_count")


@dataclass(frozen=True)
class Metric:
    name: str
    unit: str         # in words: packets, bytes/s, seconds
    meaning: str
    source: str       # "dns 1.0", or "agent"
    labels: tuple     # those of HANDLER_LABELS that it has
    inexact: str = ""  # what the sketch promises, where that is not the exact number
    groups: tuple = ()  # metric groups that are off by default and have to be on


def cells(line):
    """Of a row of a table in Markdown."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def tables(text):
    """(header, rows) of each table."""
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        header, _, *rows = map(cells, block.splitlines())
        yield header, rows


def plain(cell):
    return cell.split(",")[0].strip("` ")


def native_unit(name, unit):
    if unit.endswith("/s"):  # the counter behind a rate
        return unit[:-2]
    return "seconds" if name.endswith("_seconds") else unit


def handler_metrics(title, section):
    """Both names of each row of a handler's table."""
    off = set()
    for header, rows in tables(section):
        if header[0] == "group":
            off = {row[0] for row in rows if row[1] != "on"}
    for header, rows in tables(section):
        if header[0] != "JSON path":
            continue
        for row in (dict(zip(header, row)) for row in rows):
            needed = tuple(sorted(off & set(row["groups"].split(" + "))))
            inexact = "" if row["exactness"] in EXACT else row["exactness"]
            for name, unit in ((plain(row["Prometheus name"]), row["unit"]),
                               (plain(row["native name, type"]), None)):
                if name:
                    yield Metric(name, unit or native_unit(name, row["unit"]), row["meaning"], title,
                                 HANDLER_LABELS, inexact, needed)


def agent_metrics(text):
    for header, rows in tables(text):
        for row in (dict(zip(header, row)) for row in rows):
            labels = re.findall(r"`(\w+)`", row["labels"])
            yield Metric(plain(row["family"]), row["unit"], row["meaning"], "agent",
                         tuple(label for label in HANDLER_LABELS if label in ("instance", *labels)))


def read():
    """{name: [Metric]}: versions of a handler may have a name in common."""
    every = {}
    sections = re.split(r"^## ", (DOCS / "metrics.md").read_text(), flags=re.M)[1:]
    for section in sections:
        for metric in handler_metrics(section.splitlines()[0], section):
            every.setdefault(metric.name, []).append(metric)
    for metric in agent_metrics((DOCS / "agent-metrics.md").read_text()):
        every.setdefault(metric.name, []).append(metric)
    return every


METRICS = read()
NAME = re.compile(r"[a-zA-Z_:][\w:]*")


def family(name):
    """The metrics behind a sample's name; none where no table has it."""
    for suffix in ("", *SUFFIXES):
        found = METRICS.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if found:
            return found
    return []


def names_in(expression):
    """Names of samples in an expression, each once, in order."""
    return list(dict.fromkeys(name for name in NAME.findall(expression) if family(name)))
