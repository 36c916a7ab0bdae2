"""The dashboards as they are committed."""
import json
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "dashboards"
BOARDS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
VARIABLES = ("datasource", "instance", "policy", "tap", "handler")


def panels(board):
    """All but the headings of rows, those of collapsed rows too."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def row_of(board, panel):
    """The heading that a panel stands under."""
    for row in (one for one in board["panels"] if one["type"] == "row"):
        if panel in row["panels"] or row["gridPos"]["y"] < panel["gridPos"]["y"] and not row["collapsed"]:
            found = row
    return found["title"]


def variables(board):
    return {one["name"]: one for one in board["templating"]["list"]}


def asked(board):
    """(panel, expression) of all targets."""
    for panel in panels(board):
        for target in panel["targets"]:
            yield panel, target["expr"]


def substituted(expression, window, **chosen):
    """As Grafana would ask it: variables, and any range `window` long."""
    text = expression
    for name, value in {"policy": ".*", "tap": ".*", "handler": ".*", **chosen}.items():
        text = text.replace(f"${name}", value)
    text = re.sub(r"\[(\$\w+|\d+[smhd])\]", f"[{window}]", text)
    assert "$" not in text, text
    return text
