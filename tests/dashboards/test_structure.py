"""The dashboards' JSON: current, whole, and what Grafana 10 and 11 take."""
import itertools
import re
import subprocess
import sys
from urllib.parse import parse_qsl, urlsplit

import pytest

from boards import BOARDS, FOLDER, VARIABLES, asked, panels, variables
from grafana.tables import NAME, family

KINDS = {"stat", "timeseries", "table", "bargauge", "heatmap"}
# Of Grafana's list of units.
UNITS = {"short", "none", "percent", "percentunit", "s", "µs", "bytes", "Bps", "bps", "pps", "mps", "cps", "reqps"}
# What else an expression may hold.
WORDS = {"sum", "max", "min", "count", "topk", "by", "on", "without", "and", "or", "unless", "group_left", "vector",
         "time", "rate", "increase", "sum_over_time", "count_over_time", "histogram_quantile", "clamp_min"}


@pytest.fixture(params=BOARDS)
def board(request):
    return BOARDS[request.param]


def test_generated():
    done = subprocess.run([sys.executable, FOLDER.parent / "scripts/dashboards.py", "--check"], capture_output=True,
                          text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_boards_are_there():
    assert {board["title"].removeprefix("pktvisor: ") for board in BOARDS.values()} == {
        "fleet", "one agent", "DNS", "network", "capture health", "resources"}
    assert all(board["uid"] == stem and board["id"] is None for stem, board in BOARDS.items())


def test_form(board):
    assert board["schemaVersion"] == 39 and board["tags"] == ["pktvisor"] and board["description"]
    assert list(variables(board)) == list(VARIABLES)
    for row in (one for one in board["panels"] if one["type"] == "row"):
        assert bool(row["panels"]) == row["collapsed"]


def test_ids_and_titles_are_unique(board):
    ids = [panel["id"] for one in board["panels"] for panel in (one, *one.get("panels", ()))]
    assert sorted(ids) == list(range(1, len(ids) + 1))
    titles = [panel["title"] for panel in panels(board)]
    assert len(titles) == len(set(titles))


def overlap(one, other):
    return all(one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
               for at, size in (("x", "w"), ("y", "h")))


def test_panels_do_not_overlap(board):
    for several in [board["panels"], *(row["panels"] for row in board["panels"] if row["type"] == "row")]:
        places = [panel["gridPos"] for panel in several]
        assert all(place["x"] + place["w"] <= 24 and min(place.values()) >= 0 for place in places)
        assert not [pair for pair in itertools.combinations(places, 2) if overlap(*pair)]


def test_panels_are_described(board):
    for panel in panels(board):
        assert panel["type"] in KINDS and panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        for _, expression in asked_by(panel):
            for name in re.findall(r"[\w:]+(?=\{)", expression):
                # What the tables say of it is in the text.
                assert f"`{name}`" in panel["description"] and family(name)[0].meaning in panel["description"]
        ids = [target["refId"] for target in panel["targets"]]
        assert len(ids) == len(set(ids)) and all(
            target["datasource"] == panel["datasource"] for target in panel["targets"])


def asked_by(panel):
    return [(panel, target["expr"]) for target in panel["targets"]]


def test_names_are_of_the_tables_and_chosen(board):
    """Every metric is one that the tables know, and has the variables that choose it."""
    for panel, expression in asked(board):
        bare = re.sub(r'"[^"]*"|\[[^]]*\]|(by|on|without|group_left) \([^)]*\)', "", expression)
        for name, selector in re.findall(rf"(?<![\w$.])({NAME.pattern})(\{{[^}}]*\}})?", bare):
            if name in WORDS:
                continue
            assert family(name), (panel["title"], name)
            # Values are gone.
            assert all(f"{label}=~" in selector for label in family(name)[0].labels), expression
    for panel in panels(board):
        for override in panel["fieldConfig"]["overrides"]:
            for one in override["properties"]:
                assert one["id"] != "unit" or one["value"] in UNITS


def links_of(panel):
    yield from panel["fieldConfig"]["defaults"]["links"]
    for override in panel["fieldConfig"]["overrides"]:
        yield from (link for one in override["properties"] if one["id"] == "links" for link in one["value"])


def test_links_between_boards(board):
    """All others are one click away, with the variables and the time."""
    uids = [link["url"].removeprefix("/d/") for link in board["links"]]
    assert {*uids, board["uid"]} == set(BOARDS) and len(uids) == len(BOARDS) - 1
    assert all(link["includeVars"] and link["keepTime"] for link in board["links"])


def test_links_of_values(board):
    found = 0
    for panel in panels(board):
        labels = set(re.findall(r"(\w+)", " ".join(re.findall(r"(?:by|without) \(([^)]*)\)", str(panel["targets"])))))
        for link in links_of(panel):
            found += 1
            parts = urlsplit(link["url"])
            assert parts.path.removeprefix("/d/") in BOARDS, link
            assert "${__url_time_range}" in parts.query
            # Every variable goes along, chosen or as it is.
            chosen = {name.removeprefix("var-"): value for name, value in parse_qsl(parts.query)}
            kept = set(re.findall(r"\$\{(\w+):queryparam\}", parts.query))
            assert chosen.keys() | kept == set(VARIABLES) and not chosen.keys() & kept
            for name, value in chosen.items():
                assert value in (f"${{__field.labels.{name}}}", f"${{__data.fields.{name}}}") and name in labels
    assert found or board["uid"] == "pktvisor-network"


def test_variables_of_the_boards(board):
    found = variables(board)
    assert found["datasource"]["type"] == "datasource" and found["datasource"]["query"] == "prometheus"
    for name in VARIABLES[1:]:
        one = found[name]
        assert one["type"] == "query" and one["query"]["query"] == one["definition"]
        assert one["definition"].endswith(f", {name})")
        # Only an agent's own board has one agent; All includes series without the label.
        alone = name == "instance" and board["uid"] == "pktvisor-agent"
        assert (one["multi"], one["includeAll"], one.get("allValue")) == (
            (False, False, None) if alone else (True, True, ".*"))
