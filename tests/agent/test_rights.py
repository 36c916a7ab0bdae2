"""What the process may do after its start, and what it says when it may not capture."""
import pwd
import re
import stat
import subprocess

import pytest

from network import cable, inside
from running import AGENT, CAPTURES, PATIENCE, Agent, free_port, of_threads, policy, tap, wait_for

USER = "nobody"
NET_RAW = 1 << 13  # capability.h
WITHOUT_RAW = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"]
HOW = re.compile(r"no right to capture packets; grant it by `setcap cap_net_raw\+ep \S+`, by "
                 r"AmbientCapabilities=CAP_NET_RAW in the systemd unit, or run as root$")
MODULES = {"net": {"type": "net"}}
BACKENDS = ["af_packet", "libpcap"]


@pytest.fixture(scope="module")
def link():
    with cable() as link:
        yield link


def threads(agent):
    """{field: value} of each."""
    return [dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
            for text in of_threads(agent.pid, "status").values()]


def check_capabilities(agent):
    seen = threads(agent)
    assert len(seen) > 3
    for thread in seen:
        sets = {name: int(thread[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
        assert sets == {"CapInh": 0, "CapPrm": NET_RAW, "CapEff": NET_RAW, "CapBnd": 0, "CapAmb": 0}, thread
        assert thread["NoNewPrivs"] == "1"


def check_user(agent, uid, gid):
    for thread in threads(agent):
        assert thread["Uid"].split() == [str(uid)] * 4 and thread["Gid"].split() == [str(gid)] * 4
        assert set(thread["Groups"].split()) <= {str(gid)}


def check_capture(link, agent, name):
    link.send(CAPTURES / "dns_ipv4_udp.pcap")

    def seen():
        answer = agent.metrics(name, "window", 5)
        return answer.status == 200 and answer.json[name][f"{name}-{name}-net"]["packets"]["udp"] == 140
    wait_for(seen)


def add_policy(agent, link, backend, name="default"):
    assert agent.post("/api/v1/taps", tap(name, iface=link.inside, pcap_source=backend)).status == 201
    return agent.post("/api/v1/policies", policy(name, MODULES, tap=name))


@pytest.mark.parametrize("backend", BACKENDS)
def test_root_keeps_one_right(link, backend):
    with Agent("--admin-api", "--period-seconds", 10, enter=link.enter) as agent:
        check_capabilities(agent)
        assert add_policy(agent, link, backend).status == 201
        check_capabilities(agent)  # threads of the capture as well
        check_user(agent, 0, 0)
        check_capture(link, agent, "default")


def test_it_becomes_another_user(link):
    user = pwd.getpwnam(USER)
    with Agent("--admin-api", "--user", USER, "--period-seconds", 10, link.inside, enter=link.enter) as agent:
        check_capabilities(agent)
        check_user(agent, user.pw_uid, user.pw_gid)
        check_capture(link, agent, "default")
        assert add_policy(agent, link, "libpcap", "later").status == 201
        about = agent.path.stat()
        assert (about.st_uid, about.st_gid) == (user.pw_uid, user.pw_gid)
        assert stat.S_IMODE(about.st_mode) == 0o660


def test_what_root_alone_may_is_done_before(link, tmp_path, certificate):
    """A port below 1024, a token and a key that nobody else may read."""
    token = tmp_path / "token"
    token.write_text("api-token-0123456789\n")
    token.chmod(0o600)
    certificate.key.chmod(0o600)
    tmp_path.chmod(0o700)
    with inside(link.near):
        with Agent("--admin-api", "--user", USER, "--api-token-file", token, "--tls", "--tls-cert", certificate.cert,
                   "--tls-key", certificate.key, tcp=443, enter=link.enter) as agent:
            check_capabilities(agent)
            document = tap("made", pcap_source="mock")
            assert agent.post("/api/v1/taps", document).status == 401
            admin = {"Authorization": "Bearer api-token-0123456789"}
            assert agent.post("/api/v1/taps", document, headers=admin).status == 201
            for path in (token, certificate.cert, certificate.key):
                wait_for(lambda: agent.log.count(f"{path}: Permission denied; changes of it are not noticed") == 1)


def test_a_user_that_is_not_there():
    agent = Agent("--admin-api", "--user", "no-such-user")
    with pytest.raises(AssertionError, match="there is no user 'no-such-user'"):
        agent.start()


def test_without_the_right_an_interface_is_refused():
    done = subprocess.run([*WITHOUT_RAW, AGENT, "-p", str(free_port()), "lo"], capture_output=True, text=True,
                          timeout=30 * PATIENCE)
    lines = [line.split("] ", 2)[2] for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert len([line for line in lines if line.startswith("[error]")]) == 1
    assert HOW.search(lines[-2]) and lines[-1] == "[info] exit with failure", lines


def test_without_the_right_there_is_made_traffic():
    with Agent("--admin-api", enter=WITHOUT_RAW) as agent:
        said = [line for line in agent.log.splitlines() if HOW.search(line)]
        assert len(said) == 1 and "[warning]" in said[0]
        assert agent.post("/api/v1/taps", tap("t", iface="lo")).status == 201
        for source, text in (("af_packet", "Failed to create socket: Operation not permitted"),
                             ("libpcap", "Cannot open interface for packet capture")):
            answer = agent.post("/api/v1/policies", policy("p", {"n": {"type": "net"}}, tap="t",
                                                           input_config={"pcap_source": source}))
            assert answer.status == 500
            assert answer.json["error"].startswith(f"policy [p] failed to start: {text}")
            assert "CAP_NET_RAW" in answer.json["error"]
            assert answer.json["errors"][0]["path"] == "visor.taps.t.config.iface"
            assert agent.policies() == {}
        assert agent.post("/api/v1/policies", policy("p", {"n": {"type": "net"}}, tap="t",
                                                     input_config={"pcap_source": "mock"})).status == 201
        wait_for(lambda: agent.metrics("p").json["p"]["p-t-n"]["packets"]["total"] > 0)


def test_no_interface_for_auto():
    with Agent("--admin-api", enter=["unshare", "--net"]) as agent:
        assert agent.post("/api/v1/taps", tap("t", iface="auto")).status == 201
        answer = agent.post("/api/v1/policies", policy("p", {"n": {"type": "net"}}, tap="t"))
        assert answer.status == 422
        assert answer.json["error"] == ("policy [p] failed to start: iface was set to 'auto' but no interface was "
                                        "found")
