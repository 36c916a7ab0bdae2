"""How values of YAML and JSON are typed (docs/policies.md), over REST: a tap shows its config as it was read."""
import json

import pytest

from running import Agent

TAPS = "/api/v1/taps"
YAML = {"Content-Type": "application/x-yaml"}


@pytest.fixture(scope="module")
def agent():
    with Agent("--admin-api") as agent:
        yield agent


def read(agent, config, before=""):
    """What `config: {…}` of a tap becomes."""
    text = f"version: '1.0'\n{before}visor:\n  taps:\n    t:\n      input_type: mock\n      config: {config}\n"
    answer = agent.ask("PUT", TAPS + "/t", text, YAML)
    assert answer.status in (200, 201), answer
    assert agent.get(TAPS + "/t").json == answer.json
    return answer.json["t"]["config"]


def refused(agent, text):
    answer = agent.ask("PUT", TAPS + "/t", text, YAML)
    assert answer.status == 422, answer
    return answer.json


def test_quoted_digits_are_a_number(agent):
    assert read(agent, """{a: 123, b: "123", c: '123'}""") == {"a": 123, "b": 123, "c": 123}


def test_a_leading_zero_is_decimal(agent):
    assert read(agent, "{a: 010}") == {"a": 10}


def test_hexadecimal_is_text(agent):
    assert read(agent, "{a: 0x10}") == {"a": "0x10"}


def test_yes_is_text(agent):
    assert read(agent, "{a: yes, b: No, c: on, d: off}") == {"a": "yes", "b": "No", "c": "on", "d": "off"}


def test_true_in_any_case_is_a_boolean(agent):
    assert read(agent, """{a: true, b: FALSE, c: "True"}""") == {"a": True, "b": False, "c": True}


def test_null_is_no_value(agent):
    for null in ("~", "null", ""):
        body = refused(agent, f"visor: {{taps: {{t: {{input_type: mock, config: {{a: {null}}}}}}}}}")
        assert body["error"] == "invalid value for key: a"
        assert body["errors"][0]["path"] == "visor.taps.t.config.a"
    assert read(agent, """{a: "~", b: 'null', c: ""}""") == {"a": "~", "b": "null", "c": ""}


def test_fractions_are_text(agent):
    assert read(agent, "{a: 1.5, b: -1, c: 1e3}") == {"a": "1.5", "b": "-1", "c": "1e3"}


def test_a_number_too_large_is_text(agent):
    assert read(agent, "{a: 9223372036854775807, b: 9223372036854775808}") == {
        "a": 9223372036854775807, "b": "9223372036854775808"}


def test_integer_keys_are_text(agent):
    assert read(agent, "{1: a, 010: b, true: c, ~: d}") == {"1": "a", "010": "b", "true": "c", "~": "d"}


def test_lists_hold_text_as_written(agent):
    assert read(agent, """{a: [1, 010, true, "7", x]}""") == {"a": ["1", "010", "true", "7", "x"]}


def test_duplicate_keys_are_refused(agent):
    body = refused(agent, "visor:\n  taps:\n    t:\n      input_type: mock\n      tags: {}\n      input_type: pcap\n")
    assert body["error"] == "yaml-cpp: error at line 6, column 7: duplicate key 'input_type', first at line 4"
    assert body["errors"][0]["path"] == "visor.taps.t.input_type"
    assert (body["errors"][0]["line"], body["errors"][0]["column"]) == (6, 7)


def test_aliases(agent):
    assert read(agent, "{a: &x 5, b: *x, c: &list [p, q], d: *list}") == {
        "a": 5, "b": 5, "c": ["p", "q"], "d": ["p", "q"]}


def test_aliases_are_bounded(agent):
    rows = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join(['*a%d' % (i - 1)] * 10)}]" for i in range(1, 9)]
    body = refused(agent, "\n".join(rows) + "\nvisor: {}\n")
    assert body["error"].endswith("aliases and merge keys stand for more than 10000 values")
    body = refused(agent, "visor: &v {taps: *v}\n")
    assert body["error"].endswith("deeper than 64 levels")


def test_merge_keys(agent):
    shared = "shared: &shared {iface: lo, snaplen: 96}\nmore: &more {snaplen: 128, bpf: udp}\n"
    assert read(agent, "{<<: *shared, iface: eth0}", shared) == {"iface": "eth0", "snaplen": 96}
    assert read(agent, "{<<: [*shared, *more]}", shared) == {"iface": "lo", "snaplen": 96, "bpf": "udp"}


def test_one_document(agent):
    assert read(agent, "{a: b}\n...") == {"a": "b"}
    body = refused(agent, "visor: {taps: {t: {input_type: mock}}}\n---\nvisor: {}\n")
    assert body["error"] == "yaml-cpp: error at line 2, column 1: a second document begins; only one is expected"


def test_tags_are_ignored(agent):
    assert read(agent, "{a: !!str 5, b: !own x}") == {"a": 5, "b": "x"}


def test_not_text(agent):
    body = refused(agent, b"visor: \xff\n")
    assert body["error"].startswith("yaml-cpp: error at line 1, column 8: ")


def test_json_has_the_same_rules(agent):
    document = {"version": "1.0", "visor": {"taps": {"t": {"input_type": "mock", "config": {
        "a": "123", "b": 1.5, "c": "yes", "d": "TRUE", "e": [1, True], "f": "\u00e9\n"}}}}}
    answer = agent.put(TAPS + "/t", document)
    assert answer.json["t"]["config"] == {"a": 123, "b": "1.5", "c": "yes", "d": True, "e": ["1", "true"],
                                          "f": "\u00e9\n"}
    assert agent.ask("PUT", TAPS + "/t", json.dumps(document, indent=2), YAML).json == answer.json


def test_what_has_no_effect_is_warned_of(agent):
    text = ("version: '1.0'\ncomment: x\nvisor:\n  policies: {}\n  taps:\n    t:\n      input_type: mock\n"
            "      filter: {bpf: udp}\n      tgas: {a: b}\n")
    assert agent.ask("PUT", TAPS + "/t", text, YAML).status == 200
    for line in ("comment: unknown key, ignored", "visor.policies: unknown key, ignored",
                 "visor.taps.t.filter: unknown key, ignored",
                 "visor.taps.t.tgas: unknown key, ignored; did you mean 'tags'?"):
        assert f"[warning] {line}\n" in agent.log
