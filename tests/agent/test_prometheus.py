"""The agent's Prometheus text: its forms, that both formats say the same, and that a scrape is a
snapshot of a closed period. What a real Prometheus makes of it is in test_scrapes.py."""
import contextlib
import gzip
import json
import re
import time

import pytest

import mmdb
from running import PATIENCE, Agent, policy, roomy_period, wait_for
from scraping import (EVERYTHING, FORMS, OPENMETRICS, check_histograms, check_strict, closed_periods, document,
                      findings, prometheus, samples, scrape, series, unexpected, within_a_period)

V2 = {"require_version": "2.0"}
ALL = {"metric_groups": {"enable": ["all"]}}
DNS_ALL = {"metric_groups": {"enable": ["all", "sizes", "top_clients"]}}
MODULES = {"net1": {"type": "net", **ALL}, "net2": {"type": "net", **V2, **ALL},
           "dns1": {"type": "dns", **DNS_ALL}, "dns2": {"type": "dns", **V2, **DNS_ALL},
           "dhcp": {"type": "dhcp"}, "bgp": {"type": "bgp"}, "stats": {"type": "pcap"}}
SCHEMAS = {"net1": "packets", "net2": "net", "dns1": "dns", "dns2": "dns", "dhcp": "dhcp",
           "bgp": "bgp", "stats": "pcap"}
OWN = "# HELP pktvisor_build"  # what the agent says of itself begins here


def everything(*more):
    return document(policy("default", MODULES, tap="made"), *more)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """running(document, option, ...): an agent that has it as its file, the same one for the same."""
    folder, agents = tmp_path_factory.mktemp("agents"), {}
    with contextlib.ExitStack() as stack:
        def start(config, *options, period=1):
            key = json.dumps([config, period, *map(str, options)])
            if key not in agents:
                path = folder / f"agent{len(agents)}.yaml"
                path.write_text(json.dumps(config))
                agents[key] = stack.enter_context(
                    Agent("--config", path, "--period-seconds", period, *options))
            return agents[key]
        yield start


def of_handlers(text):
    return text[:text.index(OWN)]


def closed_period(agent):
    return closed_periods(agent).get("default")


def busy(agent):
    """A whole period has been seen. The next one may be empty: made traffic can be held up."""
    first = wait_for(lambda: closed_period(agent))
    wait_for(lambda: closed_period(agent) != first)


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("geo")
    return ["--geo-city", mmdb.write_city(folder / "city.mmdb", 'Quo"te\\d'),
            "--geo-asn", mmdb.write_asn(folder / "asn.mmdb", "Example Ltd")]


MERGED = policy("merged", {"a": {"type": "net"}, "b": {"type": "net"}, "c": {"type": "dns"}},
                tap="made", config={"merge_like_handlers": True})


@pytest.mark.parametrize("names", ["upstream", "native", "both"])
def test_formats(running, databases, names):
    agent = running(everything(MERGED), "--prometheus-names", names, *databases)
    busy(agent)
    for path in FORMS:
        text, strict = scrape(agent, path), scrape(agent, path, **OPENMETRICS)
        assert unexpected(text) == []
        if names == "native":
            assert findings(text) == []
        check_strict(strict)
        types, values = prometheus(text)
        check_histograms(types, values)
        shown = {name for name, _ in values}
        assert any(name.startswith("dns_") for name in shown) == (names != "native")
        assert any(name.startswith("pktvisor_dns_") for name in shown) == (names != "upstream")


def test_labels_are_the_same_in_both_formats(running, databases):
    agent = running(everything(MERGED), "--prometheus-names", "both", *databases)
    busy(agent)
    for path in FORMS:
        def both():
            pages = within_a_period(agent, lambda: (scrape(agent, path), scrape(agent, path, **OPENMETRICS)))
            return [series(page) for page in pages]
        text, strict = wait_for(lambda: (found := both()) and places(found[0]) and found)
        # What the agent says of itself may begin between the two, such as a status of requests.
        apart = {name for name, _ in text.keys() ^ strict.keys()}
        assert apart <= {"pktvisor_http_requests_total"}
        assert r'EU/Utopia/Quo\"te\\\\d' in places(text), places(text)


def places(values):
    return [dict(labels)["geo_loc"] for name, labels in values if name == "packets_top_geoLoc"]


def label_names(text, prefix):
    return {frozenset(name for name, _ in labels) for family, labels in series(text)
            if family.startswith(prefix)}


def test_labels_of_the_forms(running):
    config = document(policy("default", {"n": {"type": "net"}}, tap="made"))
    agent = running(config, "--prom-instance", "edge-7")
    busy(agent)
    static = {"instance", "policy", "tap"}
    assert label_names(scrape(agent, "/metrics"), "packets_udp") == {frozenset(static)}
    for path in FORMS[1:]:
        assert label_names(scrape(agent, path), "packets_udp") == {frozenset(static | {"handler"})}
    for line in samples(scrape(agent)):
        assert re.match(r'[a-zA-Z0-9_]+\{instance="edge-7"[,}]', line), line
    names = [name for name in agent.policies() if name != "default"]
    assert len(names) == 1 and names[0].endswith("-resources")
    resources = series(scrape(agent, f"/api/v1/policies/{names[0]}/metrics/prometheus"))
    assert ("resources_policy_count", frozenset({
        ("instance", "edge-7"), ("handler", names[0]), ("policy", names[0]), ("tap", "made")})) in resources


def test_two_handlers_of_a_schema_have_series_of_their_own(running):
    """/metrics has no label `handler`, but where it must."""
    agent = running(everything())
    busy(agent)

    def handlers():
        page = series(scrape(agent, "/metrics"))
        return {name: {dict(labels).get("handler") for family, labels in page if family == name}
                for name in ("packets_udp", "dns_wire_packets_queries", "dns_top_qname2")}
    seen = wait_for(lambda: (found := handlers())["dns_top_qname2"] and found)
    assert seen["packets_udp"] == {None}
    assert seen["dns_wire_packets_queries"] == {"default-made-dns1"}
    assert seen["dns_top_qname2"] >= {"default-made-dns1"} and None not in seen["dns_top_qname2"]


def test_repeated_scrapes_agree(running):
    """All of a period's scrapes, in every form, from whatever is kept and whatever is made anew."""
    agent = running(everything(), period=5)
    forms = [(path, headers) for path in FORMS for headers in ({}, OPENMETRICS)]

    def rounds():
        seen = []
        for _ in range(4):
            seen.append([of_handlers(scrape(agent, path, **headers)) for path, headers in forms])
            time.sleep(0.5)
        return seen
    first, *later = wait_for(lambda: (seen := within_a_period(agent, rounds)) and
                             all(len(text) > 10000 for text in seen[0]) and seen, 60)
    assert all(texts == first for texts in later)


def test_upstreams_names_agree_beside_native_ones(running):
    agent = running(everything(), "--prometheus-names", "both", period=5)

    def counted(lines):
        return sum(float(line.split()[-1]) for line in lines
                   if line.startswith("pktvisor_packets_rates_in_bytes") or
                   line.startswith("pktvisor_dns_wire_packets_queries_total"))

    def scrapes():
        found = []
        for _ in range(3):  # renderings are kept for a second
            least = counted(found[-1]) if found else 0
            found.append(wait_for(lambda: counted(lines := samples(of_handlers(scrape(agent)))) > least and lines))
        return found
    texts = within_a_period(agent, scrapes)
    upstream = [[line for line in lines if not line.startswith("pktvisor_")] for lines in texts]
    assert upstream[0] and upstream[0] == upstream[1] == upstream[2]
    completeness = [[line for line in lines if line.startswith("pktvisor_completeness")]
                    for lines in texts]
    assert completeness[0] and completeness[0] == completeness[2]
    assert counted(texts[0]) < counted(texts[1]) < counted(texts[2])


def value_of(text, name):
    (value,) = [value for (family, _), value in series(text).items() if family == name]
    return value


def test_a_scrape_is_what_json_says_of_the_closed_period(running):
    agent = running(everything(), period=5)
    busy(agent)
    text, bucket = within_a_period(agent, lambda: (
        scrape(agent, FORMS[1]), agent.metrics("default", "bucket", 1).json["default"]))
    values = {(name, dict(labels)["handler"]): value for (name, labels), value in series(text).items()
              if "handler" in dict(labels)}
    compared = 0
    for module, schema in SCHEMAS.items():
        handler = f"default-made-{module}"
        found = bucket[handler][schema]
        for section, counters in [("", found), *((f"{key}_", value) for key, value in found.items()
                                                 if isinstance(value, dict))]:
            for key, count in counters.items():
                name = f"{schema}_{section}{key}"
                if isinstance(count, int) and (name, handler) in values and section != "period_":
                    assert values[name, handler] == count, name
                    compared += 1
    assert compared > 60


def test_before_a_period_has_closed(running):
    """The live one is shown; each scrape is new."""
    agent = running(everything(), period=roomy_period())
    first = value_of(scrape(agent, "/metrics"), "packets_total")
    for _ in range(2):
        later = wait_for(lambda: max(value_of(scrape(agent, "/metrics"), "packets_total") - first, 0))
        first += later
    assert closed_period(agent) is None


def test_with_one_period_the_live_one_is_shown(running):
    config = document(policy("default", {"n": {"type": "net"}}, tap="made", window={"num_periods": 1}))
    agent = running(config, period=1)
    # More than a second's packets, and still growing.
    wait_for(lambda: value_of(scrape(agent, "/metrics"), "packets_total") > 2500)
    before = value_of(scrape(agent, "/metrics"), "packets_total")
    wait_for(lambda: value_of(scrape(agent, "/metrics"), "packets_total") > before)
    assert agent.metrics("default", "bucket", 1).status == 425


def test_a_scrape_has_one_period_of_all_handlers(running):
    """However often it comes, also when a period has just closed."""
    agent = running(everything())
    busy(agent)
    seen, end = set(), time.monotonic() + 3

    def scraped():
        for _ in range(10):
            seen.add(of_handlers(scrape(agent, FORMS[1])))
        return time.monotonic() > end and len(seen) >= 2
    wait_for(scraped, pause=0)
    for text in seen:
        values = series(text)
        total = {name: sum(value for (family, _), value in values.items() if family == name)
                 for name in ("packets_total", "net_total_packets", "dns_wire_packets_total")}
        messages = sum(value for (family, labels), value in values.items()
                       if family == "dns_observed_packets")
        assert total["packets_total"] == total["net_total_packets"]
        assert total["dns_wire_packets_total"] == messages


def test_packed(running):
    agent = running(everything(), period=5)

    def both():
        packed = agent.get(EVERYTHING, headers={"Accept-Encoding": "gzip"})
        return packed, agent.get(EVERYTHING)
    packed, plain = within_a_period(agent, both)
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert of_handlers(gzip.decompress(packed.body).decode()) == of_handlers(plain.text)
    assert len(packed.body) * 5 < len(plain.body)
    for answer in (packed, plain):
        # What caches must tell apart.
        varies = {name.strip() for value in answer.headers.get_all("Vary") for name in value.split(",")}
        assert varies == {"Accept", "Accept-Encoding"}


def test_media_types(running):
    agent = running(everything(), period=5)
    plain = agent.get("/metrics")
    assert plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    strict = agent.get("/metrics", headers=OPENMETRICS)
    assert strict.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"


PROCESS = {"process_cpu_seconds_total", "process_start_time_seconds", "process_resident_memory_bytes",
           "process_virtual_memory_bytes", "process_threads", "process_open_fds", "process_max_fds"}
COST = {"pktvisor_policy_cpu_seconds_total", "pktvisor_policy_packet_cost_seconds",
        "pktvisor_policy_packets_total", "pktvisor_policy_memory_bytes", "pktvisor_policy_series",
        "pktvisor_policy_series_left_out"}


def is_running_in(agent):
    """Its default policy has seen so much that a worker that was held up is not what a packet costs."""
    pages = [series(scrape(agent, path)) for path in FORMS]

    def told(page, family):
        return page[family, frozenset({("policy", "default")})]
    return all(told(page, "pktvisor_policy_packets_total") > 1000 and
               0 < told(page, "pktvisor_policy_packet_cost_seconds") < 0.001 for page in pages)


@pytest.mark.parametrize("names", ["upstream", "native", "both"])
def test_what_the_agent_says_of_itself(running, databases, names):
    agent = running(everything(MERGED), "--prometheus-names", names, *databases)
    busy(agent)
    version = agent.get("/api/v1/metrics/app").json["app"]["version"]
    policies = set(agent.policies())
    wait_for(lambda: is_running_in(agent))
    for path in FORMS:
        values = series(scrape(agent, path))
        assert values["pktvisor_build_info", frozenset({("version", version)})] == 1
        families = {}
        for (name, labels), value in values.items():
            families.setdefault(name, {})[labels] = value
        assert PROCESS <= families.keys()
        said_of = {"default"} if path == FORMS[1] else policies
        for name in COST:
            assert {dict(labels)["policy"] for labels in families[name]} == said_of, name
        of_default = frozenset({("policy", "default")})
        assert families["pktvisor_policy_packets_total"][of_default] > 1000
        assert 0 < families["pktvisor_policy_packet_cost_seconds"][of_default] < 0.001
        assert families["pktvisor_policy_memory_bytes"][of_default] > 100000
        shown = policies if path == EVERYTHING else {"default"}
        assert {dict(labels)["policy"] for labels in families["pktvisor_completeness"]} == shown
        schemas = {dict(labels)["schema"] for labels in families["pktvisor_completeness"]}
        assert schemas >= set(SCHEMAS.values())
    whole = series(scrape(agent))
    up = agent.get("/api/v1/metrics/app").json["app"]["up_time_min"] * 60
    assert abs(time.time() - up - whole["process_start_time_seconds", frozenset()]) < 5 * PATIENCE
    assert whole["pktvisor_log_lost_lines_total", frozenset()] == 0
    city = frozenset({("database", "city")})
    assert whole["pktvisor_geo_build_time_seconds", city] == 1700000000
    assert whole["pktvisor_geo_cache_hits_total", city] > 0 == whole["pktvisor_geo_failures_total", city]


def test_series_are_counted(running):
    """What a policy's cost says of its series is what is there, and what is not."""
    config = document(policy("default", MODULES, tap="made"))
    agent = running(config, "--policy-max-series", 400, period=3)

    def work():
        scrape(agent, FORMS[1])
        time.sleep(1.1)  # what the agent says of itself is kept for a second
        return series(scrape(agent, FORMS[1]))
    of_default = frozenset({("policy", "default")})
    values = wait_for(lambda: (found := within_a_period(agent, work))[
        "pktvisor_policy_series_left_out", of_default] > 100 and found, 40)
    shown = sum("handler" in dict(labels) and name != "pktvisor_completeness" for name, labels in values)
    assert values["pktvisor_policy_series", of_default] == shown <= 400
