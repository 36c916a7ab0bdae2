"""What the process may do after its start, and what it says when it may not capture."""
import os
import pwd
import re
import subprocess

import pytest

from running import AGENT, Agent, free_port, policy, tap, wait_for

CAP_NET_RAW = 13
WITHOUT_RAW = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"]
HOW = re.compile(r"no right to capture packets; grant it by `setcap cap_net_raw\+ep \S+`, by "
                 r"AmbientCapabilities=CAP_NET_RAW in the systemd unit, or run as root$")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give rights up")


def status_of(pid):
    with open(f"/proc/{pid}/status") as text:
        return {key: value.strip() for key, _, value in (line.partition(":") for line in text)}


def test_one_right_is_left():
    with Agent("--admin-api", "lo") as agent:
        status = status_of(agent.pid)
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 1 << CAP_NET_RAW
        assert int(status["CapInh"], 16) == int(status["CapAmb"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        # It is enough to capture anew.
        assert agent.post("/api/v1/taps", tap("more", iface="lo")).status == 201
        for source in ("af_packet", "libpcap"):
            body = policy(f"by_{source}", {"n": {"type": "net"}}, tap="more", input_config={"pcap_source": source})
            assert agent.post("/api/v1/policies", body).status == 201


def test_another_user():
    nobody = pwd.getpwnam("nobody")
    with Agent("--admin-api", "--user", "nobody", "lo", tcp=True) as agent:
        status = status_of(agent.pid)
        assert status["Uid"].split() == [str(nobody.pw_uid)] * 4
        assert status["Gid"].split() == [str(nobody.pw_gid)] * 4
        assert int(status["CapEff"], 16) == 1 << CAP_NET_RAW
        assert "default" in agent.policies()


def test_without_the_right_an_interface_is_refused():
    done = subprocess.run([*WITHOUT_RAW, AGENT, "-p", str(free_port()), "lo"], capture_output=True, text=True,
                          timeout=30)
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
