"""HTTP as clients meet it (section 7), and the examples of docs/rest.md."""
import gzip
import http.client
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from running import PATIENCE, Agent, policy, wait_for

SOURCE = Path(os.environ.get("PKTVISOR_SOURCE", "."))
V1 = "/api/v1"


@pytest.fixture
def agent():
    with Agent("--admin-api", tcp=True) as agent:
        yield agent


def raw(agent, request, *more):
    """The answer to bytes on a connection of its own, which is closed by the agent or after a moment."""
    with socket.create_connection(("127.0.0.1", agent.port), 20 * PATIENCE) as connection:
        connection.sendall(request)
        for part in more:  # the agent asks for it
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue")
            connection.sendall(part)
        return connection.recv(65536)


def test_one_connection_many_requests(agent):
    connection = http.client.HTTPConnection("127.0.0.1", agent.port)
    connection.connect()
    first = connection.sock.getsockname()
    for _ in range(20):
        connection.request("GET", V1 + "/metrics/app")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read()
        assert connection.sock.getsockname() == first
    connection.close()


def test_packed_where_accepted(agent):
    plain = agent.get(V1 + "/openapi.json")
    packed = agent.get(V1 + "/openapi.json", headers={"Accept-Encoding": "gzip, br"})
    assert plain.headers["Content-Encoding"] is None and packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body) / 3
    refused = agent.get(V1 + "/openapi.json", headers={"Accept-Encoding": "gzip;q=0"})
    assert refused.headers["Content-Encoding"] is None


def test_methods(agent):
    head = agent.ask("HEAD", V1 + "/taps")
    assert head.status == 200 and head.body == b"" and head.headers["Content-Length"] == "4"
    options = agent.ask("OPTIONS", V1 + "/taps")
    assert options.status == 204 and options.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    for method, path in (("PATCH", V1 + "/taps"), ("POST", V1 + "/metrics/app"), ("PUT", V1 + "/policies")):
        answer = agent.ask(method, path)
        assert answer.status == 405 and "GET" in answer.headers["Allow"]


def test_sizes(agent):
    assert agent.post(V1 + "/taps", "#" * (1 << 20)).status == 422  # all of it comment
    answer = agent.post(V1 + "/taps", "#" * ((1 << 20) + 1))
    assert answer.status == 413 and answer.json == {"error": "the body is larger than 1048576 bytes"}
    head = b"GET /api/v1/taps HTTP/1.1\r\nHost: localhost\r\n"
    assert raw(agent, head + b"X: " + b"a" * 20000 + b"\r\n\r\n").startswith(b"HTTP/1.1 431 ")
    query = "&".join(f"q{i}=1" for i in range(17))
    assert agent.get(f"{V1}/taps?{query}").json == {"error": "more than 16 query parameters"}


def test_a_body_in_pieces(agent):
    head = (b"POST /api/v1/taps HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-yaml\r\n"
            b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
    body = b"visor: {taps: {t: {input_type: mock}}}"
    pieces = b"".join(b"%x\r\n%c\r\n" % (1, byte) for byte in body) + b"0\r\n\r\n"
    assert raw(agent, head, pieces).startswith(b"HTTP/1.1 201 ")
    assert agent.get(V1 + "/taps/t").status == 200


def test_what_is_no_request(agent):
    for noise in (b"BLAH\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        try:
            answer = raw(agent, noise)
        except ConnectionResetError:
            answer = b""
        assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505"))
    assert agent.get(V1 + "/metrics/app").status == 200


def test_every_access_is_logged(agent):
    agent.get(V1 + "/taps?secret=x")
    agent.get("/no%0asuch%1b[31mroute")
    agent.ask("POST", V1 + "/taps", b"x")
    wait_for(lambda: "POST /api/v1/taps 400" in agent.log)
    said = re.findall(r"\[info\] REQUEST: (.*)", agent.log)
    assert "GET /api/v1/taps 200" in said and "POST /api/v1/taps 400" in said
    assert "GET /no\\x0asuch\\x1b[31mroute 404" in said
    assert "secret" not in agent.log


def test_the_end_by_request():
    agent = Agent("--admin-api", tcp=True)
    agent.start()
    assert agent.post(V1 + "/taps", {"visor": {"taps": {"t": {"input_type": "mock"}}}}).status == 201
    body = policy("p", {"n": {"type": "net"}}, tap="t")
    body["visor"]["policies"]["p"]["input"]["input_type"] = "mock"
    assert agent.post(V1 + "/policies", body).status == 201
    answer = agent.delete(V1 + "/server")
    assert answer.status == 200 and answer.body == b""
    assert agent.process.wait(20 * PATIENCE) == 0
    assert agent.log.rstrip().endswith("exit with success")
    with socket.create_server(("127.0.0.1", agent.port)):  # the port is free again
        pass
    agent.folder.cleanup()


def examples():
    text = (SOURCE / "docs/rest.md").read_text()
    return re.findall(r"^```sh\n(.*?)^```$", text, re.S | re.M)


def test_the_examples_of_the_docs(agent, tmp_path):
    commands = examples()
    assert len(commands) == 22
    last = [command for command in commands if "/server" in command]
    first = [command for command in commands if "/taps" in command]
    rest = [command for command in commands if command not in last + first]
    default = policy("default", {"net": {"type": "net"}}, tap="default")
    assert agent.post(V1 + "/taps", {"visor": {"taps": {"default": {
        "input_type": "pcap", "config": {"pcap_source": "mock"}}}}}).status == 201
    assert agent.post(V1 + "/policies", default).status == 201
    rest.sort(key=lambda command: "DELETE" in command)
    made = [command for command in rest if "POST" in command or "<<" in command]
    for command in first + made + [command for command in rest if command not in made] + last:
        command = command.replace("localhost:10853", f"localhost:{agent.port}").replace(
            "curl ", "curl --silent --show-error --fail-with-body ", 1)
        done = subprocess.run(["sh", "-ec", command], cwd=tmp_path, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert agent.process.wait(20 * PATIENCE) == 0
