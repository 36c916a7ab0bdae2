"""--config: the handlers of a policy instead of those of the reader."""
import json

import pytest

from product import CAPTURES, module, policy, prometheus, refusal, run, schema_of, summary, with_policy

CAPTURE = CAPTURES / "dns_udp_mixed_rcode.pcap"  # 24 packets, DNS over UDP


def default():
    (window,) = json.loads(run("--periods", "1", CAPTURE).stdout).values()
    return window


def test_handlers_by_name():
    found = summary(policy(module("dns1", name="b_dns"), module("net1", name="a_net")), CAPTURE, databases=False)
    assert list(found) == ["a_net", "b_dns", "completeness"]
    assert set(found["a_net"]) == {"completeness", "packets"}
    assert found["a_net"]["packets"] == default()["packets"]
    assert found["b_dns"]["dns"] == default()["dns"]
    assert found["completeness"] == {"input": default()["completeness"]["input"]}


def test_keys_stand_in_order():
    def sorted_pairs(pairs):
        keys = [key.encode() for key, _ in pairs]
        assert keys == sorted(set(keys))
        return dict(pairs)
    document = policy(module("bgp", name="z"), module("net2", name="completeness"), module("pcap", name="A"))
    output = with_policy(document, CAPTURE).stdout
    (found,) = json.loads(output, object_pairs_hook=sorted_pairs).values()
    assert set(found) == {"A", "_completeness", "completeness", "z"}
    assert found["completeness"]["net"]["observed_packets"] == 24
    assert found["_completeness"]["input"]["packets"] == 24


def test_names_in_the_other_forms():
    document = policy(module("dns1", name="mine"))
    assert " mine (dns 1.0) " in with_policy(document, CAPTURE, "--format", "text").stdout.decode()
    _, series = prometheus(with_policy(document, CAPTURE, "--format", "prometheus").stdout.decode())
    assert series[("dns_wire_packets_total", frozenset({("handler", "mine"), ("policy", "default")}))] == 24


def test_like_handlers_are_merged():
    parts = [module("dns1", name="queries", filter={"only_queries": True}),
             module("dns1", name="replies", filter={"only_responses": True}), module("net1"), module("dns2")]
    apart = summary(policy(*parts), CAPTURE)
    merged = summary(policy(*parts, config={"merge_like_handlers": True}), CAPTURE)
    assert set(merged) == {"completeness", "dns_merged", "dns_merged_2", "packets_merged"}
    assert merged["packets_merged"] == apart["net1"]
    assert schema_of(merged["dns_merged_2"]) == schema_of(apart["dns2"])
    queries, replies, both = (schema_of(part) for part in (apart["queries"], apart["replies"], merged["dns_merged"]))
    for key, value in both["wire_packets"].items():
        assert value == queries["wire_packets"][key] + replies["wire_packets"][key], key
    assert both["period"] == queries["period"]
    assert both["cardinality"] == default()["dns"]["cardinality"]  # a union, no sum
    assert both["top_qtype"] == default()["dns"]["top_qtype"]


def test_a_handler_without_groups_is_left_out():
    document = policy(module("dns1", disable=["all"]), module("net1"))
    assert set(summary(document, CAPTURE)) == {"completeness", "net1"}
    assert " dns 1.0" not in with_policy(document, CAPTURE, "--format", "text").stdout.decode()
    assert b"\ndns_" not in with_policy(document, CAPTURE, "--format", "prometheus").stdout


@pytest.mark.parametrize("window, key", [({}, "1m"), ({"num_periods": 3}, "3m")])
def test_window_of_the_policy(window, key):
    output = with_policy(policy(module("net1"), window=window), CAPTURE, "--periods", "7").stdout
    assert list(json.loads(output)) == [key]


def test_handlers_with_periods_of_their_own():
    document = policy(module("net1", config={"num_periods": 1}), module("dns1", config={"num_periods": 3}))
    document["visor"]["policies"]["default"]["handlers"]["window_config"] = {"topn_count": 4}
    output = json.loads(with_policy(document, CAPTURE).stdout)
    assert list(output) == ["3m"]
    assert schema_of(output["3m"]["net1"])["events"] == 24
    assert schema_of(output["3m"]["dns1"])["wire_packets"]["events"] == 24


def test_input_of_the_policy():
    document = policy(module("net1"))
    section = document["visor"]["policies"]["default"]["input"]
    section["config"] = {"host_spec": "192.168.0.54/32", "bpf": "tcp"}
    section["filter"] = {"bpf": "udp and host 1.1.1.1"}  # the stronger one
    def counts(*options, **more):
        found = schema_of(summary(document, CAPTURE, *options, **more)["net1"])
        return found["events"], found["in"], found["out"]
    assert counts() == (2, 1, 1)
    assert counts("-b", "udp") == (24, 12, 12)
    assert counts(hosts="10.0.0.0/8") == (2, 0, 0)


def test_a_description_is_no_fault():
    document = policy(module("net1"))
    document["visor"]["policies"]["default"]["description"] = "what it is for"
    assert b"warning" not in with_policy(document, CAPTURE).stderr


def test_groups_are_switched_on_beside_the_policy():
    document = policy(module("net1"), module("dns1"))
    found = summary(document, CAPTURE, "--enable", "sizes")
    assert "sizes" in found["dns1"]["dns"]


def test_a_policy_that_cannot_be():
    document = policy({"x": {"type": "nosuch"}})
    assert "requires stream handler type 'nosuch'" in refusal(document)


def test_no_policy(tmp_path):
    done = run("--config", tmp_path / "none.yaml", CAPTURE, check=False)
    assert (done.returncode, done.stdout) == (255, b"")
    assert done.stderr.decode() == f"Fatal error: {tmp_path}/none.yaml: No such file or directory\n"


def test_all_faults_are_told(tmp_path):
    document = policy(module("net1", config={"topn_cuont": 4}), module("dns1", filter={"only_rcode": 999}))
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(document, indent=1))
    done = run("--config", file, CAPTURE, check=False)
    first, second = done.stderr.decode().splitlines()
    assert done.returncode == 255 and first.startswith(f"Fatal error: {file}:")
    assert "topn_cuont is an invalid/unsupported config or filter" in first
    assert "modules.dns1.filter.only_rcode: " in second and "invalid/unsupported rcode" in second
