"""Agents that go and come back, want tokens, speak TLS, are of another version, or real."""
import os
import ssl
import subprocess
import time

import pytest
from fake_agent import FakeAgent, document
from running import Agent, free_port
from terminal import PATIENCE, Terminal, age, once, same, screen

MOCK = """
version: "1.0"
visor:
  taps:
    first: {input_type: pcap, config: {pcap_source: mock}}
    second: {input_type: pcap, config: {pcap_source: mock}}
  policies:
    default:
      kind: collection
      input: {tap: first, input_type: pcap}
      handlers:
        modules: {n: {type: net}, d: {type: dns}, h: {type: dhcp}, p: {type: pcap}}
    other:
      kind: collection
      input: {tap: second, input_type: pcap}
      handlers:
        modules:
          any_name: {type: net, require_version: "2.0"}
          "d2": {type: dns, require_version: "2.0", metric_groups: {enable: [all]}}
          b: {type: bgp}
"""


def test_killed_and_back():
    with Terminal(port=(port := free_port()), interval=1) as terminal:
        terminal.wait("no answer from localhost")
        terminal.wait("cannot connect: Connection refused; asked again every 1 s")
        with FakeAgent(port=port) as agent:
            terminal.wait("● live")
            terminal.wait("packets/s")
        terminal.wait("cannot connect")
        # The last numbers stay, grey, with their age.
        terminal.wait(lambda text: age(text) >= 2 and "packets/s" in text)
        terminal.wait("\x1b[2m", terminal.painted)
        terminal.keys("2")
        terminal.wait("reply/query")
        with FakeAgent(port=port) as agent:
            terminal.wait("● live")
            assert agent.asked[0] == "/api/v1/metrics/app"


def test_slow_agent():
    with FakeAgent() as agent:
        agent.seconds = 6
        with Terminal(port=agent.port) as terminal:
            terminal.wait("no answer within 5 s")
            agent.seconds = 0
            terminal.keys("w", "W")
            terminal.wait("● live")


def test_other_major_version():
    answers = {"/api/v1/metrics/app": {"app": {"version": "5.1.0-develop", "up_time_min": 1}}}
    with FakeAgent(answers) as agent:
        with Terminal(port=agent.port) as terminal:
            terminal.wait("the agent is of version 5.1.0-develop, this program of")
            terminal.wait("packets/s")
        done = once("-p", agent.port)
        assert done.returncode == 0 and "packets/s" in done.stdout
        assert done.stderr.startswith("pktvisor-cli: the agent is of version 5.1.0-develop")


def test_no_such_policy():
    with FakeAgent() as agent:
        with Terminal("-P", "gone", port=agent.port) as terminal:
            terminal.wait('the agent has no policy "gone": p or -P chooses another one')
            terminal.keys("p", "Enter")
            terminal.wait("packets/s")
        assert once("-p", agent.port, "-P", "gone").stderr == \
            f'pktvisor-cli: localhost:{agent.port}: the agent has no policy "gone": ' \
            "p or -P chooses another one\n"
        del agent.answers["/api/v1/policies/default/metrics/window/5"]
        agent.answers["/api/v1/policies"] = {"two": {}}
        assert "   two   last 5 min" in once("-p", agent.port).stdout


def test_token(tmp_path):
    token = tmp_path / "token"
    token.write_text("# comment\n\nwrong-token-of-16-bytes\n")
    with FakeAgent(token="right-token-of-16-bytes") as agent:
        assert once("-p", agent.port).stderr == \
            f"pktvisor-cli: localhost:{agent.port}: the agent wants a token " \
            "(-token-file, PKTVISOR_TOKEN)\n"
        right = {"PKTVISOR_TOKEN": "right-token-of-16-bytes"}
        assert once("-p", agent.port, environment=right).returncode == 0
        assert once("-p", agent.port, "-token-file", token, environment=right).returncode == 1
        with Terminal("-token-file", token, port=agent.port, interval=1) as terminal:
            terminal.wait("the agent wants a token")
            token.write_text("right-token-of-16-bytes\n")  # it is read again
            terminal.wait("● live")
        missing = once("-p", agent.port, "-token-file", tmp_path / "none")
        assert missing.returncode == 1
        assert missing.stderr == \
            f"pktvisor-cli: -token-file: no token can be read from {tmp_path}/none\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                    folder / "key", "-out", folder / "cert"], check=True, capture_output=True)
    return folder / "cert", folder / "key"


def test_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with FakeAgent(tls=context) as agent:
        assert once("-p", agent.port).returncode == 1  # no TLS asked for
        unknown = once("-p", agent.port, "-tls")
        assert unknown.returncode == 1 and "certificate" in unknown.stderr
        for options in ["-tls-noverify"], ["-ca", certificate[0]], ["-tls", "-ca", certificate[0]]:
            done = once("-p", agent.port, *options)
            assert done.returncode == 0, done.stderr
        other_name = once("-H", "127.0.0.1", "-p", agent.port, "-ca", certificate[0])
        assert other_name.returncode == 1


def test_once():
    with FakeAgent() as agent:
        agent.answers["/api/v1/policies/default/metrics/window/5"] = document("default_3.json")
        done = once("-p", agent.port)
        assert (done.returncode, done.stderr) == (0, "")
        assert same(done.stdout, agent.port) == screen("once_80")
        assert "\x1b" not in done.stdout
        wide = once("-p", agent.port, environment={"COLUMNS": "132"}).stdout.split("\n")
        assert 120 < max(map(len, wide)) <= 132
        plain = once("-p", agent.port, environment={"LC_ALL": "C"})
        assert plain.returncode == 0 and plain.stdout.isascii()
        policies = once("-p", agent.port, "-page", "policies").stdout
        assert "1.31%" in policies  # what the inputs cost was asked for, too
        closed = once("-p", agent.port, "-window", 1).stdout
        assert "last minute" in closed and "from 11:25:00 UTC, 60 s" in closed
    refused = once("-p", agent.port)
    assert refused.returncode == 1 and refused.stdout == ""
    assert refused.stderr == \
        f"pktvisor-cli: localhost:{agent.port}: cannot connect: Connection refused\n"


def test_where_there_is_no_terminal():
    from terminal import CLI, PLAIN
    done = subprocess.run([CLI], capture_output=True, text=True, stdin=subprocess.DEVNULL, env=PLAIN)
    assert done.returncode == 1
    assert done.stderr == "pktvisor-cli: this is no terminal: --once prints one page\n"
    bad = subprocess.run([CLI, "-port", "1"], capture_output=True, text=True, env=PLAIN)
    assert bad.returncode == 255
    assert bad.stderr.startswith("pktvisor-cli: unknown option -port\n")
    host = once("-H", "http://localhost/")
    assert host.returncode == 1
    assert host.stderr == "pktvisor-cli: -H: a name, an address or unix:/path expected, " \
        'got "http://localhost/"\n'


def test_answers_have_a_greatest_size():
    answers = {"/api/v1/policies/default/metrics/window/5": b" " * (33 << 20)}
    with FakeAgent(answers) as agent:
        assert "the answer is longer than 32 MiB" in once("-p", agent.port).stderr


def numbers(text, label):
    return text.split(label)[1].split("\n")[0].split()


def test_real_agent(tmp_path):
    """Made traffic through a real agent, over TCP and over a local socket: what is shown is what
    the API says."""
    config = tmp_path / "made.yaml"
    config.write_text(MOCK)
    with Agent("--config", config, "--period-seconds", 5, tcp=True) as agent:
        with Terminal(port=agent.port, interval=1, size=(120, 40)) as terminal:
            terminal.wait(lambda text: "messages/s" in text and "█" in text and "leases" not in text)
            terminal.keys("4")
            terminal.wait("leases")
            terminal.keys("5")
            words = "other", "MB", "first mock", "second mock", "running"
            terminal.wait(lambda text: all(word in text for word in words))
            terminal.keys("p", "Down", "Enter", "1")
            terminal.wait("network 2.0")
            terminal.keys("w", "W")
            terminal.wait(lambda text: "dns 2.0" in text and "bgp" in text)
            agent.stop()
            terminal.wait("cannot connect")
            agent.start()
            terminal.wait("● live")
        # A closed period does not change: shown and told are the same.
        end = time.monotonic() + 30 * PATIENCE
        while time.monotonic() < end:
            before = agent.metrics("default", number=1)
            page = once("-p", agent.port, "-window", 1).stdout
            after = agent.metrics("default", number=1)
            if before.status == 200 and before.body == after.body:
                break
        net = before.json["default"]["default-first-n"]["packets"]
        assert numbers(page, "\ntotal")[0].replace(",", "") == str(net["total"])
        assert numbers(page, "ipv4")[0].replace(",", "") == str(net["ipv4"])


def test_local_socket(tmp_path):
    config = tmp_path / "made.yaml"
    config.write_text(MOCK)
    with Agent("--config", config) as agent:
        done = once("-H", f"unix:{agent.path}", "-window", 0)
        assert done.returncode == 0 and "packets/s" in done.stdout, done.stderr
        with Terminal("-H", f"unix:{agent.path}", interval=1) as terminal:
            terminal.wait("● live")
    assert os.path.basename(str(agent.path)) == "api"
