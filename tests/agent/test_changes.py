"""Policies and taps that change while they run (sections 2.3, 3.2, 3.4 to 3.6, and what is ours: PUT, trials, SIGHUP)."""
import re
import signal
import time

import pytest

from running import Agent, policy, roomy_period, tap, wait_for

TAPS, POLICIES = "/api/v1/taps", "/api/v1/policies"
NET, DNS = {"n": {"type": "net"}}, {"d": {"type": "dns"}}


def made(name, rate=2000, tags=None, **config):
    return tap(name, pcap_source="mock", mock_rate=rate, **({"tags": tags} if tags else {}), **config)


@pytest.fixture
def agent():
    with Agent("--admin-api", "--period-seconds", roomy_period()) as agent:
        assert agent.post(TAPS, made("t")).status == 201
        yield agent


def put(agent, name, body, status=200):
    answer = agent.put(f"{POLICIES}/{name}", body)
    assert answer.status == status, answer
    return answer


def handler(agent, policy_name, instance=None):
    handlers = agent.metrics(policy_name).json[policy_name]
    (schema,) = set((handlers[instance] if instance else next(iter(handlers.values())))) - {"completeness"}
    return (handlers[instance] if instance else next(iter(handlers.values())))[schema]


def total(agent, policy_name, instance=None):
    return handler(agent, policy_name, instance)["events"]


def grown(agent, policy_name, least=300):
    return wait_for(lambda: (n := total(agent, policy_name)) >= least and n)


def inputs(agent, policy_name):
    return set(agent.policies()[policy_name]["input"])


def own(agent):
    return {name for name in agent.policies() if not name.endswith("-resources")}


# --- PUT of policies

def test_put_makes_and_replaces(agent):
    body = policy("p", NET, tap="t")
    assert set(put(agent, "p", body, 201).json) == {"p"}
    assert put(agent, "p", body).json["p"]["modules"].keys() == {"p-t-n"}
    answer = put(agent, "other", body, 422)
    assert answer.json["error"] == "the name 'other' is asked for but the document has 'p'"
    assert own(agent) == {"p"}


EQUAL = [
    # written in another way, but the same
    policy("p", NET, tap="t"),
    policy("p", {"n": {"type": "net", "require_version": "1.0"}}, tap="t"),
    policy("p", {"n": {"type": "net", "config": {}, "metric_groups": {"enable": ["counters"]}}}, tap="t"),
    policy("p", NET, tap="t", config={"merge_like_handlers": False}),
    policy("p", NET, tap="t", input_filter={}),
]


@pytest.mark.parametrize("body", EQUAL)
def test_equal_content_changes_nothing(agent, body):
    put(agent, "p", EQUAL[0], 201)
    before = grown(agent, "p")
    version = agent.get(POLICIES + "/p").json["p"]["modules"]["p-t-n"]["metrics"]["periods"][-1]["start_tstamp"]
    put(agent, "p", body)
    assert total(agent, "p") >= before
    assert agent.get(POLICIES + "/p").json["p"]["modules"]["p-t-n"]["metrics"]["periods"][-1][
        "start_tstamp"] == version


KEEPS = [
    ({"n": {"type": "net", "config": {"topn_count": 3}}}, {}),
    ({"n": {"type": "net", "config": {"topn_percentile_threshold": 50}}}, {}),
    ({"n": {"type": "net", "metric_groups": {"disable": ["top_geo"]}}}, {}),
    ({"n": {"type": "net", "metric_groups": {"enable": ["all"]}}}, {}),
    (NET, {"config": {"max_series": 7}}),
    (NET, {"config": {"merge_like_handlers": True}}),
    (NET, {"window": {"topn_count": 4, "num_periods": 5, "deep_sample_rate": 100}}),
]


@pytest.mark.parametrize("modules, more", KEEPS)
def test_changes_that_keep_what_was_counted(agent, modules, more):
    put(agent, "p", policy("p", NET, tap="t"), 201)
    before = grown(agent, "p")
    answer = put(agent, "p", policy("p", modules, tap="t", **more))
    assert total(agent, "p") >= before
    config = answer.json["p"]["modules"]["p-t-n"]["module"]["config"]
    for key, value in {**modules["n"].get("config", {}), **more.get("window", {})}.items():
        assert config[key] == value
    grown(agent, "p", before + 300)  # and it goes on


ANEW = [
    ({"n": {"type": "net", "require_version": "2.0"}}, {}),
    ({"n": {"type": "net", "filter": {"asn_notfound": True}}}, {}),
    ({"m": {"type": "net"}}, {}),
    (NET, {"window": {"num_periods": 3}}),
    (NET, {"window": {"deep_sample_rate": 50}}),
    (NET, {"input_filter": {"bpf": "udp"}}),
    (NET, {"input_config": {"host_spec": "192.0.2.0/25"}}),
]


@pytest.mark.parametrize("modules, more", ANEW)
def test_changes_that_begin_anew(agent, modules, more):
    put(agent, "p", policy("p", NET, tap="t"), 201)
    put(agent, "bystander", policy("bystander", NET, tap="t"), 201)
    grown(agent, "p", 2000)
    bystander = total(agent, "bystander")
    put(agent, "p", policy("p", modules, tap="t", **more))
    after = handler(agent, "p")
    count = after["events"] if "events" in after else sum(
        after[d]["total_packets"] for d in ("in", "out", "unknown") if d in after)
    # No more than the bystander has counted since then, who went on.
    assert count <= total(agent, "bystander") - bystander


def test_groups_that_are_switched_on_later_begin_then(agent):
    put(agent, "p", policy("p", {"n": {"type": "net", "metric_groups": {"disable": ["top_ips"]}}}, tap="t"), 201)
    before = grown(agent, "p")
    assert "top_ipv4" not in handler(agent, "p")
    put(agent, "p", policy("p", NET, tap="t"))
    wait_for(lambda: handler(agent, "p").get("top_ipv4"))
    after = handler(agent, "p")
    assert after["events"] >= before
    assert sum(row["estimate"] for row in after["top_ipv4"]) < 2 * after["events"]
    put(agent, "p", policy("p", {"n": {"type": "net", "metric_groups": {"disable": ["all"]}}}, tap="t"))
    assert agent.metrics("p").json == {"p": {}} or "packets" not in agent.metrics("p").json["p"]["p-t-n"]
    assert "\npackets_" not in agent.get(POLICIES + "/p/metrics/prometheus").text


def test_a_replacement_that_fails_changes_nothing(agent):
    put(agent, "p", policy("p", NET, tap="t"), 201)
    before, info = grown(agent, "p"), agent.get(POLICIES + "/p").json["p"]["modules"]["p-t-n"]["module"]
    for body, status in ((policy("p", NET, tap="none"), 422),
                         (policy("p", {"n": {"type": "nett"}}, tap="t"), 422),
                         (policy("p", NET, tap="t", input_filter={"bpf": "prot"}), 422),
                         (policy("p", NET, tap="t", input_config={"pcap_source": "libpcap"}), 422)):
        put(agent, "p", body, status)
        assert agent.get(POLICIES + "/p").json["p"]["modules"]["p-t-n"]["module"] == info
        assert total(agent, "p") >= before


def test_a_policy_of_resources_is_not_replaced(agent):
    put(agent, "p", policy("p", NET, tap="t"), 201)
    (name,) = set(agent.policies()) - {"p"}
    assert put(agent, name, policy(name, NET, tap="t"), 409).json["error"] == (
        f"policy with name '{name}' already defined")


# --- PUT of taps

def test_equal_taps_change_nothing(agent):
    put(agent, "p", policy("p", NET, tap="t"), 201)
    before, names = grown(agent, "p"), inputs(agent, "p")
    assert agent.put(TAPS + "/t", made("t")).status == 200
    assert inputs(agent, "p") == names and total(agent, "p") >= before


def test_tags_alone_keep_what_was_counted(agent):
    put(agent, "p", policy("p", NET, tap="t"), 201)
    before, names = grown(agent, "p"), inputs(agent, "p")
    answer = agent.put(TAPS + "/t", made("t", tags={"zone": "edge"}))
    assert answer.status == 200 and answer.json["t"]["tags"] == {"zone": "edge"}
    assert agent.get(POLICIES + "/p").json["p"]["taps"]["t"]["tags"] == {"zone": "edge"}
    assert inputs(agent, "p") == names and total(agent, "p") >= before


def test_a_tap_takes_its_policies_along(agent):
    put(agent, "p", policy("p", NET, tap="t"), 201)
    put(agent, "q", policy("q", DNS, tap="t"), 201)
    assert agent.post(TAPS, made("u", mock_seed=2)).status == 201
    put(agent, "bystander", policy("bystander", NET, tap="u"), 201)
    grown(agent, "p", 1000)
    bystander, old = total(agent, "bystander"), inputs(agent, "p")
    assert agent.put(TAPS + "/t", made("t", rate=10)).status == 200
    assert inputs(agent, "p") == inputs(agent, "q") != old
    assert agent.get(POLICIES + "/p").json["p"]["input"][next(iter(inputs(agent, "p")))]["module"]["config"][
        "mock_rate"] == 10
    assert total(agent, "p") < 1000
    assert total(agent, "bystander") >= bystander
    assert {name for name in agent.policies() if name.endswith("-resources")} == {
        f"{name}-resources" for name in inputs(agent, "p") | inputs(agent, "bystander")}


def test_a_tap_that_does_not_fit_its_policies_is_refused(agent):
    put(agent, "p", policy("p", NET, tap="t", input_filter={"bpf": "udp"}), 201)
    before = agent.get(TAPS).json, inputs(agent, "p"), grown(agent, "p", 10)
    for body, path in ((tap("t"), "visor.policies.p.input"), (made("t", nonsense=1), "visor.taps.t.config.nonsense"),
                       ({"visor": {"taps": {"t": {"input_type": "mock"}}}}, "visor.policies.p.input.input_type")):
        answer = agent.put(TAPS + "/t", body)
        assert answer.status == 422 and answer.json["errors"][0]["path"] == path, answer
        assert (agent.get(TAPS).json, inputs(agent, "p")) == before[:2]
        assert total(agent, "p") >= before[2]


def test_put_makes_a_tap(agent):
    assert agent.put(TAPS + "/u", made("u")).status == 201
    assert agent.put(TAPS + "/u", made("v")).status == 422
    assert set(agent.get(TAPS).json) == {"t", "u"}


# --- inputs and their policies of resources (2.3, 3.4, 3.5)

def test_equal_inputs_are_one(agent):
    put(agent, "p", policy("p", NET, tap="t"), 201)
    put(agent, "q", policy("q", DNS, tap="t"), 201)
    put(agent, "r", policy("r", NET, tap="t", input_config={"bpf": "udp"}), 201)
    put(agent, "s", policy("s", NET, tap="t", input_filter={"bpf": "udp"}), 201)
    assert inputs(agent, "p") == inputs(agent, "q") != inputs(agent, "r") == inputs(agent, "s")
    assert all(re.fullmatch(r"t-[0-9a-f]+", name) for name in inputs(agent, "p") | inputs(agent, "r"))
    everything = agent.policies()
    shown = everything["p"]["input"][next(iter(inputs(agent, "p")))]
    assert shown["input"] == {"running": True, "consumers": 3}  # p, q and the policy of resources
    assert set(shown["pcap"]) == {"available_iface", "host_ips", "pcap_source"}
    assert shown["pcap"]["pcap_source"] == "mock"
    assert {name for name in everything if name.endswith("-resources")} == {
        f"{next(iter(inputs(agent, name)))}-resources" for name in ("p", "r")}
    # One capture serves both inputs: the same packets were seen.
    def status(name):
        return next(iter(agent.policies()[name]["input"].values()))["status"]
    wait_for(lambda: status("p")["matched"] > 0 and 0 < status("r")["matched"] < status("r")["seen"])
    before, other, after = status("p"), status("r"), status("p")
    assert before["seen"] - 2000 < other["seen"] < after["seen"] + 2000


def test_the_filter_is_the_stronger_one(agent):
    put(agent, "p", policy("p", NET, tap="t", input_config={"bpf": "tcp"}, input_filter={"bpf": "udp"}), 201)
    wait_for(lambda: handler(agent, "p")["udp"] > 0)
    assert handler(agent, "p")["tcp"] == 0


def test_the_policy_of_resources(agent):
    put(agent, "p", policy("p", NET, tap="t", window={"num_periods": 3}), 201)
    (name,) = set(agent.policies()) - {"p"}
    assert name == next(iter(inputs(agent, "p"))) + "-resources"
    info = agent.policies()[name]
    assert info["modules"].keys() == {name}
    assert info["modules"][name]["module"]["type"] == "input_resources"
    assert info["modules"][name]["metrics"]["periods_configured"] == 3
    assert info["input"] == {key: {**value, "status": info["input"][key]["status"]}
                             for key, value in agent.policies()["p"]["input"].items()}

    def resources():
        return agent.metrics(name).json[name][name]["input_resources"]
    # A sample may be taken before the second policy is there.
    wait_for(lambda: (seen := resources()).get("memory_bytes") and
             (seen["policy_count"], seen["handler_count"]) == (2, 2))
    assert f'policy="{name}"' in agent.get(f"{POLICIES}/{name}/metrics/prometheus").text


def test_what_deleting_leaves(agent):
    put(agent, "p", policy("p", NET, tap="t"), 201)
    put(agent, "q", policy("q", NET, tap="t"), 201)
    put(agent, "r", policy("r", NET, tap="t", input_filter={"bpf": "udp"}), 201)
    assert len(agent.policies()) == 5
    assert agent.delete(POLICIES + "/r").json == {}  # the last one of its input: its resources go too
    assert len(agent.policies()) == 3
    assert agent.delete(POLICIES + "/p").status == 200  # the input is still q's
    assert own(agent) == {"q"} and len(agent.policies()) == 2
    (resources,) = set(agent.policies()) - {"q"}
    assert agent.delete(f"{POLICIES}/{resources}").status == 200
    assert set(agent.policies()) == {"q"}
    before = grown(agent, "q")
    put(agent, "p", policy("p", NET, tap="t"), 201)  # the input is not new: none comes again
    assert set(agent.policies()) == {"p", "q"}
    assert total(agent, "q") >= before
    for name in ("p", "q"):
        assert agent.delete(f"{POLICIES}/{name}").status == 200
    assert agent.policies() == {}


def test_a_policy_outlives_its_tap(agent):
    put(agent, "p", policy("p", NET, tap="t"), 201)
    before = grown(agent, "p")
    assert agent.delete(TAPS + "/t").json == {}
    assert agent.get(TAPS).json is None
    assert agent.policies()["p"]["taps"] == {}
    grown(agent, "p", before + 100)
    assert put(agent, "p", policy("p", DNS, tap="t"), 422).json["error"] == "tap 't' does not exist"
    # A tap of that name is not the one that the policy was made from.
    assert agent.post(TAPS, made("t", rate=5)).status == 201
    assert agent.policies()["p"]["taps"] == {}
    grown(agent, "p", before + 200)


# --- handlers: defaults, chains, merged ones (3.1, 3.2, 3.6)

def test_strength_of_options(agent):
    body = policy("p", {"d": {"type": "dns", "config": {"topn_count": 3, "public_suffix_list": True},
                              "filter": {"only_rcode": 3}},
                        "e": {"type": "dns"}, "n": {"type": "net"}},
                  tap="t", window={"topn_count": 7})
    body["visor"]["global_handler_config"] = {"dns": {"only_rcode": 2, "public_suffix_list": False}}
    modules = put(agent, "p", body, 201).json["p"]["modules"]
    first, second = (modules[f"p-t-{name}"]["module"]["config"] for name in ("d", "e"))
    # The filter is stronger than the window, the window than the module, the module than what is global.
    assert first == {"only_rcode": 3, "public_suffix_list": True, "topn_count": 7}
    assert second == {"only_rcode": 2, "public_suffix_list": False, "topn_count": 7}
    assert "only_rcode" not in modules["p-t-n"]["module"]["config"]
    assert "visor.policies.p.handlers.modules.d.config.topn_count: has no effect" in agent.log


def test_window_settings_that_are_missing(agent):
    with Agent("--admin-api", "--periods", "2", "--max-deep-sample", "50") as other:
        assert other.post(TAPS, made("t")).status == 201
        for name, window, periods, rate in (("p", None, 2, 50), ("q", {"topn_count": 3}, 5, 100),
                                            ("r", {"num_periods": 99}, 10, 100)):
            info = other.put(f"{POLICIES}/{name}", policy(name, NET, tap="t", window=window)).json[name]
            metrics = info["modules"][f"{name}-t-n"]["metrics"]
            assert (metrics["periods_configured"], metrics["deep_sample_rate"]) == (periods, rate)


def test_handlers_keep_their_order_and_names(agent):
    body = policy("default_view", {"z_net": {"type": "net"}, "a_dns": {"type": "dns"}, "dhcp": {"type": "dhcp"}},
                  tap="t")
    assert set(put(agent, "default_view", body, 201).json["default_view"]["modules"]) == {
        "default_view-t-z_net", "default_view-t-a_dns", "default_view-t-dhcp"}
    text = agent.get(POLICIES + "/default_view/metrics/prometheus").text
    assert 'handler="default_view-t-z_net",policy="default_view",tap="t"' in text
    assert text.index('handler="default_view-t-z_net"') < text.index('handler="default_view-t-a_dns"')


CHAINS = [
    [{"d": {"type": "dns", "filter": {"only_queries": True}}}, {"n": {"type": "net"}}],
    [{"d": None, "type": "dns", "filter": {"only_queries": True}}, {"n": None, "type": "net"}],
]


@pytest.mark.parametrize("modules", CHAINS, ids=["below the name", "beside the name"])
def test_chains(agent, modules):
    assert agent.post(TAPS, made("slow", rate=30)).status == 201  # with moments in which nothing comes
    put(agent, "chain", policy("chain", modules, tap="slow"), 201)
    put(agent, "parallel", policy("parallel", {**NET, **DNS}, tap="slow"), 201)

    def counts():
        handlers = agent.metrics("chain").json["chain"]
        assert set(handlers) == {"chain-slow-d", "chain-slow-n"}
        judged = handlers["chain-slow-d"]["dns"]["wire_packets"]
        return judged["events"], judged["filtered"], handlers["chain-slow-n"]["packets"]["events"]
    wait_for(lambda: counts()[2] > 20)
    judged, filtered, passed = wait_for(lambda: (seen := counts()) == counts() and seen)
    assert 0 < filtered < judged
    assert passed == judged - filtered
    # One listens to the input, and one more of the policy of resources; both of the parallel one.
    (shown,) = agent.policies()["chain"]["input"].values()
    assert shown["input"]["consumers"] == 1 + 2 + 1


def test_merged_handlers(agent):
    modules = {"d1": {"type": "dns"}, "d2": {"type": "dns", "filter": {"only_queries": True}},
               "n": {"type": "net"}, "new": {"type": "dns", "require_version": "2.0"}}
    put(agent, "m", policy("m", modules, tap="t", config={"merge_like_handlers": True}), 201)
    wait_for(lambda: agent.metrics("m").json["m"]["dns_merged"]["dns"]["wire_packets"]["events"] > 200)
    body = agent.metrics("m").json["m"]
    assert set(body) == {"dns_merged", "dns_merged_2", "packets_merged"}
    wire = body["dns_merged"]["dns"]["wire_packets"]
    assert wire["filtered"] > 0 and wire["events"] >= 2 * wire["filtered"]
    rates = body["dns_merged"]["dns"]["rates"]["total"]
    assert rates["live"] < 100 * 2000  # merged, not chosen
    text = agent.get(POLICIES + "/m/metrics/prometheus").text
    assert 'handler="dns_merged",policy="m"' in text and "m-t-d1" not in text
    assert 'tap="t"' not in text.split("pktvisor_")[0]


def test_a_selector_makes_handlers_for_each_tap(agent):
    for name, zone in (("a", "edge"), ("b", "edge"), ("c", "core")):
        assert agent.post(TAPS, made(name, tags={"zone": zone})).status == 201
    body = policy("p", {**NET, **DNS}, selector={"any": [{"zone": "edge"}]})
    info = put(agent, "p", body, 201).json["p"]
    assert set(info["taps"]) == {"a", "b"}
    assert {name.rsplit("-", 1)[0] for name in info["input"]} == {"a", "b"}
    assert set(info["modules"]) == {"p-a-n", "p-a-d", "p-b-n", "p-b-d"}
    assert set(agent.metrics("p").json["p"]) == set(info["modules"])
    # A tap that fits later joins when the policy is read again.
    assert agent.put(TAPS + "/c", made("c", tags={"zone": "edge"})).status == 200
    before = total(agent, "p", "p-a-n")
    assert set(put(agent, "p", body).json["p"]["taps"]) == {"a", "b", "c"}
    assert total(agent, "p", "p-a-n") >= before


# --- trials

def test_a_trial_applies_nothing(agent):
    body = policy("p", {"n": {"type": "net", "metric_groups": {"disable": ["top_geo"]}}}, tap="t",
                  config={"max_series": 50})
    answer = agent.post(POLICIES + "?dry_run=true", body)
    assert answer.status == 200
    plan = answer.json["p"]
    assert plan["taps"] == ["t"] and plan["max_series"] == 50 and plan["warnings"] == []
    assert plan["policy"] == body["visor"]["policies"]["p"]
    (name,) = plan["inputs"]
    settings = plan["handlers"]["p-t-n"]["settings"]
    assert settings == {"num_periods": 5, "deep_sample_rate": 100, "topn_count": 10, "topn_percentile_threshold": 0}
    assert plan["handlers"]["p-t-n"]["metric_groups"] == ["cardinality", "counters", "top_ips"]
    assert agent.policies() == {}
    put(agent, "p", body, 201)
    assert inputs(agent, "p") == {name}
    assert agent.put(POLICIES + "/p?dry_run=1", policy("p", DNS, tap="t")).json["p"]["handlers"].keys() == {"p-t-d"}
    assert agent.policies()["p"]["modules"].keys() == {"p-t-n"}
    assert agent.post(POLICIES + "?dry_run=true", body).status == 409
    assert agent.put(TAPS + "/t?dry_run=true", made("t")).status == 400


EVERYTHING = {name: {"type": kind, "require_version": version, "metric_groups": {"enable": ["all"]}}
              for name, kind, version in (("net1", "net", "1.0"), ("net2", "net", "2.0"), ("dns1", "dns", "1.0"),
                                          ("dns2", "dns", "2.0"), ("dhcp", "dhcp", "1.0"), ("bgp", "bgp", "1.0"),
                                          ("pcap", "pcap", "1.0"))}


@pytest.mark.parametrize("names", ["upstream", "native", "both"])
def test_the_bound_of_series_holds(names):
    with Agent("--admin-api", "--period-seconds", "1", "--prometheus-names", names) as agent:
        assert agent.post(TAPS, made("t", rate=20000)).status == 201
        for count in (3, 100):
            body = policy("p", EVERYTHING, tap="t", window={"topn_count": count}, config={"max_series": 1000000})
            plan = agent.post(POLICIES + "?dry_run=true", body).json["p"]
            assert plan["series_max"] == sum(handler["series_max"] for handler in plan["handlers"].values())
            put(agent, "p", body, 201)
            wait_for(lambda: agent.metrics("p", "bucket", 2).status == 200)

            def enough():
                text = agent.get(POLICIES + "/p/metrics/prometheus").text
                series = [line for line in text.splitlines() if 'handler="p-t-' in line
                          and not line.startswith("pktvisor_completeness")]
                assert len(series) <= plan["series_max"]
                cost = agent.policies()["p"]["cost"]
                assert cost["series"] == len(series) and cost["series_left_out"] == 0
                return len(series) > 0.2 * plan["series_max"]
            wait_for(enough)  # made traffic that is held up can leave a period empty
            assert agent.delete(POLICIES + "/p").status == 200


# --- the configuration file

FILE = """\
version: "1.0"
visor:
  taps:
    t: {{input_type: pcap, config: {{pcap_source: mock, mock_rate: 2000}}, tags: {{zone: edge}}}}
{taps}
  global_handler_config:
    net: {global_config}
  policies:
    kept:
      kind: collection
      input: {{tap: t, input_type: pcap}}
      handlers: {{modules: {{n: {{type: net, config: {{topn_count: 5}}}}}}}}
{policies}
"""


class Configured(Agent):
    """An agent with a configuration file that changes."""

    def __init__(self, **parts):
        super().__init__("--admin-api", "--period-seconds", roomy_period())
        self.config_path = f"{self.folder.name}/config.yaml"
        self.command += ["--config", self.config_path]
        self.write(**parts)

    def write(self, taps="", policies="", global_config="{}", text=None):
        with open(self.config_path, "w") as file:
            file.write(text or FILE.format(taps=taps, policies=policies, global_config=global_config))

    def read_again(self, said="configuration read again", **parts):
        self.write(**parts)
        before = len(self.log)
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: said in self.log[before:])
        return self.log[before:]


SECOND = "    second: {kind: collection, input: {tap: t, input_type: pcap}, handlers: {modules: {d: {type: dns}}}}\n"
TAP_U = "    u: {input_type: pcap, config: {pcap_source: mock, mock_seed: 2}}\n"


def test_the_file_is_read_again():
    with Configured(policies=SECOND) as agent:
        assert own(agent) == {"kept", "second"}
        before = grown(agent, "kept")
        second = agent.policies()["second"]
        # Another policy and a tap; what is as it was is left alone.
        agent.read_again(taps=TAP_U, policies=SECOND.replace("tap: t", "tap: u"))
        assert set(agent.get(TAPS).json) == {"t", "u"}
        assert agent.policies()["second"]["taps"].keys() == {"u"} != second["taps"].keys()
        assert total(agent, "kept") >= before
        # The policy is gone, the tap too.
        agent.read_again()
        assert own(agent) == {"kept"} and set(agent.get(TAPS).json) == {"t"}
        assert total(agent, "kept") >= before
        # What is global holds for all policies of the file.
        agent.read_again(global_config="{only_geoloc_prefix: [EU]}")
        assert agent.policies()["kept"]["modules"]["kept-t-n"]["module"]["config"]["only_geoloc_prefix"] == ["EU"]
        before = len(agent.log)
        agent.read_again(global_config="{only_geoloc_prefix: [EU]}")
        assert own(agent) == {"kept"}


def test_a_broken_file_changes_nothing_and_says_where():
    with Configured(policies=SECOND) as agent:
        before, infos = grown(agent, "kept"), agent.get(TAPS).json
        for parts, place, text in (
                ({"text": "visor: [\n"}, ":2:1", "yaml-cpp: error at line 2"),
                ({"policies": SECOND.replace("dns", "dsn")}, ":13:", "requires stream handler type 'dsn'"),
                ({"policies": SECOND.replace("tap: t", "tap: x")}, ":13:", "tap 'x' does not exist"),
                ({"taps": "    u: {input_type: pcpa}\n", "policies": ""}, ":5:", "'pcpa' which is not available"),
                ({"global_config": "5"}, ":7:", "expecting global_handler_config configuration map")):
            said = agent.read_again("configuration not changed", **parts)
            assert f"{agent.config_path}{place}" in said and text in said, said
            assert own(agent) == {"kept", "second"} and agent.get(TAPS).json == infos
            assert total(agent, "kept") >= before


def test_rest_and_the_file():
    with Configured(policies=SECOND) as agent:
        # What came over REST stays, what was removed over REST stays away.
        assert agent.post(POLICIES, policy("mine", NET, tap="t")).status == 201
        assert agent.post(TAPS, made("u")).status == 201
        assert agent.delete(POLICIES + "/second").status == 200
        agent.read_again(policies=SECOND)
        assert own(agent) == {"kept", "mine"} and set(agent.get(TAPS).json) == {"t", "u"}
        # Until the file says something new about it.
        agent.read_again(policies=SECOND.replace("dns", "net"))
        assert own(agent) == {"kept", "mine", "second"}
        # A name that REST has taken is not taken over.
        said = agent.read_again("configuration not changed", policies=SECOND.replace("second", "mine"))
        assert "policy with name 'mine' already defined" in said
        assert own(agent) == {"kept", "mine", "second"}
        # What is global in the file holds for policies that come over REST, and is not said twice.
        agent.read_again(global_config="{only_geoloc_prefix: [EU]}", policies="")
        body = policy("later", NET, tap="t")
        assert agent.post(POLICIES, body).json["later"]["modules"]["later-t-n"]["module"]["config"][
            "only_geoloc_prefix"] == ["EU"]
        body["visor"]["policies"] = policy("last", NET, tap="t")["visor"]["policies"]
        body["visor"]["global_handler_config"] = {"net": {"asn_notfound": True}}
        answer = agent.post(POLICIES, body)
        assert answer.status == 409
        assert answer.json["error"] == ("stream handler type 'net' already exists in global_handler_config "
                                        "configuration")


# --- nobody else notices

def test_a_bystander_misses_nothing(agent):
    """The source counts what it made, the bystander's handler what it saw."""
    put(agent, "bystander", policy("bystander", NET, tap="t"), 201)
    (name,) = inputs(agent, "bystander")

    def rounds(until, least):
        number = 0
        while time.monotonic() < until or number < least:
            number += 1
            put(agent, "p", policy("p", NET, tap="t"), 201)
            put(agent, "p", policy("p", DNS, tap="t", input_filter={"bpf": "udp"}))
            assert agent.delete(POLICIES + "/p").status == 200
    rounds(time.monotonic() + 3, least=6)
    status = agent.policies()["bystander"]["input"][name]["status"]
    seen = wait_for(lambda: (n := total(agent, "bystander")) >= status["matched"] and n)
    after = agent.policies()["bystander"]["input"][name]["status"]
    assert status["matched"] <= seen <= after["matched"]
    assert after["seen"] >= after["matched"] and after["dropped"] == 0
