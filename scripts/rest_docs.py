#!/usr/bin/env python3
"""docs/rest.md from the OpenAPI document on standard input: pktvisord --print openapi | scripts/rest_docs.py"""
import json
import sys

HEAD = """\
# REST API

<!-- Made from src/agent/openapi.json: pktvisord --print openapi | scripts/rest_docs.py >docs/rest.md -->

This page is made from the OpenAPI document that the agent serves at `/api/v1/openapi.json`; `./check style` compares,
and a test runs the examples.
"""


EVERYWHERE = ("401", "403")  # said once, in the introduction


def anchor(text):
    return "".join(c for c in text.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def reference(schema):
    return schema["$ref"].rsplit("/", 1)[1]


def type_of(schema):
    """A schema in a few words; named ones are linked."""
    if "$ref" in schema:
        name = reference(schema)
        return f"[{name}](#{anchor(name)})"
    if "anyOf" in schema:
        return " or ".join(map(type_of, schema["anyOf"]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kinds = schema.get("type", "anything")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    words = {"object": "map", "array": "list"}
    text = " or ".join(words.get(kind, kind) for kind in kinds)
    inner = schema.get("items") or schema.get("additionalProperties")
    return f"{text} of {type_of(inner)}" if isinstance(inner, dict) else text


def fields(schema, before=""):
    """(path, schema) of the fields of an object, those of objects in it too."""
    for name, field in schema.get("properties", {}).items():
        yield before + name, field
        inner = field.get("items", field)
        yield from fields(inner, f"{before}{name}{'[]' if inner is not field else ''}.")


def answer_of(response):
    content = response.get("content", {})
    kinds = []
    for media, body in content.items():
        schema = body.get("schema", {"type": "string"})  # bytes have none
        kinds.append(f"`{media}`" if schema.get("type") == "string" else type_of(schema))
    return " or ".join(dict.fromkeys(kinds)) or "empty"


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def show_operation(document, title, operation):
    yield f"\n### {title}\n"
    yield f"{operation['summary']}."
    if "description" in operation:
        yield f"\n{operation['description']}"
    writes = {} not in operation["security"]
    yield f"\nAccess: {'admin' if writes else 'read'}.{' Deprecated.' if operation.get('deprecated') else ''}"
    if "requestBody" in operation:
        yield f"\nBody: {operation['requestBody']['description']}."
    parameters = [document["components"]["parameters"][reference(p)] for p in operation["parameters"]]
    if any("description" in parameter for parameter in parameters):
        yield "\n| parameter | in | meaning |\n|---|---|---|"
        for parameter in parameters:
            yield f"| `{parameter['name']}` | {parameter['in']} | {cell(parameter.get('description', ''))} |"
    yield "\n| status | answer | meaning |\n|---|---|---|"
    for status, response in sorted(operation["responses"].items()):
        if status in EVERYWHERE:
            continue
        yield f"| {status} | {answer_of(response)} | {response['description']} |"
    for sample in operation.get("x-codeSamples", []):
        yield f"\n```{sample['lang']}\n{sample['source']}\n```"


def show_schema(name, schema):
    yield f"\n### {name}\n"
    text = schema.get("description")
    rows = list(fields(schema))
    if "anyOf" in schema:
        yield f"{text}: {type_of(schema)}."
    elif text or not rows:
        shape = type_of(schema)
        yield f"{text or shape[0].upper() + shape[1:]}."
    if rows:
        yield ("\n" if text else "") + "| field | type | meaning |\n|---|---|---|"
        for path, field in rows:
            yield f"| `{path}` | {type_of(field)} | {cell(field.get('description', ''))} |"


def show(document):
    yield HEAD
    yield document["info"]["description"]
    yield "\n| route | access | |\n|---|---|---|"
    for title, operation in operations(document):
        access = "read" if {} in operation["security"] else "admin"
        yield f"| [`{title}`](#{anchor(title)}) | {access} | {operation['summary']} |"
    for tag in document["tags"]:
        yield f"\n## {tag['name'].capitalize()}\n\n{tag['description']}."
        for title, operation in operations(document):
            if tag["name"] in operation["tags"]:
                yield from show_operation(document, title, operation)
    yield "\n## Answers"
    for name, schema in document["components"]["schemas"].items():
        yield from show_schema(name, schema)


def main():
    print(*show(json.load(sys.stdin)), sep="\n")


if __name__ == "__main__":
    main()
