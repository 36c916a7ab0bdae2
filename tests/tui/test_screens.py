"""Screens in a terminal, with an agent of recorded documents: characters are those that the unit
tests have laid out (tests/tui/screens), at four sizes, on each page, through resizes."""
from pathlib import Path

import pytest
from fake_agent import FakeAgent, document
from terminal import Terminal, colours, screen, three_refreshes

WINDOW = "/api/v1/policies/default/metrics/window/5"
SIZES = {"60x20": (60, 20), "80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}


@pytest.mark.parametrize("size", SIZES)
def test_overview(size):
    with FakeAgent() as agent, Terminal(port=agent.port, size=SIZES[size]) as terminal:
        three_refreshes(terminal)
        terminal.expect(f"overview_{size}")


def test_every_page_and_resizes():
    with FakeAgent() as agent, Terminal(port=agent.port) as terminal:
        three_refreshes(terminal)
        terminal.expect("overview_80x24")
        for size in ("120x40", "60x20", "200x60", "80x24"):
            terminal.resize(*SIZES[size])
            terminal.expect(f"overview_{size}")
        for key, name in ("2", "dns"), ("3", "network"), ("4", "others"):
            terminal.keys(key)
            terminal.expect(f"{name}_80x24")
        terminal.resize(59, 20)
        terminal.expect("small_59x20")
        terminal.resize(5, 1)
        terminal.resize(80, 24)
        terminal.expect("others_80x24")


def test_policies_and_resources():
    answers = {WINDOW: document("default_3.json")}
    with FakeAgent(answers) as agent, Terminal("-page", "policies", port=agent.port) as terminal:
        terminal.expect("policies_80x24")
        terminal.resize(120, 40)
        terminal.expect("policies_120x40")


def test_handlers_of_version_two():
    with FakeAgent() as agent, Terminal("-P", "two", port=agent.port) as terminal:
        terminal.expect("two_80x24")
        terminal.keys("2", "d", "d")
        terminal.expect("two_dns_out_80x24")


def test_ascii_by_switch_and_by_locale():
    for options, environment in (["-ascii"], None), ([], {"LC_ALL": "C"}):
        with FakeAgent() as agent, Terminal(*options, port=agent.port,
                                            environment=environment) as terminal:
            three_refreshes(terminal)
            terminal.expect("ascii_80x24")


def test_no_color():
    with FakeAgent() as agent:
        with Terminal(port=agent.port) as terminal:
            terminal.wait(lambda painted: {36, 32} <= colours(painted) and "packets/s" in painted, terminal.painted)
        with Terminal(port=agent.port, environment={"NO_COLOR": ""}) as terminal:
            # Empty is not set (no-color.org).
            terminal.wait(lambda painted: colours(painted) and "packets/s" in painted, terminal.painted)
        with Terminal(port=agent.port, environment={"NO_COLOR": "1"}) as terminal:
            # Bold and reverse stay.
            painted = terminal.wait(lambda painted: "\x1b[1m" in painted and "\x1b[7m" in painted and
                                    "packets/s" in painted, terminal.painted)
            assert not colours(painted)


def test_hostile_names():
    with FakeAgent({WINDOW: document("hostile.json")}) as agent:
        with Terminal("-page", "dns", port=agent.port) as terminal:
            terminal.expect("hostile_80x24")
            terminal.keys("Tab", "Tab", "Enter")
            terminal.resize(120, 40)
            terminal.expect("hostile_zoom_120x40")
            # Nothing has moved the cursor, set the title or painted what is not ours.
            assert "red" not in terminal.tmux("display-message", "-p", "#{pane_title}")
            assert not colours(terminal.painted()) & {31, 5}


def test_error_texts_of_strangers():
    answers = {"/api/v1/metrics/app": (500, b'{"error":"\\u001b[31mbad\\u001b]0;t\\u0007"}')}
    with FakeAgent(answers) as agent, Terminal(port=agent.port) as terminal:
        terminal.wait(r"\027[31mbad\027]0;t\007 (HTTP 500)")


def test_the_pictures_of_the_documentation():
    guide = (Path(__file__).resolve().parents[2] / "docs/terminal.md").read_text()
    assert screen("overview_80x24") in guide
