"""Interfaces that go, come back and change while the agent looks at them."""
import pytest

from network import cable, udp
from running import Agent, policy, tap, wait_for
from scraping import scrape, series

HOST, OTHER, FAR = "192.0.2.2", "198.51.100.7", "203.0.113.9"
both_backends = pytest.mark.parametrize("agent", ["af_packet", "libpcap"], indirect=True)


@pytest.fixture
def link():
    with cable() as link:
        yield link


@pytest.fixture
def agent(request, link):
    """Two policies on one capture, one behind a filter, and one of made traffic."""
    with Agent("--admin-api", "--period-seconds", 1, "--prometheus-names", "both", enter=link.enter) as agent:
        place = {"iface": link.inside, "pcap_source": getattr(request, "param", "af_packet")}
        for document in (tap("wire", **place), tap("made", pcap_source="mock", mock_rate=1000)):
            assert agent.post("/api/v1/taps", document).status == 201
        for document in (policy("all", {"net": {"type": "net"}}, tap="wire"),
                         policy("some", {"net": {"type": "net"}}, tap="wire", input_filter={"bpf": "udp"}),
                         policy("made", {"net": {"type": "net"}}, tap="made")):
            answer = agent.post("/api/v1/policies", document)
            assert answer.status == 201, answer
        yield agent


def total(agent, name, kind):
    """Since the start of the policy."""
    labels = {"policy": name, "tap": "made" if name == "made" else "wire"}
    labels["handler"] = f"{name}-{labels['tap']}-net"
    return series(scrape(agent))[f"pktvisor_packets_{kind}_total", frozenset(labels.items())]


def counted(agent, wanted, kind="udp"):
    def seen():
        return {name: total(agent, name, kind) for name in ("all", "some")}
    wait_for(lambda: seen() == {"all": wanted, "some": wanted}, why=lambda: f"{seen()} instead of {wanted}")


def status(agent, name="all"):
    (info,) = agent.get(f"/api/v1/policies/{name}").json[name]["input"].values()
    return info["status"]


def running(agent):
    """What the metrics say of the inputs of the tap."""
    return {value for (name, labels), value in series(scrape(agent)).items()
            if name == "pktvisor_input_running" and ("tap", "wire") in labels}


def waits(agent, reason):
    wait_for(lambda: status(agent)["state"] == "waiting")
    assert status(agent)["reason"] == status(agent, "some")["reason"] == reason
    wait_for(lambda: running(agent) == {0})  # a rendering is kept for a second
    assert "reason" not in status(agent, "made") and status(agent, "made")["state"] == "running"


def goes_on(agent):
    wait_for(lambda: status(agent)["state"] == "running")
    assert "reason" not in status(agent)
    wait_for(lambda: running(agent) == {1})


def buckets_go_on(agent, name):
    """Time passes for a policy although nothing comes in."""
    def start():
        answer = agent.metrics(name, "bucket", 1)
        return answer.status == 200 and answer.json[name][f"{name}-wire-net"]["packets"]["period"]["start_ts"]
    first = wait_for(start)
    wait_for(lambda: start() >= first + 2)


def survives(link, agent, break_it, mend, reason, after):
    """Twice: what comes back can go again."""
    frame, sent = udp(FAR, HOST), 0
    for turn in range(2):
        link.send_frames(*[frame] * 100)
        sent += 100
        counted(agent, sent)
        before = total(agent, "made", "packets")
        break_it()
        waits(agent, reason)
        if turn == 0:
            buckets_go_on(agent, "all")
            wait_for(lambda: total(agent, "made", "packets") > before)
            assert status(agent)["reason"] == reason  # still, though it was tried again
        mend()
        goes_on(agent)
    link.send_frames(*[frame] * 100)
    counted(agent, sent + 100)
    assert {"all", "some", "made"} <= set(agent.policies())
    assert agent.log.count(f"capture on {link.inside} waits: {reason}") == 2
    assert agent.log.count(f"capture on {link.inside} goes on") == 2
    after()


@both_backends
def test_removed_and_made_anew(link, agent):
    def new_policy():
        answer = agent.post("/api/v1/policies", policy("late", {"net": {"type": "net"}}, tap="wire"))
        assert answer.status == 201, answer
    survives(link, agent, link.remove, link.restore, f"interface {link.inside} is gone", new_policy)


def test_down_and_up(link, agent):
    survives(link, agent, lambda: link.set("down"), lambda: link.set("up"), f"interface {link.inside} is down",
             lambda: None)


def test_policies_change_while_it_is_gone(link, agent):
    """Nothing of what waits is lost, and it can be removed."""
    link.send_frames(*[udp(FAR, HOST)] * 50)
    counted(agent, 50)
    link.remove()
    waits(agent, f"interface {link.inside} is gone")
    changed = policy("all", {"net": {"type": "net"}}, tap="wire", window={"topn_count": 3})
    assert agent.put("/api/v1/policies/all", changed).status == 200
    second = policy("second", {"net": {"type": "net"}}, tap="wire")
    assert agent.post("/api/v1/policies", second).status == 201  # it waits with the others
    assert status(agent, "second")["state"] == "waiting"
    assert agent.delete("/api/v1/policies/some").status == 200
    link.restore()
    goes_on(agent)
    link.send_frames(*[udp(FAR, HOST)] * 50)
    def seen():
        return total(agent, "all", "udp"), total(agent, "second", "udp")
    wait_for(lambda: seen() == (100, 50), why=lambda: f"{seen()}")


def networks(agent):
    (info,) = agent.get("/api/v1/policies/all").json["all"]["input"].values()
    return info["pcap"]["host_ips"]["ipv4"]


def test_addresses_are_followed(link, agent):
    """Without host_spec the host is what the interface's networks say, at any time."""
    frames = [udp(FAR, HOST), udp(FAR, OTHER)] * 10
    link.send_frames(*frames)
    counted(agent, 20)
    assert (total(agent, "all", "in"), total(agent, "all", "unknown_dir")) == (10, 10)
    assert networks(agent) == ["192.0.2.0/24"]

    link.near.run("ip", "address", "add", f"{OTHER}/28", "dev", link.inside)
    wait_for(lambda: len(networks(agent)) == 2)
    assert networks(agent) == ["192.0.2.0/24", "198.51.100.0/28"]
    link.send_frames(*frames)
    counted(agent, 40)
    assert (total(agent, "all", "in"), total(agent, "all", "unknown_dir")) == (30, 10)

    link.near.run("ip", "address", "delete", f"{HOST}/24", "dev", link.inside)
    wait_for(lambda: networks(agent) == ["198.51.100.0/28"])
    link.send_frames(*frames)
    counted(agent, 60)
    assert (total(agent, "all", "in"), total(agent, "all", "unknown_dir")) == (40, 20)
