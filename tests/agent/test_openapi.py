"""The OpenAPI document against the running agent: every answer that it gives is described, and as described."""
import json
import re

import jsonschema
import pytest

from running import Agent, policy, tap

DIALECT = jsonschema.Draft202012Validator
MODULES = {"net": {"type": "net"}, "dns": {"type": "dns"}}


def mock_tap(name):
    document = tap(name)
    document["visor"]["taps"][name] = {"input_type": "mock", "config": {}}
    return document


def mock_policy(name, tap_name="here", kind="collection"):
    document = policy(name, MODULES, tap=tap_name)
    body = document["visor"]["policies"][name]
    body["kind"], body["input"]["input_type"] = kind, "mock"
    return document


V1, P = "/api/v1", "/api/v1/policies"
JSON = {"Content-Type": "application/json"}
PLAIN = {"Content-Type": "text/plain"}

# In this order, one after the other: method, path, status, and what else the request has.
REQUESTS = [
    ("GET", f"{V1}/taps", 200, {}),
    ("GET", f"{V1}/openapi.json", 200, {}),
    ("GET", f"{V1}/metrics/app", 200, {}),
    ("GET", f"{V1}/metrics/rates", 200, {}),
    ("GET", "/metrics", 404, {}),
    ("GET", f"{V1}/metrics/bucket/0", 404, {}),
    ("GET", f"{V1}/metrics/window/2", 404, {}),
    ("POST", f"{V1}/taps", 201, {"body": mock_tap("here")}),
    ("POST", f"{V1}/taps", 409, {"body": mock_tap("here")}),
    ("POST", f"{V1}/taps", 400, {"body": b"x"}),
    ("POST", f"{V1}/taps", 400, {"body": b"x", "headers": PLAIN}),
    ("POST", f"{V1}/taps", 422, {"body": {"visor": {}}}),
    ("POST", f"{V1}/taps", 413, {"body": b" " * (1 << 20) + b"{}", "headers": JSON}),
    ("GET", f"{V1}/taps", 200, {}),
    ("GET", f"{V1}/taps/here", 200, {}),
    ("GET", f"{V1}/taps/none", 404, {}),
    ("PUT", f"{V1}/taps/here", 200, {"body": mock_tap("here")}),
    ("PUT", f"{V1}/taps/fresh", 201, {"body": mock_tap("fresh")}),
    ("PUT", f"{V1}/taps/here", 422, {"body": {"visor": {}}}),
    ("GET", P, 200, {}),
    ("POST", f"{P}?dry_run=true", 200, {"body": mock_policy("default")}),
    ("POST", f"{P}?dry_run=perhaps", 400, {"body": mock_policy("default")}),
    ("POST", P, 201, {"body": mock_policy("default")}),
    ("POST", P, 409, {"body": mock_policy("default")}),
    ("POST", P, 422, {"body": mock_policy("other", kind="unknown")}),
    ("POST", P, 422, {"body": mock_policy("other", tap_name="unknown")}),
    ("GET", P, 200, {}),
    ("GET", f"{P}/default", 200, {}),
    ("GET", f"{P}/none", 404, {}),
    ("PUT", f"{P}/default", 200, {"body": mock_policy("default")}),
    ("PUT", f"{P}/fresh", 201, {"body": mock_policy("fresh")}),
    ("PUT", f"{P}/fresh", 422, {"body": mock_policy("another")}),
    ("GET", "/metrics", 200, {}),
    ("GET", "/metrics", 200, {"headers": {"Accept": "application/openmetrics-text"}}),
    ("GET", f"{V1}/metrics/bucket/0", 200, {}),
    ("GET", f"{V1}/metrics/bucket/99", 500, {}),
    ("GET", f"{V1}/metrics/window/2", 200, {}),
    ("GET", f"{V1}/metrics/window/99", 500, {}),
    ("GET", f"{P}/default/metrics/bucket/0", 200, {}),
    ("GET", f"{P}/default/metrics/bucket/99", 425, {}),
    ("GET", f"{P}/none/metrics/bucket/0", 404, {}),
    ("GET", f"{P}/default/metrics/window/2", 200, {}),
    ("GET", f"{P}/default/metrics/window/1", 425, {}),
    ("GET", f"{P}/default/metrics/window/0", 425, {}),
    ("GET", f"{P}/none/metrics/window/2", 404, {}),
    ("GET", f"{P}/__all/metrics/bucket/0", 200, {}),
    ("GET", f"{P}/__all/metrics/window/2", 200, {}),
    ("GET", f"{P}/default/metrics/sketches/bucket/0", 200, {}),
    ("GET", f"{P}/default/metrics/sketches/bucket/0?rows=few", 400, {}),
    ("GET", f"{P}/default/metrics/sketches/bucket/99", 425, {}),
    ("GET", f"{P}/none/metrics/sketches/bucket/0", 404, {}),
    ("GET", f"{P}/default/metrics/sketches/window/2?rows=0", 200, {"headers": {"Accept-Encoding": "gzip"}}),
    ("GET", f"{P}/__all/metrics/sketches/window/2", 200, {}),
    ("GET", f"{P}/default/metrics/prometheus", 200, {}),
    ("GET", f"{P}/__all/metrics/prometheus", 200, {}),
    ("GET", f"{P}/none/metrics/prometheus", 404, {}),
    ("DELETE", f"{P}/fresh", 200, {}),
    ("DELETE", f"{P}/default", 200, {}),
    ("DELETE", f"{P}/default", 404, {}),
    ("DELETE", f"{V1}/taps/here", 200, {}),
    ("DELETE", f"{V1}/taps/here", 404, {}),
    ("DELETE", f"{V1}/server", 200, {}),
]


@pytest.fixture(scope="module")
def exchanges():
    """[(method, path, expected status, answer)], and the document that the agent serves."""
    with Agent("--admin-api") as agent:
        document = agent.get(f"{V1}/openapi.json").json
        made = [(method, path, status, agent.ask(method, path, **more))
                for method, path, status, more in REQUESTS]
    return document, made


def operation_of(document, method, path):
    for pattern, operations in document["paths"].items():
        expression = re.sub(r"{number}", r"[0-9]+", re.sub(r"{name}", r"[a-zA-Z_][a-zA-Z0-9_-]*", pattern))
        if re.fullmatch(expression, path.split("?")[0]) and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"{method} {path} is not described")


def check_answer(document, method, path, answer):
    responses = operation_of(document, method, path)["responses"]
    assert str(answer.status) in responses, f"{method} {path}: {answer.status} is not described"
    content = responses[str(answer.status)].get("content")
    if not content:
        assert answer.body == b"", f"{method} {path}: {answer}"
        return
    media = answer.headers["Content-Type"].split(";")[0]
    assert media in content, f"{method} {path}: {media}"
    if media.endswith("json"):
        schema = {**document, **content[media]["schema"]}
        DIALECT(schema).validate(answer.json)


def test_answers_have_their_status(exchanges):
    wrong = [(method, path, status, answer) for method, path, status, answer in exchanges[1]
             if answer.status != status]
    assert not wrong


def test_answers_are_as_described(exchanges):
    document, made = exchanges
    for method, path, _, answer in made:
        check_answer(document, method, path, answer)


def test_every_operation_was_asked_for(exchanges):
    document, made = exchanges
    described = {operation["operationId"] for path in document["paths"].values()
                 for operation in path.values()}
    asked = {operation_of(document, method, path)["operationId"]
             for method, path, _, answer in made if answer.status < 300}
    assert asked == described


def test_the_document_is_sound(exchanges):
    document = exchanges[0]
    text = json.dumps(document)
    for reference in set(re.findall(r'"#/([^"]+)"', text)):
        at = document
        for step in reference.split("/"):
            at = at[step]
    for schema in document["components"]["schemas"].values():
        DIALECT.check_schema(schema)
    ids = re.findall(r'"operationId": "(\w+)"', text)
    assert len(ids) == len(set(ids))


def test_faults_have_their_place():
    with Agent("--admin-api") as agent:
        assert agent.post(f"{V1}/taps", mock_tap("here")).status == 201
        text = ("version: '1.0'\nvisor:\n  policies:\n    p:\n      kind: collection\n"
                "      input: {tap: here, input_type: mock}\n      handlers:\n        modules:\n"
                "          d: {type: dns, config: {topn_count: many}}\n"
                "          n: {type: net, config: {nonsense: 1}}\n")
        answer = agent.post(P, text)
        assert answer.status == 422
        errors = answer.json["errors"]
        assert len(errors) == 2
        assert errors[0]["path"] == "visor.policies.p.handlers.modules.d.config.topn_count"
        assert errors[0]["line"] == 9 and "many" in errors[0]["text"]
        assert errors[1]["line"] == 10
        assert agent.policies() == {}
