"""What the dashboards ask: every panel and every variable gets data from a real Prometheus, of an agent that is
scraped and of one that pushes; only what needs native names does not from the one that has none."""
import math
import re

import pytest

from boards import BOARDS, asked, row_of, substituted, variables
from fed import LEFT, PERIOD, RATE, RIGHT
from running import wait_for

WINDOW = "20s"  # for all ranges
NATIVE_ROW = "With native names"
KNOWN = {"policy": "default", "tap": "made"}


def lacking(server, expressions):
    """Those that give no number; an error fails."""
    return [text for text in expressions
            if not any(math.isfinite(value) for _, value in server.query(text))]


def wait_for_data(server, expressions):
    left = list(expressions)
    assert left

    def none_lacks():
        left[:] = lacking(server, left)
        return not left
    wait_for(none_lacks, 30, lambda: "no data: " + "\n".join(left))


def expressions(uid, native, **chosen):
    board = BOARDS[uid]
    for panel, expression in asked(board):
        if native or not row_of(board, panel).startswith(NATIVE_ROW):
            yield substituted(expression, WINDOW, **chosen)


@pytest.mark.parametrize("uid", BOARDS)
@pytest.mark.parametrize("name", [LEFT, RIGHT])
def test_every_panel_has_data(server, uid, name):
    wait_for_data(server, expressions(uid, name == LEFT, instance=name))


@pytest.mark.parametrize("uid", BOARDS)
def test_so_have_those_of_a_policy_and_a_tap(server, uid):
    """Not those that look at the policy of resources."""
    chosen = [text for text in expressions(uid, True, instance=LEFT, **KNOWN) if "resources_" not in text]
    wait_for_data(server, chosen)


def test_a_packet_counts_once(server):
    """… though two handlers see it, and where there is more than one agent, each."""
    wait_for_data(server, ['packets_total{instance="left"}', 'packets_total{instance="right"}'])
    (expression,) = [expression for panel, expression in asked(BOARDS["pktvisor-fleet"])
                     if panel["title"] == "Packets a second"]

    def times(name, agents=1):
        """How often a packet is counted."""
        found = server.query(substituted(expression, WINDOW, instance=name))
        return sum(value for _, value in found) * 60 / (agents * PERIOD * RATE)

    def all_times():
        return times(LEFT), times(RIGHT), times("left|right", 2)
    # A first minute has fewer, one behind a stop of the machine more.
    wait_for(lambda: all(0.2 < value < 1.5 for value in all_times()), 30, lambda: str(all_times()))


def label_values(server, definition, **chosen):
    selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", definition).groups()
    rows = server.query(f"count by ({label}) ({substituted(selector, WINDOW, **chosen)})")
    return {labels[label] for labels, _ in rows if label in labels}


@pytest.mark.parametrize("uid", BOARDS)
def test_variables(server, uid):
    found = variables(BOARDS[uid])
    wait_for(lambda: label_values(server, found["instance"]["definition"]) == {LEFT, RIGHT})
    for name in (LEFT, RIGHT):
        def values(variable, **more):
            return label_values(server, found[variable]["definition"], instance=name, **more)
        modules = {f"default-made-{module}" for module in ("net", "net2", "dns", "dns2", "dhcp", "bgp", "pcap")}
        wait_for(lambda: "default" in values("policy"))
        wait_for(lambda: values("tap", policy="default") == {"made"})
        wait_for(lambda: values("handler", **KNOWN) == modules, why=lambda: str(values("handler", **KNOWN)))
        wait_for(lambda: any(handler.endswith("-resources") for handler in values("handler")))


@pytest.mark.parametrize("uid", BOARDS)
def test_annotations_are_understood(server, uid):
    alerts = BOARDS[uid]["annotations"]["list"][1]
    server.query(substituted(alerts["expr"], WINDOW, instance=LEFT))
