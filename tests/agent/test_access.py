"""Who may do what: every route, by whoever asks (this machine, another one, a local socket), the token that they
send, the tokens that are asked for, and whether there is an admin API. The other machine is another namespace."""
import contextlib
import itertools
import json
import re

import pytest

from network import Wire, cable, inside
from running import Agent, free_port, policy, wait_for
from scraping import document

V1, TAP, POLICY = "/api/v1", "/api/v1/taps/made", "/api/v1/policies/p"
READING = [
    ("GET", "/metrics"), ("GET", f"{V1}/metrics/app"), ("GET", f"{V1}/metrics/rates"),
    ("GET", f"{V1}/metrics/bucket/0"), ("GET", f"{V1}/metrics/window/2"), ("GET", f"{V1}/openapi.json"),
    ("GET", f"{V1}/taps"), ("GET", TAP), ("GET", f"{V1}/policies"), ("GET", POLICY),
    ("GET", f"{POLICY}/metrics/bucket/0"), ("GET", f"{POLICY}/metrics/window/2"),
    ("GET", f"{POLICY}/metrics/sketches/bucket/0"), ("GET", f"{POLICY}/metrics/sketches/window/2"),
    ("GET", f"{POLICY}/metrics/prometheus"),
]
WRITING = [
    ("POST", f"{V1}/taps"), ("PUT", f"{V1}/taps/none"), ("DELETE", f"{V1}/taps/none"),
    ("POST", f"{V1}/policies"), ("PUT", f"{V1}/policies/none"), ("DELETE", f"{V1}/policies/none"),
    ("DELETE", f"{V1}/server"),
]
# What other methods there are tells no more than reading does.
BESIDE = [("HEAD", "/metrics"), ("HEAD", f"{V1}/policies"), ("OPTIONS", f"{V1}/taps"), ("PATCH", f"{V1}/policies")]

API, READ = "api-token-0123456789", "read-token-0123456789"
SENT = {"no token": {}, "a wrong one": {"Authorization": "Bearer wrong-token-0123456789"},
        "the read token": {"Authorization": f"Bearer {READ}"}, "the api token": {"Authorization": f"Bearer {API}"}}
HOSTS = {"literal": {"Host": "127.0.0.1:10853"}, "foreign": {"Host": "agent.example"}}
PEERS = ["loopback", "remote", "socket"]
SETTINGS = [f"{admin}{api}{read}" for admin, api, read in itertools.product(("", "admin "), ("", "api "), ("", "read "))]

settings = pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: "-".join(one.split()) or "nothing")


def without_token(peer, host):
    return "403" if peer == "loopback" and host == "foreign" else "passes"


def expected(setting, peer, sent, host, write):
    """docs/security.md once more, in other words."""
    if write and "admin" not in setting:
        return "hidden"
    if sent == "the api token" and "api" in setting:
        return "passes"
    if sent == "the read token" and "read" in setting:
        return "passes" if not write else "403" if "api" in setting else without_token(peer, host)
    guarded = "api" in setting if write else "read" in setting
    return "401" if guarded else without_token(peer, host)


def verdict(answer, method, write):
    if answer.status in (401, 403):
        if answer.status == 401 and method != "HEAD":
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="pktvisor"')
        return str(answer.status)
    return "hidden" if write and answer.status == 404 and b"admin API is off" in answer.body else "passes"


@pytest.fixture(scope="module")
def link():
    with cable() as link:
        yield link


class Agents:
    """One for each setting, at all addresses of its namespace, and one at a local socket."""

    def __init__(self, link, folder, stack):
        self.link, self.stack, self.running = link, stack, {}
        self.config = folder / "agent.yaml"
        self.config.write_text(json.dumps(document(policy("p", {"net": {"type": "net"}}, tap="made"))))
        self.files = {"api ": folder / "api", "read ": folder / "read"}
        for path, token in zip(self.files.values(), (API, READ)):
            path.write_text(token + "\n")
            path.chmod(0o600)

    def options(self, setting, local):
        yield from ["--config", self.config]
        yield from ["--admin-api"] if "admin" in setting else []
        for part, path in self.files.items():
            if part in setting:
                yield from [f"--{part.strip()}-token-file", path]
        if not local:
            yield from ["-l", "0.0.0.0"]
            if "admin" in setting and "api " not in setting:
                yield "--admin-api-insecure"

    def at(self, setting, local):
        key = setting, local
        with inside(self.link.near):
            if key not in self.running:
                agent = Agent(*self.options(setting, local), **({} if local else {"tcp": free_port()}))
                self.running[key] = self.stack.enter_context(agent)
            elif self.running[key].process.poll() is not None:
                self.running[key].start()
        return self.running[key]

    def ask(self, setting, peer, method, path, headers):
        agent = self.at(setting, peer == "socket")
        body = b"{}" if method in ("POST", "PUT") else None
        agent.address = Wire.SERVER_V4 if peer == "remote" else "127.0.0.1"
        try:
            with inside(self.link.far if peer == "remote" else self.link.near):
                return agent.ask(method, path, body, {"Content-Type": "application/json", **headers})
        finally:
            agent.address = "127.0.0.1"


@pytest.fixture(scope="module")
def agents(link, tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Agents(link, tmp_path_factory.mktemp("tokens"), stack)


@pytest.mark.parametrize("sent", SENT)
@pytest.mark.parametrize("peer", PEERS)
@settings
def test_cells(agents, setting, peer, sent):
    wanted, seen = {}, {}
    for host, (method, path) in itertools.product(HOSTS, READING + BESIDE + WRITING):
        write = (method, path) in WRITING
        cell = method, path, host
        answer = agents.ask(setting, peer, method, path, {**SENT[sent], **HOSTS[host]})
        seen[cell], wanted[cell] = verdict(answer, method, write), expected(setting, peer, sent, host, write)
        if path.endswith("/server") and seen[cell] == "passes":
            assert agents.running[setting, peer == "socket"].process.wait(30) == 0
    assert seen == wanted


def test_no_route_is_missing(agents):
    paths = agents.ask("", "loopback", "GET", f"{V1}/openapi.json", {}).json["paths"]
    described = [(method.upper(), re.sub(r"{name}", r"\\w+", re.sub(r"{number}", r"\\d+", pattern)))
                 for pattern, operations in paths.items() for method in operations]
    for method, expression in described:
        assert any(m == method and re.fullmatch(expression, path) for m, path in READING + WRITING), expression
    assert len(described) == len(READING + WRITING)


@settings
def test_what_is_open_to_everybody_is_told_once(agents, setting):
    for local in (False, True):
        log = agents.at(setting, local).log
        starts = log.count("starting up")
        assert log.count("can read the metrics") == (0 if local or "read" in setting else starts)
        open_to_all = "admin" in setting and "api" not in setting
        assert log.count("the admin API is open to everybody") == (starts if open_to_all and not local else 0)


ADDRESSES = [
    # listens at, whether an admin API without a token is refused there
    ("127.0.0.1", False), ("127.0.0.2", False), ("::1", False), ("localhost", False), ("::ffff:127.0.0.1", False),
    ("0.0.0.0", True), ("::", True), (Wire.SERVER_V4, True), (Wire.SERVER_V6, True),
]
REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1", "::ffff:127.0.0.1": "127.0.0.1"}


@pytest.mark.parametrize("address, refused", ADDRESSES)
@pytest.mark.parametrize("how", ["", "--read-token-file", "--api-token-file", "--admin-api-insecure"])
def test_an_admin_api_for_all_is_refused(agents, link, address, refused, how):
    options = [how, *([agents.files["api "]] if how.endswith("file") else [])] if how else []
    with inside(link.near):
        agent = Agent("--admin-api", *options, "-l", address, tcp=free_port())
        agent.address = REACHED_AT.get(address, address)
        if refused and how in ("", "--read-token-file"):
            with pytest.raises(AssertionError, match="ended with 1"):
                agent.start()
            assert f"--admin-api on {address}, which is not a loopback address, needs --api-token-file" in agent.log
            agent.folder.cleanup()
        else:
            with agent:
                assert "starting up" in agent.log


def replace(path, text):
    """A reader sees the old file or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.chmod(0o600)
    fresh.rename(path)


def test_tokens_are_read_again(tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{API}\n")
    path.chmod(0o600)
    second, third = "second-token-0123456789", "third-token-0123456789"

    def status(token):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return agent.post(f"{V1}/taps", b"{}", headers=headers).status
    with Agent("--admin-api", "--api-token-file", path) as agent:
        assert (status(API), status(second)) == (422, 401)
        replace(path, f"# both, while clients are told\n{API}\n{second}\n")
        wait_for(lambda: status(second) == 422)
        assert status(API) == 422
        replace(path, f"{second}\n")
        wait_for(lambda: status(API) == 401)
        assert status(second) == 422
        # Nobody passes while nobody knows who may.
        path.unlink()
        wait_for(lambda: status(second) == 401)
        assert agent.get(f"{V1}/taps").status == 200
        replace(path, f"{third}\n")
        wait_for(lambda: status(third) == 422)
        assert agent.log.count("tokens read again") == 3
        assert agent.log.count("until it can be read nobody passes") == 1
        assert not any(token in agent.log for token in (API, second, third))
