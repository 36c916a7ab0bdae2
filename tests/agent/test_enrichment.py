"""Places, networks and names of ports while the agent runs, and what its workers cost."""
import contextlib
import json
import os
import time
from pathlib import Path

import mmdb
import pytest
from running import PATIENCE, Agent, of_threads, policy, wait_for
from scraping import document, made, scrape, series

EVERY_GROUP = {"metric_groups": {"enable": ["all"]}}
MODULES = {"n": {"type": "net", **EVERY_GROUP}, "d": {"type": "dns", **EVERY_GROUP}}


@pytest.fixture
def started(tmp_path):
    """started(option, ..., rate=): an agent of made traffic."""
    with contextlib.ExitStack() as stack:
        def start(*options, rate=1000):
            config = document(policy("p", MODULES, tap="made"), taps=made(rate))
            path = tmp_path / "agent.yaml"
            path.write_text(json.dumps(config))
            return stack.enter_context(Agent("--config", path, "--period-seconds", "1", *options))
        yield start


def names(agent, schema, *path, handler="p-made-n"):
    """Names of a top list of the live period."""
    value = agent.metrics("p").json["p"][handler][schema]
    for key in path:
        value = value[key]
    return {row["name"] for row in value}


def shows(expected, what):
    """Periods are short: the live one may have nothing yet."""
    wait_for(lambda: what() == expected)


def place(agent):
    return names(agent, "packets", "top_geoLoc")


def own(agent, name, **labels):
    return series(scrape(agent)).get((name, frozenset(labels.items())))


def says_of_itself(agent, expected, name, **labels):
    """A rendering is kept for a second."""
    shows(expected, lambda: own(agent, name, **labels))


def test_databases_are_opened_anew_while_it_runs(started, tmp_path):
    city, asn = tmp_path / "city.mmdb", tmp_path / "asn.mmdb"
    mmdb.write_city(city, "First", built=1700000001)
    mmdb.write_asn(asn, "Before")
    agent = started("--geo-city", city, "--geo-asn", asn)

    def says(text):
        return wait_for(lambda: text in agent.log)
    shows({"EU/Utopia/First"}, lambda: place(agent))
    shows({"64496/Before"}, lambda: names(agent, "packets", "top_ASN"))
    shows({"EU/Utopia/First"}, lambda: names(agent, "dns", "top_geoLoc_ecs", handler="p-made-d"))
    shows({"64496/Before"}, lambda: names(agent, "dns", "top_asn_ecs", handler="p-made-d"))
    says_of_itself(agent, 1700000001, "pktvisor_geo_build_time_seconds", database="city")

    mmdb.write_city(city, "Second", built=1700000002)
    shows({"EU/Utopia/Second"}, lambda: place(agent))
    says_of_itself(agent, 1700000002, "pktvisor_geo_build_time_seconds", database="city")
    says_of_itself(agent, 1, "pktvisor_geo_replacements_total", database="city")
    assert own(agent, "pktvisor_geo_replacements_total", database="asn") == 0
    shows({"64496/Before"}, lambda: names(agent, "packets", "top_ASN"))

    # Overwritten where it stands, with what is no database; then gone; then there again.
    with city.open("r+b") as file:
        file.write(b"no database" * 1000)
    says(f"[warning] {city}: ")
    asn.unlink()
    says(f"[warning] {asn}: ")
    shows({"EU/Utopia/Second"}, lambda: place(agent))
    shows({"64496/Before"}, lambda: names(agent, "packets", "top_ASN"))
    for database in ("city", "asn"):
        says_of_itself(agent, 1, "pktvisor_geo_failures_total", database=database)
    mmdb.write_city(city, "Third")
    mmdb.write_asn(asn, "After")
    shows({"EU/Utopia/Third"}, lambda: place(agent))
    shows({"64496/After"}, lambda: names(agent, "packets", "top_ASN"))
    assert agent.log.count("(the old database stays)") == 2  # each is said once


def test_a_database_as_default_is_weaker(started, tmp_path):
    mmdb.write_city(tmp_path / "a.mmdb", "Default")
    mmdb.write_city(tmp_path / "b.mmdb", "Chosen")
    agent = started("--default-geo-city", tmp_path / "a.mmdb", "--geo-city", tmp_path / "b.mmdb")
    shows({"EU/Utopia/Chosen"}, lambda: place(agent))
    agent = started("--default-geo-city", tmp_path / "a.mmdb")
    shows({"EU/Utopia/Default"}, lambda: place(agent))
    agent = started()
    wait_for(lambda: names(agent, "packets", "top_ipv4"))
    assert place(agent) == set()


REGISTRY = """Service Name,Port Number,Transport Protocol,Description
one,1,tcp,"a name, with a comma"
range,1000-1999,udp,
,2,tcp,no name
three,3,sctp,another protocol
again,1,tcp,the first one stays
"""


def known_ports(agent):
    return {protocol: own(agent, "pktvisor_service_names", protocol=protocol)
            for protocol in ("tcp", "udp")}


def test_registries(started, tmp_path):
    """Which file the names of ports come from (what they are: tests/unit/enrich/test_services.c)."""
    small, default = tmp_path / "small.csv", tmp_path / "default.csv"
    small.write_text(REGISTRY)
    default.write_text(REGISTRY + "four,4,udp,\n")
    options = ["--iana-service-port-registry", small, "--default-service-registry", default]
    agent = started(*options)
    assert known_ports(agent) == {"tcp": 1, "udp": 1}
    assert own(agent, "pktvisor_service_skipped_rows") == 2
    assert known_ports(started(*options[2:])) == {"tcp": 1, "udp": 2}
    system = Path("/etc/services")
    rows = [line.split("#")[0].split() for line in system.read_text().splitlines()] if system.exists() else []
    ports = {row[1] for row in rows if len(row) > 1}
    assert known_ports(started()) == {protocol: sum(port.endswith(f"/{protocol}") for port in ports)
                                      for protocol in ("tcp", "udp")}


def worker_seconds(agent):
    """CPU time of the thread that delivers packets, by the system."""
    times = of_threads(agent.pid, "schedstat")
    (worker,) = [task for task, name in of_threads(agent.pid, "comm").items() if name.startswith("p-mock-0")]
    return int(times[worker].split()[0]) / 1e9


def test_resources_of_an_input(started):
    agent = started("--prometheus-names", "both", rate=20000)
    (name,) = [name for name in agent.policies() if name.endswith("-resources")]

    def used():
        """Seconds that the samples make up together, and their number."""
        values = series(scrape(agent, f"/api/v1/policies/{name}/metrics/prometheus"))
        kept = {family: value for (family, _), value in values.items()}
        base = "pktvisor_input_resources_cpu_usage_ratio"
        return kept[f"{base}_sum"], kept[f"{base}_count"]

    def measured(count):
        """That, and what the system says, by a clock, when one more sample has just come."""
        seen = wait_for(lambda: (found := used())[1] >= count and found)
        return *seen, worker_seconds(agent), time.monotonic()

    def samples_of_seconds():
        """What six samples or more make up together, and the system; None where worker or test were held up."""
        before = measured(used()[1] + 1)
        after = measured(before[1] + 6)
        load, count, system, took = (b - a for a, b in zip(before, after))
        return (load * took / count, system) if count == pytest.approx(took, abs=1.5 * PATIENCE) else None
    wait_for(lambda: used()[1] >= 2)
    # A sample a second, of that second alone: together they are what the system says.
    load, system = wait_for(samples_of_seconds, 40)
    assert load == pytest.approx(system, rel=0.35, abs=0.05)
    window = agent.metrics(name, "window", 5).json[name][name]["input_resources"]
    assert 0 < window["cpu_usage"]["p50"] < 100
    resident = int(Path(f"/proc/{agent.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    assert window["memory_bytes"]["p50"] == pytest.approx(resident, rel=0.3)


def test_resources_count_policies_and_handlers(started):
    agent = started("--admin-api")
    (name,) = [name for name in agent.policies() if name.endswith("-resources")]

    def counts():
        found = agent.metrics(name).json[name][name]["input_resources"]
        return found["policy_count"], found["handler_count"]
    # The policy of resources itself is one of them.
    wait_for(lambda: counts() == (2, 3))
    chain = [{"a": {"type": "dns"}}, {"b": {"type": "net"}}]
    assert agent.post("/api/v1/policies", policy("second", chain, tap="made")).status == 201
    wait_for(lambda: counts() == (3, 4))
    assert agent.delete("/api/v1/policies/second").status == 200
    wait_for(lambda: counts() == (2, 3))
