"""Every refusal of sections 2.1, 2.2, 3.3 and 4.2, over REST against a running agent: upstream's text, the status
of section 7 (422 where upstream says 500), the path and place of each fault, and nothing half applied."""
import json

import pytest

from running import CAPTURES, Agent, policy, wait_for

TAPS, POLICIES = "/api/v1/taps", "/api/v1/policies"
YAML = {"Content-Type": "application/x-yaml"}
LONG_NAME = "a" * 201

# What the choice of taps is made from.
KNOWN_TAPS = {
    "a": {"input_type": "pcap", "config": {"pcap_source": "mock"}, "tags": {"vhost": 1, "x": "y"}},
    "b": {"input_type": "pcap", "config": {"pcap_source": "mock"}, "tags": {"vhost": 2, "virtual": True}},
    "c": {"input_type": "mock", "tags": {"only": "c", "number": "text"}},
    "plain": {"input_type": "pcap"},
    "edge-01": {"input_type": "pcap", "config": {"iface": "lo"}},
    "failing": {"input_type": "mock", "config": {"except_on_start": True}},
    "odd": {"input_type": "pcap", "config": {"iface": "lo", "ifcae": "lo"}},
    "stap": {"input_type": "dnstap", "config": {"tcp": "127.0.0.1:0"}},
}


def document(name, body):
    return {"version": "1.0", "visor": {"taps": {name: body}}}


@pytest.fixture(scope="module")
def agent():
    with Agent("--admin-api") as agent:
        for name, body in KNOWN_TAPS.items():
            assert agent.post(TAPS, document(name, body)).status == 201
        yield agent


def check(agent, route, text, status, expected, path, line=None, column=None):
    before = agent.get(TAPS).json, agent.policies()
    answer = agent.ask("POST", route, text, YAML)
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "text/json"
    body = answer.json
    assert set(body) == {"error", "errors"}
    if expected.endswith("…"):
        assert body["error"].startswith(expected[:-1]), body
    else:
        assert body["error"] == expected
    first = body["errors"][0]
    assert first["path"] == path and first["text"], body
    if line:
        assert (first["line"], first["column"]) == (line, column), body
    assert (agent.get(TAPS).json, agent.policies()) == before
    return body


# Text of the document, upstream's text, path, and (where it is short to say) line and column.
TAP_FAULTS = [
    ("", "empty data", ""),
    ("# nothing\n", "empty data", ""),
    ("- visor\n", "invalid schema", "", 1, 1),
    ("taps: {t: {input_type: pcap}}", "invalid schema", "", 1, 1),
    ("version: 2.0\nvisor: {taps: {t: {input_type: pcap}}}", "unsupported version", "version", 1, 1),
    ("visor: {}", "no taps found in schema", "visor", 1, 1),
    ("visor: {policies: {}}", "no taps found in schema", "visor", 1, 1),
    ("visor: {taps: [t]}", "no taps found in schema", "visor.taps", 1, 9),
    ("visor:\n  taps: {}", "only a single tap expected but got 0", "visor.taps", 2, 3),
    ("visor: {taps: {t: {input_type: pcap}, u: {input_type: pcap}}}", "only a single tap expected but got 2",
     "visor.taps", 1, 9),
    ("visor: {taps: {? [t] : {input_type: pcap}}}", "expecting tap identifier", "visor.taps", 1, 18),
    ("visor: {taps: {t: pcap}}", "expecting tap configuration map", "visor.taps.t", 1, 16),
    ("visor: {taps: {t: {}}}", "missing or invalid tap type key 'input_type'", "visor.taps.t", 1, 16),
    ("visor: {taps: {t: {input_type: [pcap]}}}", "missing or invalid tap type key 'input_type'",
     "visor.taps.t.input_type", 1, 20),
    ("visor: {taps: {t: {input_type: pacp}}}", "Tap 't' requires input stream type 'pacp' which is not available",
     "visor.taps.t.input_type", 1, 20),
    ("visor: {taps: {t: {input_type: pcap, config: 5}}}", "tap configuration is not a map",
     "visor.taps.t.config", 1, 38),
    ("visor: {taps: {t: {input_type: pcap, tags: [a]}}}", "tap tags is not a map", "visor.taps.t.tags", 1, 38),
    ("visor: {taps: {t: {input_type: pcap, tags: {a: [[]]}}}}", "invalid value for sequence in key: a",
     "visor.taps.t.tags.a", 1, 45),
    ("visor: {taps: {t.u: {input_type: pcap}}}", "invalid module name: t.u", 'visor.taps."t.u"', 1, 16),
    ("visor: {taps: {1t: {input_type: pcap}}}", "invalid module name: 1t", "visor.taps.1t", 1, 16),
    (f"visor: {{taps: {{{LONG_NAME}: {{input_type: pcap}}}}}}", f"invalid module name: {LONG_NAME}",
     f"visor.taps.{LONG_NAME}", 1, 16),
    ("visor: {taps: {t: \n", "yaml-cpp: error at line 2, column 1: …", "", 2, 1),
    ("visor:\n\ttaps: {}", "yaml-cpp: error at line 2, column 1: …", "", 2, 1),
]


@pytest.mark.parametrize("text, expected, path, line, column", [(*row, None, None)[:5] for row in TAP_FAULTS])
def test_faults_of_a_tap(agent, text, expected, path, line, column):
    check(agent, TAPS, text, 422, expected, path, line, column)


def test_a_tap_of_a_taken_name(agent):
    check(agent, TAPS, "visor: {taps: {a: {input_type: pcap}}}", 409, "module name 'a' already exists",
          "visor.taps.a", 1, 16)


def with_policy(body, name="p"):
    return f"version: '1.0'\nvisor:\n  policies:\n    {name}: {body}\n"


NET = "handlers: {modules: {n: {type: net}}}"


def with_input(text):
    return with_policy(f"{{kind: collection, input: {text}, {NET}}}")


def selector(text):
    return with_input(f"{{input_type: pcap, tap_selector: {text}}}")


def with_module(text):
    return with_policy(f"{{kind: collection, input: {{tap: a, input_type: pcap}}, handlers: {{modules: {text}}}}}")


def one_module(text):
    return with_module(f"{{m: {{{text}}}}}")


P = "visor.policies.p"
M = P + ".handlers.modules"
STARTS_NOT = "policy [p] failed to start: "
PCAP_KEYS = ("The valid configs/filters are: iface, bpf, debug, host_spec, pcap_file, pcap_source, "
             "tcp_packet_reassembly_cache_limit")
AND_WINDOW = "deep_sample_rate, num_periods, topn_count, topn_percentile_threshold"

POLICY_FAULTS = [
    # the document
    ("", "empty data", ""),
    ("policies: {}", "invalid schema", ""),
    ("{version: 1.1, visor: {policies: {}}}", "unsupported version", "version"),
    ("visor: {taps: {}}", "no policies found in schema", "visor"),
    ("visor: {policies: [p]}", "no policies found in schema", "visor.policies"),
    ("visor: {policies: {}}", "only a single policy expected but got 0", "visor.policies"),
    ("visor: {policies: {p: {}, q: {}}}", "only a single policy expected but got 2", "visor.policies"),
    ("visor: {policies: {? [p] : {}}}", "expecting policy identifier", "visor.policies"),
    ("visor: {policies: {p: 5}}", "expecting policy configuration map", P),
    ("visor:\n  policies: {p: [1, 2\n", "yaml-cpp: error at line 3, column 1: …", ""),
    # the policy
    (with_policy(f"{{input: {{tap: a, input_type: pcap}}, {NET}}}"), "missing or invalid policy kind at key 'kind'", P),
    (with_policy(f"{{kind: [x], input: {{tap: a, input_type: pcap}}, {NET}}}"),
     "missing or invalid policy kind at key 'kind'", P + ".kind"),
    (with_policy(f"{{kind: scan, input: {{tap: a, input_type: pcap}}, {NET}}}"), "unknown policy kind: scan",
     P + ".kind"),
    (with_policy(f"{{kind: collection, {NET}}}"),
     "missing or invalid policy input stream configuration at key 'input'", P),
    (with_policy(f"{{kind: collection, input: a, {NET}}}"),
     "missing or invalid policy input stream configuration at key 'input'", P + ".input"),
    (with_policy(f"{{kind: collection, input: {{tap: a, input_type: pcap}}, {NET}}}", "1p"),
     "invalid module name: 1p", "visor.policies.1p"),
    (with_policy(f"{{kind: collection, input: {{tap: a, input_type: pcap}}, {NET}}}", "__all"),
     "invalid module name: __all", "visor.policies.__all"),
    (with_policy(f"{{kind: collection, config: 5, input: {{tap: a, input_type: pcap}}, {NET}}}"),
     "policy configuration is not a map", P + ".config"),
    (with_policy(f"{{kind: collection, config: {{merge_like_handlers: }}, input: {{tap: a, input_type: pcap}}, {NET}}}"),
     "invalid policy config for policy 'p': invalid value for key: merge_like_handlers",
     P + ".config.merge_like_handlers"),
    (with_policy(f"{{kind: collection, config: {{merge_like_handlers: 1}}, input: {{tap: a, input_type: pcap}}, {NET}}}"),
     "wrong type for key: merge_like_handlers", P + ".config.merge_like_handlers"),
    (with_policy(f"{{kind: collection, config: {{max_series: 0}}, input: {{tap: a, input_type: pcap}}, {NET}}}"),
     "max_series must be between 1 and 10000000 but has value 0", P + ".config.max_series"),
    ("visor: {global_handler_config: {net: 5}, policies: {p: {kind: collection, input: {tap: a, input_type: pcap}, "
     + NET + "}}}", "expecting global_handler_config configuration map", "visor.global_handler_config.net"),
    # the input
    (with_input("{tap: a}"), "missing or invalid input_type at key 'input.input_type'", P + ".input"),
    (with_input("{tap: a, input_type: [pcap]}"), "missing or invalid input_type at key 'input.input_type'",
     P + ".input.input_type"),
    (with_input("{tap: a, input_type: flow}"),
     "input_type for policy specified tap 'a' doesn't match tap's defined input type: flow/pcap",
     P + ".input.input_type"),
    (with_input("{tap: a, input_type: pcap, config: 5}"), "input configuration is not a map", P + ".input.config"),
    (with_input("{tap: a, input_type: pcap, filter: }"), "input filter configuration is not a map",
     P + ".input.filter"),
    (with_input("{tap: a, input_type: pcap, config: {bpf: [{}]}}"),
     "invalid input config: invalid value for sequence in key: bpf", P + ".input.config.bpf"),
    (with_input("{tap: a, input_type: pcap, filter: {bpf: }}"), "invalid input filter: invalid value for key: bpf",
     P + ".input.filter.bpf"),
    (with_input("{tap: a, input_type: pcap, filter: {bpf: 53}}"), STARTS_NOT + "wrong type for key: bpf",
     P + ".input.filter.bpf"),
    (with_input("{tap: a, input_type: pcap, config: {bfp: x}}"),
     STARTS_NOT + "bfp is an invalid/unsupported config or filter. " + PCAP_KEYS + "…", P + ".input.config.bfp"),
    (with_input("{tap: odd, input_type: pcap}"),
     STARTS_NOT + "ifcae is an invalid/unsupported config or filter. " + PCAP_KEYS + "…",
     "visor.taps.odd.config.ifcae"),
    # the choice of taps
    (with_input("{input_type: pcap}"), "missing key 'input.tap' or key 'input.tap_selector'", P + ".input"),
    (with_input("{input_type: pcap, tap: a, tap_selector: {any: [x: y]}}"),
     "input can have only key 'input.tap' or key 'input.tap_selector'", P + ".input"),
    (with_input("{input_type: pcap, tap: [a]}"), "invalid tap at key 'input.tap'", P + ".input.tap"),
    (with_input("{input_type: pcap, tap: none}"), "tap 'none' does not exist", P + ".input.tap"),
    (selector("x"), "'input.tap_selector' is not a map", P + ".input.tap_selector"),
    (selector("{any: [x: y], all: [x: y]}"),
     "input can have only key 'input.tap_selector.all' or key 'input.tap_selector.any'", P + ".input.tap_selector"),
    (selector("{}"), "missing key 'input.tap_selector.all' or key 'input.tap_selector.any'",
     P + ".input.tap_selector"),
    (selector("{all: x}"), "'input.tap_selector.all' is not a sequence", P + ".input.tap_selector.all"),
    (selector("{any: x}"), "'input.tap_selector.any' is not a sequence", P + ".input.tap_selector.any"),
    (selector("{any: [{a: 1, b: 2}]}"), "selector tag must contain only one key/value pair per sequence index",
     P + ".input.tap_selector.any[0]"),
    (selector("{all: [x: y, b: []]}"), "tag key 'b' must have scalar value", P + ".input.tap_selector.all[1].b"),
    (selector("{any: [vhost: true]}"), "Tap [a]: tag and selector value types are different for key 'vhost'",
     P + ".input.tap_selector.any[0].vhost"),
    (selector("{all: [number: 1]}"), "Tap [c]: tag and selector value types are different for key 'number'",
     P + ".input.tap_selector.all[0].number"),
    (selector("{any: [vhost: text]}"), "wrong type for key: vhost", P + ".input.tap_selector.any[0].vhost"),
    (selector("{any: [vhost: 3]}"), "no tap match found for specified 'input.tap_selector' tags",
     P + ".input.tap_selector"),
    (selector("{all: [x: y, vhost: 2]}"), "no tap match found for specified 'input.tap_selector' tags",
     P + ".input.tap_selector"),
    # handlers
    (with_policy("{kind: collection, input: {tap: a, input_type: pcap}}"),
     "missing or invalid handler configuration at key 'handlers'", P),
    (with_policy("{kind: collection, input: {tap: a, input_type: pcap}, handlers: {}}"),
     "missing or invalid handler modules at key 'modules'", P + ".handlers"),
    (with_module("net"), "missing or invalid handler modules at key 'modules'", M),
    (with_policy("{kind: collection, input: {tap: a, input_type: pcap}, handlers: {window_config: {num_periods: }, "
                 "modules: {}}}"), "invalid stream handler window config: invalid value for key: num_periods",
     P + ".handlers.window_config.num_periods"),
    (with_module("{? [m] : {type: net}}"), "expecting handler module identifier", M),
    (with_module("{m: net}"), "expecting Handler configuration map", M + ".m"),
    (with_module("[net]"), "expecting Handler configuration map", M + "[0]"),
    (one_module("filter: {}"), "missing or invalid stream handler type at key 'type'", M + ".m"),
    (one_module("type: net, require_version: []"), "Invalid stream handler version at key 'require_version'",
     M + ".m.require_version"),
    (one_module("type: nett"),
     "Policy 'p' requires stream handler type 'nett' and version '1.0' which is not available", M + ".m.type"),
    (one_module("type: dns, require_version: '3.0'"),
     "Policy 'p' requires stream handler type 'dns' and version '3.0' which is not available", M + ".m.type"),
    (one_module("type: net, filter: 5"), "stream handler filter configuration is not a map", M + ".m.filter"),
    (one_module("type: net, filter: {only_geoloc_prefix: [[]]}"),
     "invalid stream handler filter config for handler 'm': invalid value for sequence in key: only_geoloc_prefix",
     M + ".m.filter.only_geoloc_prefix"),
    (one_module("type: net, config: []"), "stream handler configuration is not a map", M + ".m.config"),
    (one_module("type: net, config: {topn_count: }"),
     "invalid stream handler config for handler 'm': invalid value for key: topn_count", M + ".m.config.topn_count"),
    (one_module("type: net, metric_groups: all"), "stream handler metric groups is not a map", M + ".m.metric_groups"),
    (one_module("type: net, metric_groups: {}"),
     "stream handler metric groups should contain enable and/or disable tags", M + ".m.metric_groups"),
    (one_module("type: net, metric_groups: {enable: [{}]}"),
     "invalid stream handler metrics for handler 'm': invalid value for sequence in key: enable",
     M + ".m.metric_groups.enable"),
    (one_module("type: net, config: {nonsense: 1}"),
     STARTS_NOT + "nonsense is an invalid/unsupported config or filter. The valid configs/filters are: "
     "geoloc_notfound, asn_notfound, only_geoloc_prefix, only_asn_number, recorded_stream, " + AND_WINDOW,
     M + ".m.config.nonsense"),
    (one_module("type: net, metric_groups: {enable: [counter]}"),
     STARTS_NOT + "counter is an invalid/unsupported metric group. The valid groups are: all, cardinality, counters, "
     "top_geo, top_ips", M + ".m.metric_groups.enable[0]"),
    (one_module("type: net, config: {topn_percentile_threshold: 150}"),
     "threshold must be between 0 and 100 but has value 1.500000", M + ".m.config.topn_percentile_threshold"),
    (one_module("type: dns, filter: {only_rcode: [NOSUCH]}"), STARTS_NOT + "…", M + ".m.filter.only_rcode"),
    (with_policy("{kind: collection, input: {tap: c, input_type: mock}, handlers: {modules: {m: {type: dhcp}}}}"),
     "DhcpStreamHandler: unsupported input event proxy c", M + ".m"),
    (with_policy("{kind: collection, input: {tap: c, input_type: mock}, handlers: {modules: {m: {type: bgp}}}}"),
     "BgpStreamHandler: unsupported input event proxy c", M + ".m"),
    # inputs (section 4.2)
    (with_input("{tap: plain, input_type: pcap}"), STARTS_NOT + "no iface was specified for live capture",
     P + ".input"),
    (with_input("{tap: plain, input_type: pcap, config: {pcap_source: afpacket}}"), STARTS_NOT + "unknown pcap source",
     P + ".input.config.pcap_source"),
    (with_input("{tap: plain, input_type: pcap, config: {iface: nosuch0}}"),
     STARTS_NOT + "Couldn't find interface by provided name: \"nosuch0\". Available interfaces: …",
     P + ".input.config.iface"),
    (with_input("{tap: plain, input_type: pcap, config: {iface: nosuch0, pcap_source: libpcap}}"),
     STARTS_NOT + "Couldn't find interface by provided name: \"nosuch0\". Available interfaces: …",
     P + ".input.config.iface"),
    (with_input("{tap: plain, input_type: pcap, config: {iface: 203.0.113.99}}"),
     STARTS_NOT + "Couldn't find interface by provided IP: 203.0.113.99", P + ".input.config.iface"),
    (with_input("{tap: plain, input_type: pcap, config: {iface: '2001:db8::99'}}"),
     STARTS_NOT + "Couldn't find interface by provided IP: 2001:db8::99", P + ".input.config.iface"),
    (with_input("{tap: plain, input_type: pcap, config: {pcap_file: /nonexistent/file.pcap}}"),
     STARTS_NOT + "Cannot open pcap/pcapng file…", P + ".input.config.pcap_file"),
    (with_input("{tap: plain, input_type: pcap, config: {pcap_file: /dev/zero}}"),
     STARTS_NOT + "Cannot open pcap/pcapng file: /dev/zero: not a regular file", P + ".input.config.pcap_file"),
    (with_input("{tap: plain, input_type: pcap, config: {pcap_file: /etc/passwd}}"),
     STARTS_NOT + "Cannot open pcap/pcapng file: /etc/passwd: not a capture file…", P + ".input.config.pcap_file"),
    (with_input(f"{{tap: plain, input_type: pcap, config: {{pcap_file: {CAPTURES / 'dns_ipv4_udp.pcap'}, bpf: prot 53}}}}"),
     STARTS_NOT + "Cannot set BPF filter to pcap file: can't parse filter expression: syntax error",
     P + ".input.config.bpf"),
    (with_input("{tap: a, input_type: pcap, filter: {bpf: prot 53}}"),
     STARTS_NOT + "Failed to parse bpf filter: prot 53…", P + ".input.filter.bpf"),
    (with_input("{tap: plain, input_type: pcap, config: {iface: lo, bpf: prot 53}}"),
     STARTS_NOT + "Failed to parse bpf filter: prot 53…", P + ".input.config.bpf"),
    (with_input("{tap: plain, input_type: pcap, config: {iface: lo, pcap_source: libpcap, bpf: prot 53}}"),
     STARTS_NOT + "Cannot set BPF filter to interface…", P + ".input.config.bpf"),
    *((with_input(f"{{tap: a, input_type: pcap, config: {{host_spec: '{spec}'}}}}"), STARTS_NOT + text,
       P + ".input.config.host_spec") for spec, text in (
           ("192.0.2.0", "invalid CIDR: 192.0.2.0"),
           ("192.0.2.0/24/12ac", "invalid CIDR: 192.0.2.0/24/12ac"),
           ("10.0.0.0/8,192.0.2.0/33", "invalid CIDR: 192.0.2.0/33"),
           ("192.168.AE.0/24", "invalid IPv4 address: 192.168.AE.0"),
           ("2001:db8::/129", "invalid CIDR: 2001:db8::/129"),
           ("2001:db8:zz::/48", "invalid IPv6 address: 2001:db8:zz::"))),
    (with_policy(f"{{kind: collection, input: {{tap: failing, input_type: mock}}, {NET}}}"),
     STARTS_NOT + "mock error on start", "visor.taps.failing.config.except_on_start"),
    (with_policy(f"{{kind: collection, input: {{tap: stap, input_type: dnstap}}, {NET}}}"),
     "unable to instantiate tap 'stap': input type 'dnstap' is not in this version", P + ".input"),
]


@pytest.mark.parametrize("text, expected, path", POLICY_FAULTS)
def test_faults_of_a_policy(agent, text, expected, path):
    check(agent, POLICIES, text, 422, expected, path)


def test_a_module_of_a_taken_name(agent):
    check(agent, POLICIES, with_module("[{m: {type: net}}, {m: {type: dns}}]"), 409,
          "module name 'p-a-m' already exists", M + "[1].m", 4, 102)


def test_trials_find_the_same(agent):
    for text, expected, path in POLICY_FAULTS:
        check(agent, POLICIES + "?dry_run=true", text, 422, expected, path)


def test_a_policy_of_a_taken_name(agent):
    body = policy("taken", {"n": {"type": "net"}}, tap="a")
    assert agent.post(POLICIES, body).status == 201
    answer = agent.post(POLICIES, body)
    assert answer.status == 409
    assert answer.json["error"] == "policy with name 'taken' already defined"
    for name in agent.policies():
        if name.endswith("-resources"):  # the name of one that came by itself
            again = agent.post(POLICIES, policy(name, {"n": {"type": "net"}}, tap="a"))
            assert again.status == 409 and again.json["error"] == f"policy with name '{name}' already defined"
    assert agent.delete(POLICIES + "/taken").status == 200


# All faults of one document, with where each stands and what was probably meant.
MANY = """\
version: "1.0"
visor:
  policies:
    dns:
      kind: collection
      input:
        tap: edge-1
        input_type: pcap
      config:
        merge_like_handlers: yes
      handlers:
        window_config:
          topn_count: 5
        modules:
          d1:
            type: dns
            config:
              deep_sample_rte: 5
            filter:
              only_qtpye: [A]
          d2:
            type: dsn
          n1:
            type: net
            metric_groups:
              enable: [top_gep]
"""


def test_all_faults_at_once(agent):
    answer = agent.ask("POST", POLICIES, MANY, YAML)
    assert answer.status == 422
    assert answer.json["error"] == "tap 'edge-1' does not exist"
    seen = {error["path"]: (error["line"], error["column"], error.get("hint")) for error in answer.json["errors"]}
    policy_path = "visor.policies.dns"
    modules = policy_path + ".handlers.modules"
    expected = {f"{policy_path}.input.tap": (7, 9, "edge-01"),
                f"{policy_path}.config.merge_like_handlers": (10, 9, None),
                f"{modules}.d1.config.deep_sample_rte": (18, 15, "deep_sample_rate"),
                f"{modules}.d1.filter.only_qtpye": (20, 15, "only_qtype"),
                f"{modules}.d2.type": (22, 13, "dns"),
                f"{modules}.n1.metric_groups.enable[0]": (26, 24, "top_geo")}
    assert seen == expected
    texts = {error["path"]: error["text"] for error in answer.json["errors"]}
    assert texts[f"{policy_path}.config.merge_like_handlers"] == "true or false expected"
    # Neither a type that does not fit nor a known tap hides what else is wrong.
    for tap_name, first in (("a", None), ("c", f"{policy_path}.input.input_type")):
        answer = agent.ask("POST", POLICIES, MANY.replace("tap: edge-1", f"tap: {tap_name}"), YAML)
        seen = {error["path"] for error in answer.json["errors"]}
        assert seen == set(expected) - {f"{policy_path}.input.tap"} | ({first} if first else set())


def test_what_a_value_should_have_been(agent):
    text = one_module('type: dns, config: {topn_count: "many"}')
    body = check(agent, POLICIES, text, 422, "wrong type for key: topn_count", M + ".m.config.topn_count")
    assert body["errors"] == [{"path": M + ".m.config.topn_count", "line": 4, "column": text.splitlines()[3].index(
        "topn_count") + 1, "text": '0 to 1000 expected, got "many"'}]


def test_places_in_json(agent):
    text = json.dumps(policy("p", {"n": {"type": "net", "config": {"nonsense": 1}}}, tap="a"), indent=1)
    answer = agent.ask("POST", POLICIES, text, {"Content-Type": "application/json"})
    (error,) = answer.json["errors"]
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "nonsense" in row)
    assert answer.status == 422 and error["line"] == line


def test_more_faults_than_are_told(agent):
    modules = ", ".join(f"m{i}: {{type: none{i}}}" for i in range(130))
    answer = agent.ask("POST", POLICIES, with_module(f"{{{modules}}}"), YAML)
    assert answer.status == 422
    assert len(answer.json["errors"]) == 100 and answer.json["errors_left_out"] == 30


MEDIA = [
    ({}, 400, "must include Content-Type header"),
    ({"Content-Type": "text/yaml"}, 400, "Content-Type not supported"),
    ({"Content-Type": "application/jsonp"}, 400, "Content-Type not supported"),
    ({"Content-Type": "application/x-yaml"}, 200, None),
    ({"Content-Type": "application/yaml"}, 200, None),
    ({"Content-Type": "application/json"}, 200, None),
    ({"Content-Type": "application/x-yaml; charset=utf-8"}, 200, None),
    ({"Content-Type": "application/json;charset=UTF-8"}, 200, None),
    ({"Content-Type": "APPLICATION/JSON"}, 200, None),
]


@pytest.mark.parametrize("headers, status, text", MEDIA)
def test_media_types(agent, headers, status, text):
    body = json.dumps(policy("p", {"n": {"type": "net"}}, tap="a")).encode()
    answer = agent.ask("POST", POLICIES + "?dry_run=true", body, headers)
    assert answer.status == status
    assert answer.json.get("error") == text
    if status == 400:
        for method, route in (("POST", TAPS), ("PUT", TAPS + "/t"), ("PUT", POLICIES + "/p")):
            assert agent.ask(method, route, body, headers).json["error"] == text


ABSENT = [
    ("GET", TAPS + "/none", 404, {"error": "tap does not exists"}),
    ("DELETE", TAPS + "/none", 404, {"error": "tap does not exists"}),
    ("GET", POLICIES + "/none", 404, {"error": "policy does not exists"}),
    ("DELETE", POLICIES + "/none", 404, {"error": "policy does not exists"}),
    ("GET", POLICIES + "/none/metrics/bucket/0", 404, {"error": "policy does not exist"}),
    ("GET", POLICIES + "/none/metrics/window/2", 404, {"error": "policy does not exist"}),
    ("GET", "/api/v1/metrics/bucket/0", 404, {"error": 'no "default" policy exists'}),
    ("GET", "/api/v1/metrics/window/2", 404, {"error": 'no "default" policy exists'}),
]


@pytest.mark.parametrize("method, route, status, body", ABSENT)
def test_what_is_not_there(agent, method, route, status, body):
    answer = agent.ask(method, route)
    assert (answer.status, answer.json) == (status, body)


@pytest.mark.parametrize("route", ["/", "/api/v1", "/api/v1/policies/1p", "/api/v1/policies/a.b/metrics/bucket/0",
                                   "/api/v1/policies/p/metrics/bucket/x", "/api/v1/metrics/bucket/-1", "/metricss",
                                   POLICIES + "/none/metrics/prometheus", "/metrics"])
def test_routes_that_are_none(agent, route):
    answer = agent.get(route)
    assert answer.status == 404
    assert answer.body == (b"policy does not exists" if "none" in route else
                           b"" if route == "/metrics" else b'{"error":"no such path"}')


def test_periods(agent):
    assert agent.post(POLICIES, policy("p", {"n": {"type": "net"}}, tap="a", window={"num_periods": 3})).status == 201
    assert agent.post(POLICIES, policy("single", {"n": {"type": "net"}}, tap="a",
                                       window={"num_periods": 1})).status == 201
    for name, kind, number, text in (
            ("p", "bucket", 3, "invalid metrics period, specify [0, 2]"),
            ("p", "bucket", 2, "requested metrics period has not yet accumulated, current range is [0, …"),
            ("p", "window", 0, "invalid metrics period, specify [2, 3]"),
            ("p", "window", 1, "invalid metrics period, specify [2, 3]"),
            ("p", "window", 4, "invalid metrics period, specify [2, 3]"),
            ("p", "window", 10 ** 9, "invalid metrics period, specify [2, 3]"),
            ("single", "bucket", 1, "invalid metrics period, specify [0, 0]"),
            ("single", "window", 2, "invalid metrics period, specify [2, 1]")):
        answer = agent.metrics(name, kind, number)
        assert answer.status == 425, answer
        assert answer.json["error"].startswith(text.rstrip("…"))
    # Of all policies those are left out that have no such period.
    both = agent.get(POLICIES + "/__all/metrics/bucket/0")
    assert both.status == 200 and {"p", "single"} <= set(both.json)
    assert "single" not in agent.get(POLICIES + "/__all/metrics/window/2").json
    for name in ("p", "single"):
        assert agent.delete(f"{POLICIES}/{name}").status == 200
    wait_for(lambda: agent.policies() == {})
