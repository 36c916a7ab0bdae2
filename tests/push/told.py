"""What the agent's JSON says, as series of upstream's names: by docs/metrics.md, which says for each JSON
path the name in Prometheus."""
import re
from pathlib import Path

from running import wait_for

METRICS = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
QUANTILES = {"p50": "0.5", "p90": "0.9", "p95": "0.95", "p99": "0.99"}


def cells_of(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def tables():
    """{title: {path: (name, kind[, label of a row])}}"""
    found, title, header = {}, None, []
    for line in METRICS.read_text().splitlines():
        if line.startswith("## "):
            title, header = line[3:], []
            found[title] = {}
        elif line.startswith("| JSON path"):
            header = cells_of(line)
        elif not line.startswith("|"):
            header = []
        elif line.startswith("| `") and "labels" in header:
            row = dict(zip(header, cells_of(line)))
            own = [label for label in re.findall(r"`(\w+)`", row["labels"])
                   if label not in ("direction", "lat", "lon", "quantile", "le")]
            found[title][row["JSON path"].strip("`")] = (
                row["Prometheus name"].strip("`"), row["kind, type"].split(",")[0], *own[-1:])
    return found


TABLES = tables()
KINDS = {name: kind for table in TABLES.values() for name, kind, *_ in table.values()}


def series_of_value(name, kind, label, value, labels):
    """[(name, labels, value)] of a JSON value."""
    if isinstance(value, list):
        for row in value:
            more = {label: row["name"]}
            if "lat" in row:
                more |= {"lat": row["lat"], "lon": row["lon"]}
            yield name, labels | more, row["estimate"]
    elif kind == "histogram":
        for bound, count in value["buckets"].items():
            yield name + "_bucket", labels | {"le": bound}, count
    elif isinstance(value, dict):
        for quantile, number in value.items():
            if quantile in QUANTILES:
                yield name, labels | {"quantile": QUANTILES[quantile]}, number
    else:
        yield name, labels, value


def walk(table, document, path, labels):
    for key, value in document.items():
        here = f"{path}.{key}" if path else key
        if here in table:
            name, kind, *label = table[here]
            yield from series_of_value(name, kind, *label or [""], value, labels)
        elif not path and key in ("in", "out", "unknown") and "<direction>" in "".join(table):
            yield from walk(table, value, "<direction>", labels | {"direction": key})
        elif isinstance(value, dict) and here != "period":
            yield from walk(table, value, here, labels)


def expected(handler, schema, title, labels):
    """{series: value} of a handler's JSON {schema: {…}, "completeness": {…}}."""
    return {frozenset({**more, "__name__": name}.items()): value
            for name, more, value in walk(TABLES[title], handler[schema], "", labels)}


class Minutes:
    """Collects the JSON of every closed period of a policy: minutes[end] = {handler: (schema, {…})}. A period that has
    begun late ends where the others do."""

    def __init__(self, agent, policy):
        self.agent, self.policy, self.minutes = agent, policy, {}

    def look(self):
        for number in range(1, 10):
            answer = self.agent.metrics(self.policy, "bucket", number)
            if answer.status != 200:
                break
            handlers = answer.json[self.policy]
            for name, handler in handlers.items():
                (schema,) = handler.keys() - {"completeness"}
                period = handler[schema]["period"]
                end = period["start_ts"] + period["length"]
                self.minutes.setdefault(end, {}).setdefault(name, (schema, handler))
        return self.minutes

    def wait(self, count):
        wait_for(lambda: len(self.look()) >= count, 60)
        return self.minutes
