"""Clients that are many, slow or broken cost the others nothing: those are served at once meanwhile, and the
agent says in its counters what it has seen."""
import contextlib
import random
import re
import resource
import socket
import ssl
import time
from pathlib import Path

import pytest

from running import PATIENCE, SANITIZED, Agent, policy, tap, wait_for
from scraping import scrape, series

CROWD = {False: 1000, True: 600}  # of each kind; by TLS, whose handshakes take their time
MOST = 1024  # connections, src/http/server.h
REQUEST_SECONDS = 15
QUICK_SECONDS = 0.5  # for a machine that is busy; it is a millisecond or two
READERS, POLICIES = (30, 8) if SANITIZED else (150, 30)
ANSWERS_MIB = 64 + 40  # max_answers, and what else grows meanwhile
GROWTH_MIB = {False: 40, True: 110}  # by TLS
BODY_MAX = 1 << 20
HOST = b"Host: localhost\r\n"


@pytest.fixture(autouse=True, scope="module")
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def agent(request, certificate):
    options = ["--tls", "--tls-cert", certificate.cert, "--tls-key", certificate.key] if request.param else []
    with Agent("--admin-api", *options, tcp=True) as agent:
        assert agent.post("/api/v1/taps", tap("made", pcap_source="mock", mock_rate=1000)).status == 201
        add_policy(agent, "made")
        yield agent


def add_policy(agent, name):
    modules = {"net": {"type": "net"}, "dns": {"type": "dns", "metric_groups": {"enable": ["all"]}}}
    answer = agent.post("/api/v1/policies", policy(name, modules, tap="made"))
    assert answer.status == 201, answer


def connect(agent, small=False):
    """A connection like a client's; small: with room for few bytes that nobody reads."""
    raw = socket.socket()
    raw.settimeout(30 * PATIENCE)
    if small:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", agent.port))
    return ssl._create_unverified_context().wrap_socket(raw) if agent.tls else raw


def counter(agent, name):
    return series(scrape(agent))[f"pktvisor_http_{name}", frozenset()]


def resident_mib(agent):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{agent.pid}/status").read_text())[1]) / 1024


def served_quickly(agent, times=20):
    """A new connection for each: that is what a crowd could keep out."""
    taken = []
    for _ in range(times):
        begun = time.monotonic()
        assert agent.get("/api/v1/metrics/app").status == 200
        scrape(agent)
        taken.append(time.monotonic() - begun)
    assert sorted(taken)[times // 2] < QUICK_SECONDS * PATIENCE, taken


def ended(connection):
    """Whether the agent has closed it."""
    connection.settimeout(0.01)
    try:
        return connection.recv(4096) == b""
    except (TimeoutError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


def test_a_crowd(agent, capsys):
    """1,000 that only connect and 1,000 that stop in the middle of a request."""
    crowd = CROWD[agent.tls]
    served_quickly(agent)
    before = resident_mib(agent)
    with contextlib.ExitStack() as stack:
        for part in (b"", b"GET /api/v1/metrics/app HTTP/1.1\r\nHost: loc"):
            for _ in range(crowd):
                one = stack.enter_context(connect(agent))
                one.sendall(part)
            served_quickly(agent)
        lost = wait_for(lambda: (  # a rendering may be a second old
            n := counter(agent, "evicted_connections_total") + counter(agent, "timeouts_total")
        ) >= 2 * crowd - MOST and n)
        assert lost <= 2 * crowd
        assert counter(agent, "open_connections") <= MOST
        grown = resident_mib(agent) - before
    wait_for(lambda: counter(agent, "open_connections") <= 2)
    served_quickly(agent)
    with capsys.disabled():
        print(f"\n{MOST} connections{' over TLS' if agent.tls else ''}: {grown:.1f} MiB")
    assert SANITIZED or grown < GROWTH_MIB[agent.tls]


SLOW = {
    "no byte at all": b"",
    "a byte now and then of the first line": b"G",
    "a byte now and then of the headers": b"GET / HTTP/1.1\r\nX: ",
    "a byte now and then of the body": b"POST /api/v1/taps HTTP/1.1\r\n" + HOST +
                                       b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n",
}


@pytest.mark.parametrize("agent", [False], indirect=True, ids=["plain"])
def test_slow_senders_are_cut(agent):
    with contextlib.ExitStack() as stack:
        begun = time.monotonic()
        slow = {name: stack.enter_context(connect(agent)) for name in SLOW}
        for name, first in SLOW.items():
            slow[name].sendall(first)
        while time.monotonic() - begun < REQUEST_SECONDS - 2:
            with contextlib.suppress(OSError):
                for name in list(SLOW)[1:]:
                    slow[name].sendall(b"x")
            served_quickly(agent, 3)
            # What is cut early is cut before this test has been held up that long.
            assert not any(ended(one) for one in slow.values()) or time.monotonic() - begun > REQUEST_SECONDS - 1
            time.sleep(0.5)
        wait_for(lambda: all(ended(one) for one in slow.values()))
        assert REQUEST_SECONDS - 1 <= time.monotonic() - begun
    wait_for(lambda: counter(agent, "timeouts_total") == len(SLOW))


LARGE = ["/api/v1/policies/__all/metrics/prometheus", "/api/v1/policies/__all/metrics/window/5", "/api/v1/policies"]


@pytest.mark.parametrize("agent", [False], indirect=True, ids=["plain"])
def test_who_does_not_read(agent, capsys):
    """Answers that nobody takes have a bound together."""
    for number in range(POLICIES):
        add_policy(agent, f"p{number}")
    wait_for(lambda: all(len(agent.get(path).body) > POLICIES << 13 for path in LARGE[:2]))
    sizes = [len(agent.get(path).body) for path in LARGE]
    before = resident_mib(agent)
    with contextlib.ExitStack() as stack:
        for number in range(READERS):
            one = stack.enter_context(connect(agent, small=True))
            one.sendall(f"GET {LARGE[number % len(LARGE)]} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
        served_quickly(agent, 5)
        grown = resident_mib(agent) - before
        evicted = counter(agent, "evicted_connections_total")
    with capsys.disabled():
        print(f"\n{READERS} who do not read answers of {sizes} bytes: {grown:.1f} MiB, {evicted} cut")
    assert SANITIZED or grown < ANSWERS_MIB
    wait_for(lambda: counter(agent, "open_connections") <= 2)


def noise(draw):
    """Any bytes, or what begins like a request."""
    if draw.random() < 0.5:
        return draw.randbytes(draw.randrange(1, 3000))
    pieces = [b"GET ", b"POST ", b"/", b"/api/v1/taps", b" HTTP/1.1", b"\r\n", HOST, b"\r\n\r\n", b":", b"\0", b"%",
              b"Content-Length: 9999999999999999999999\r\n", b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffff",
              b"\x16\x03\x01\x02\0"]
    return b"".join(draw.choice(pieces) for _ in range(draw.randrange(1, 12)))


@pytest.mark.parametrize("agent, inside_tls", [(False, False), (True, False), (True, True)], indirect=["agent"],
                         ids=["plain", "instead of TLS", "inside TLS"])
def test_random_bytes(agent, inside_tls):
    draw, policies = random.Random(1), set(agent.policies())
    for _ in range(100 if inside_tls else 300):
        with socket.create_connection(("127.0.0.1", agent.port)) as raw, contextlib.suppress(OSError):
            one = ssl._create_unverified_context().wrap_socket(raw) if inside_tls else raw
            one.sendall(noise(draw))
            if draw.random() < 0.3:
                one.settimeout(0.05)
                one.recv(4096)
    served_quickly(agent)
    assert set(agent.policies()) == policies
    wait_for(lambda: counter(agent, "open_connections") <= 2 and counter(agent, "broken_connections_total") > 30)


def test_bodies_that_are_too_large(agent):
    whole = b"x" * (BODY_MAX + 1)
    answer = agent.post("/api/v1/taps", whole, headers={"Content-Type": "application/json"})
    assert answer.status == 413 and answer.json["error"] == f"the body is larger than {BODY_MAX} bytes"
    # Nothing said how much would come.
    connection = agent.connection()
    connection.request("POST", "/api/v1/taps", iter([whole]), {"Content-Type": "application/json"},
                       encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    # A client that announces more than it may send gets its answer before it has sent it.
    with connect(agent) as one:
        one.sendall(b"POST /api/v1/taps HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999\r\n\r\n")
        assert one.recv(4096).startswith(b"HTTP/1.1 413 ")
    wait_for(lambda: counter(agent, "bodies_too_large_total") == 3)
    largest = agent.post("/api/v1/taps", b" " * BODY_MAX, headers={"Content-Type": "application/json"})
    assert largest.status == 422
