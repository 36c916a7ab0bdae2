"""Who the agent talks to, and who it says it is: certificates, names, tokens, passwords, headers. For both
protocols the way is the same."""
import base64

import pytest

from authority import Authority
from receiver import Answer, Receiver
from rig import FEW, Pushing, made_policy
from running import wait_for

POLICY = made_policy("edge", FEW)


def target(receiver, **more):
    return {"remote_write": [{"url": receiver.url, "name": "r", "timeout": 5, **more}]}


@pytest.fixture(scope="module")
def authorities(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return Authority(folder), Authority(folder, "other")


def taken(receiver, options):
    """The first requests that the receiver took."""
    with Pushing(options, POLICY):
        wait_for(lambda: receiver.taken, 30)
    return receiver.taken


def refused(options, text):
    """The agent tries again and again, and says why."""
    with Pushing(options, POLICY) as agent:
        wait_for(lambda: agent.counter("retries_total", reason="network") >= 2, 30)
        assert text in agent.log, agent.log
        assert agent.counter("sent_requests_total") == 0 and agent.counter("queue_minutes") >= 1


def test_client_certificate(authorities):
    ca, _ = authorities
    cert, key = ca.sign("edge-7")
    with Receiver(tls=ca.server("server", "IP:127.0.0.1", client=ca)) as receiver:
        tls = {"ca": str(ca.ca), "cert": str(cert), "key": str(key)}
        request, *_ = taken(receiver, target(receiver, tls=tls))
        subject = dict(entry for part in request.certificate["subject"] for entry in part)
        assert subject["commonName"] == "edge-7"


def test_server_without_our_authority(authorities):
    ca, other = authorities
    with Receiver(tls=other.server("stranger", "IP:127.0.0.1")) as receiver:
        refused(target(receiver, tls={"ca": str(ca.ca)}), "certificate verification failed")
        taken(receiver, target(receiver, tls={"ca": str(ca.ca), "insecure": True}))


def test_server_name(authorities):
    """The certificate has another name than the URL: the name is asked for, the connection stays."""
    ca, _ = authorities
    with Receiver(tls=ca.server("metrics.example", "DNS:metrics.example")) as receiver:
        refused(target(receiver, tls={"ca": str(ca.ca)}), "does not match")
        request, *_ = taken(receiver, target(receiver, tls={"ca": str(ca.ca), "server_name": "metrics.example"}))
        assert request.headers["Host"] == f"127.0.0.1:{receiver.port}"


def test_otel_tls(authorities):
    """Upstream's options: HTTPS, with the client's certificate."""
    ca, _ = authorities
    cert, key = ca.sign("otel-client")
    with Receiver("/v1/metrics", tls=ca.server("otel", "IP:127.0.0.1", client=ca)) as receiver:
        receiver.usual = Answer(200)
        more = ["--otel", "--otel-host", "127.0.0.1", "--otel-port", receiver.port, "--otel-interval", "1",
                "--otel-tls", "--otel-tls-cert", cert, "--otel-tls-key", key]
        with Pushing({}, POLICY, more=more) as agent:  # the system does not know our authority
            wait_for(lambda: agent.counter("retries_total", reason="network") >= 1, 30)
            assert "certificate verification failed" in agent.log and not receiver.taken
        with Pushing({}, POLICY, more=[*more, "--otel-tls-ca", ca.ca]):
            wait_for(lambda: receiver.taken, 30)
        request = receiver.taken[0]
        assert request.certificate and request.headers["Content-Encoding"] == "gzip"
        assert request.path == "/v1/metrics"


def test_tokens_and_passwords(tmp_path):
    token, password = tmp_path / "token", tmp_path / "password"
    token.write_text("first\n")
    password.write_text("se:cret\n")
    with Receiver() as receiver:
        with Pushing(target(receiver, bearer_token_file=str(token)), POLICY):
            wait_for(lambda: receiver.taken, 30)
            token.write_text("second\n")
            wait_for(lambda: receiver.taken[-1].headers["Authorization"] == "Bearer second", 30)
        assert receiver.taken[0].headers["Authorization"] == "Bearer first"
        basic = {"username": "edge", "password_file": str(password)}

        def with_password():
            """What is still on its way from the agent before has the token."""
            return [one for one in receiver.taken if one.headers["Authorization"].startswith("Basic ")]
        with Pushing(target(receiver, basic_auth=basic, headers={"X-Scope-OrgID": "t1"}), POLICY):
            request = wait_for(with_password, 30)[0]
        assert base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"edge:se:cret"
        assert request.headers["X-Scope-OrgID"] == "t1"


def test_remote_write_url():
    """The option names a receiver by itself; the name of its queue is made of the URL."""
    with Receiver() as receiver:
        with Pushing({}, POLICY, more=["--remote-write-url", receiver.url]) as agent:
            wait_for(lambda: receiver.taken, 30)
            (folder,) = agent.queues.iterdir()
            assert folder.name.startswith("127.0.0.1-")
            assert f"pushing to {folder.name}: {receiver.url} (remote_write, queue {folder})" in agent.log


def test_no_secret_in_the_log():
    with Receiver("/api/v1/write?key=topsecret") as receiver:
        with Pushing(target(receiver, bearer="topsecret"), POLICY, more=["-v"]) as agent:
            wait_for(lambda: receiver.taken, 30)
            assert "topsecret" not in agent.log and "/api/v1/write (remote_write" in agent.log
            assert "topsecret" not in agent.get("/api/v1/policies").text
        assert receiver.taken[0].headers["Authorization"] == "Bearer topsecret"


def start_fails(options, text, **more):
    agent = Pushing(options, POLICY, **more)
    with pytest.raises(AssertionError, match="ended with 1"):
        agent.start()
    assert text in agent.log, agent.log
    agent.place.cleanup()


def test_starts_that_fail():
    start_fails({"remote_write": [{"url": "ftp://x"}]}, "'ftp://x' is no URL of http and https")
    start_fails({"remote_write": [{"url": "http://x", "timeouts": 5}]}, "did you mean 'timeout'?")
    start_fails({"remote_write": [{"url": "http://x/a"}, {"url": "http://x/a"}]},
                "each needs a name of its own")
    start_fails({}, "--remote-write-url: 'nothing' is no URL", more=["--remote-write-url", "nothing"])
    start_fails({"queue_dir": "/dev/null/x", "remote_write_url": "http://x/"}, "cannot make the folder",
                more=["--queue-dir", "/dev/null/x"])


def test_a_queue_has_one_agent():
    with Receiver() as receiver:
        with Pushing(target(receiver), POLICY) as agent:
            start_fails(target(receiver, queue={"dir": str(agent.queues / "r")}), "is in use by another agent")
