"""Every frame that is sent is seen, or reported lost, whatever happens; at a modest rate none is lost."""
import threading
import time

import pytest

from lab import SANITIZED, by_input, cable, check_exact, finished, load_agent, stopped
from running import policy, wait_for

TOO_MANY = 150_000  # for the ring: 16 MiB
MODEST = 10_000
ROUNDS = 3


@pytest.fixture(scope="module")
def link():
    with cable() as link:
        link.frames = link.capture("frames.pcap", "--packets", 30_000, "--names", 20_000, "--clients", 20_000)
        yield link


@pytest.fixture
def agent(link):
    with load_agent(link) as agent:
        yield agent


def test_a_modest_rate_loses_nothing(link, agent):
    total = 0

    def paced():
        """Whether the sender was not held up: it does not catch up."""
        nonlocal total
        sent = link.send(link.frames, rate=MODEST, seconds=3)
        total += sent.frames
        return sent.rate > MODEST / 2
    wait_for(paced)
    assert check_exact(agent, total) == 0 or SANITIZED


def test_top_speed_is_exact(link, agent):
    before = link.carried()
    sent = link.send(link.frames, seconds=2).frames
    sent += link.replay(link.frames, loops=10).frames
    assert link.carried() - before == sent
    check_exact(agent, sent)


def test_losses_are_exact(link, agent):
    sent = link.send(link.frames, rate=MODEST, count=1000).frames
    with stopped(agent):
        sent += link.send(link.frames, count=TOO_MANY).frames
    sent += link.send(link.frames, rate=MODEST, count=1000).frames
    assert check_exact(agent, sent) > TOO_MANY / 2


def test_losses_are_told_though_the_interface_goes(link, agent):
    """Handlers are told once a second; what was lost after that is told when the capture has ended."""
    sent = lost = 0
    for _ in range(ROUNDS):
        # Of the policy: a page of /metrics may be a second old, and of the capture before.
        wait_for(lambda: all(one["status"]["state"] == "running"
                             for one in agent.policies()["default"]["input"].values()))
        with stopped(agent):
            sent += link.send(link.frames, count=TOO_MANY).frames
            link.near.run("ip", "link", "set", link.inside, "down")
        link.near.run("ip", "link", "set", link.inside, "up")
        more = check_exact(agent, sent)
        assert more > lost
        lost = more


def test_losses_concern_those_who_were_there(link, agent):
    """Handlers are told once a second; a policy that comes in between starts with nothing lost."""
    sent = 0
    for i in range(ROUNDS):
        with stopped(agent):
            sent += link.send(link.frames, count=TOO_MANY).frames
        wait_for(lambda: by_input(agent).sum == sent)
        later = policy(f"later{i}", {"pcap_stats": {"type": "pcap"}}, tap="default")
        assert agent.post("/api/v1/policies", later).status == 201
    assert check_exact(agent, sent) > ROUNDS * TOO_MANY / 2
    last = agent.metrics(f"later{i}", "bucket", 0).json[f"later{i}"]
    assert last[f"later{i}-default-pcap_stats"]["pcap"]["os_drops"] == 0


def test_changes_and_scrapes_lose_nothing(link, agent):
    """While policies come, are replaced and go, and everything is read."""
    modules = {"net": {"type": "net"}, "dns": {"type": "dns"}}
    ended = threading.Event()

    def read():
        while not ended.is_set():
            for path in ("/metrics", "/api/v1/metrics/window/5", "/api/v1/policies"):
                assert agent.get(path).status == 200
            time.sleep(0.01)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        sender = link.sender(link.frames, rate=MODEST, seconds=4)
        while sender.poll() is None:
            for filter in ("udp port 53", "tcp", "ip6"):
                other = policy("other", modules, tap="default", input_config={"bpf": filter})
                assert agent.put("/api/v1/policies/other", other).status in (200, 201)
            assert agent.delete("/api/v1/policies/other").status == 200
    finally:
        ended.set()
        reader.join()
    assert check_exact(agent, finished(sender).frames) == 0 or SANITIZED
