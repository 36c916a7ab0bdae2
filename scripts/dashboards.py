#!/usr/bin/env python3
"""Grafana dashboards from the tables of metrics: scripts/dashboards.py writes dashboards/*.json, and the rules of
dashboards/alerts.yml as Kubernetes' Prometheus Operator takes them; with --check it says which of them are not what it
would write. The boards are in scripts/grafana."""
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from grafana import agent, dns, fleet, health, network, resources  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "dashboards"
OPERATOR = ROOT / "examples/kubernetes/prometheusrule.yaml"
OPERATORS_HEAD = """\
# The rules of dashboards/alerts.yml for a Prometheus Operator; made by scripts/dashboards.py.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: pktvisor
  namespace: pktvisor
spec:
"""
BOARDS = [module.BOARD for module in (fleet, agent, dns, network, health, resources)]


def documents():
    """{path: text}"""
    found = {FOLDER / f"{board.uid}.json": json.dumps(board.model(), indent=2, ensure_ascii=False) + "\n"
             for board in BOARDS}
    rules = (FOLDER / "alerts.yml").read_text().splitlines(True)
    found[OPERATOR] = OPERATORS_HEAD + "".join(line if line == "\n" else "  " + line for line in rules)
    return found


def main():
    wanted = documents()
    if sys.argv[1:] != ["--check"]:
        for path, text in wanted.items():
            path.write_text(text)
        return 0
    there = {path: path.read_text() for path in [*FOLDER.glob("*.json"), *filter(Path.exists, [OPERATOR])]}
    other = sorted(path for path in wanted.keys() | there.keys() if wanted.get(path) != there.get(path))
    for path in other:
        print(f"{path.relative_to(ROOT)}: not current; make it anew: scripts/dashboards.py", file=sys.stderr)
    return bool(other)


if __name__ == "__main__":
    sys.exit(main())
