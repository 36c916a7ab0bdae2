"""dashboards/alerts.yml: judged by promtool, each rule tested by promtool where it fires and where it does not, and
all of them run by a real Prometheus that is fed by real agents."""
import copy
import json
import math
import re
import subprocess
from pathlib import Path

import pytest
import yaml

import fed
from boards import BOARDS, FOLDER
from grafana.tables import NAME, family
from running import wait_for

ALERTS = FOLDER / "alerts.yml"
TESTS = Path(__file__).with_name("alerts_test.yml")
GROUPS = yaml.safe_load(ALERTS.read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
RECORDS = {rule["record"]: rule for rule in RULES if "record" in rule}
ALERTING = {rule["alert"]: rule for rule in RULES if "alert" in rule}
DURATION = re.compile(r"\[\d+[smhd]\]")
# What joins the parts of an expression of which each has data of its own.
JOINTS = re.compile(r"(?:and|unless)(?: on \([^)]*\))?(?= )|[<>=!]=|[<>]")


def promtool(*words):
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_understands_them():
    promtool("check", "rules", ALERTS)


def test_promtool_tests_them():
    promtool("test", "rules", TESTS)


def test_each_is_tested_both_ways():
    fires, silent, recorded = set(), set(), {}
    for block in yaml.safe_load(TESTS.read_text())["tests"]:
        for one in block.get("alert_rule_test", ()):
            (fires if one["exp_alerts"] else silent).add(one["alertname"])
        for one in block.get("promql_expr_test", ()):
            recorded[one["expr"]] = one["exp_samples"]
    assert fires == silent == set(ALERTING)
    assert set(recorded) == set(RECORDS) and all(recorded.values())


def test_names_are_of_the_tables():
    for rule in RULES:
        for name in re.findall(rf"({NAME.pattern})(?=[{{\[])", rule["expr"]):
            assert family(name) or name in RECORDS, name


@pytest.mark.parametrize("name", ALERTING)
def test_alerts_say_what_and_where(name):
    rule = ALERTING[name]
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"].keys() == {"summary", "description", "dashboard"}
    assert "{{ $labels.instance }}" in rule["annotations"]["summary"]
    assert re.match(r"/d/([\w-]+)", rule["annotations"]["dashboard"])[1] in BOARDS


def shorter(expression):
    """What takes hours takes seconds."""
    return re.sub(r"offset \d+m", "offset 1s", DURATION.sub("[20s]", expression))


def quick():
    groups = copy.deepcopy(GROUPS)
    for rule in (rule for group in groups for rule in group["rules"]):
        rule["expr"] = shorter(rule["expr"])
        rule.pop("for", None)
    return {"groups": groups}


def operands(expression):
    """The parts of an alert that have data when all is well, split outside of any parentheses."""
    parts, depth, begin, at = [], 0, 0, 0
    while at < len(expression):
        joint = depth == 0 and expression[at - 1:at] == " " and JOINTS.match(expression, at)
        if joint:
            parts.append(expression[begin:at])
            begin = at = joint.end()
            continue
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(expression[at], 0)
        at += 1
    return [part.strip() for part in [*parts, expression[begin:]] if not re.fullmatch(r"\s*[\d.]+\s*", part)]


def test_operands():
    assert operands("a > 2 and b{x!~\"y\"} > 3 * c unless on (d) sum by (e) (f > 1)") == [
        "a", 'b{x!~"y"}', "3 * c", "sum by (e) (f > 1)"]


@pytest.fixture(scope="module")
def ruled():
    with fed.server(quick()) as running:
        yield running


def instances(server, expression):
    return {labels["instance"] for labels, value in server.query(expression) if math.isfinite(value)}


def test_rules_run(ruled):
    """Prometheus evaluates all of them, and none is faulty."""
    def evaluated():
        groups = json.loads(ruled.ask("/api/v1/rules")[1])["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert not [rule for rule in rules if rule["health"] == "err"], rules
        return len(rules) == len(RULES) and all(rule["health"] == "ok" for rule in rules)
    wait_for(evaluated)


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_has_data(ruled, name):
    wait_for(lambda: instances(ruled, name) == {fed.LEFT, fed.RIGHT})
    if "dropped" not in name:
        kind = "dns" if "dns" in name else "net"

        def of_left():
            return {labels["handler"] for labels, _ in ruled.query(f'{name}{{instance="{fed.LEFT}"}}')}
        wait_for(lambda: of_left() == {f"default-made-{kind}", f"default-made-{kind}2"}, why=lambda: str(of_left()))


@pytest.mark.parametrize("name", ALERTING)
def test_every_alert_looks_at_data(ruled, name):
    """Also where nothing is wrong: each part of it without its comparison."""
    ruled.query(shorter(ALERTING[name]["expr"]))
    for part in operands(ALERTING[name]["expr"]):
        wait_for(lambda: instances(ruled, shorter(part)) == {fed.LEFT, fed.RIGHT}, 20, lambda: part)


NOTHING_WRONG = {"PktvisorAgentSilent", "PktvisorInputWaits", "PktvisorNoPackets", "PktvisorDrops",
                 "PktvisorSeriesLeftOut", "PktvisorMemory", "PktvisorReceiverBehind", "PktvisorReceiverRefuses",
                 "PktvisorMinutesLost"}


def test_no_alert_without_a_reason(ruled):
    """Made traffic has errors, large answers and answers to nobody; nothing is wrong with the agents."""
    def firing():
        return {labels["alertname"] for labels, _ in ruled.query('ALERTS{alertstate="firing"}')}
    # What the machine has done is forgotten after 20 s.
    wait_for(lambda: not firing() & NOTHING_WRONG, 60, lambda: str(firing()))
