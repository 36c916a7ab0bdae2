#!/usr/bin/env python3
"""What a document of sketches weighs, metric by metric: scripts/sketch_sizes.py FILE.

Reads it by the published schema (docs/sketches.proto, protoc and python3-protobuf). The bytes of a row
are its own, and what they are packed for themselves; together rows pack a little better.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHOWN = 16


def schema():
    """The module that protoc makes of the schema."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"-I{ROOT / 'docs'}", f"--python_out={folder}", "sketches.proto"], check=True)
        sys.path.insert(0, folder)
        import sketches_pb2
        sys.path.pop(0)
    return sketches_pb2


def unpacked(path):
    return subprocess.run(["zstd", "-dqc", path], check=True, capture_output=True).stdout


def packed_size(data):
    return len(subprocess.run(["zstd", "-qc"], input=data, check=True, capture_output=True).stdout)


def paths():
    """{(title, id): JSON path} of docs/metrics.md."""
    found, title = {}, ""
    for line in (ROOT / "docs/metrics.md").read_text().splitlines():
        if line.startswith("## "):
            title = line.removeprefix("## ")
        elif row := re.match(r"\| `([^`]+)`.* \| (\d+) \|$", line):
            found[title, int(row[2])] = row[1]
    return found


def rows_of(scope):
    yield from scope.rows
    for below in scope.scopes:
        yield from rows_of(below)


def main():
    content = unpacked(sys.argv[1])
    document, names, rows = schema().Sketches.FromString(content), paths(), []
    for part in document.parts:
        title = f"{part.type} {part.type_version}"
        for row in rows_of(part.root):
            data = row.SerializeToString()
            rows.append((packed_size(data), len(data), title, row.WhichOneof("value"), row.id))
    print(f"{len(content):9} bytes unpacked, {len(rows)} rows in {len(document.parts)} handlers")
    rows.sort(reverse=True)
    for size, plain, title, kind, number in rows[:SHOWN]:
        print(f"{size:9} packed {plain:7} {title:9} {names.get((title, number), number):28} {kind}")
    rest = rows[SHOWN:]
    print(f"{sum(row[0] for row in rest):9} packed {sum(row[1] for row in rest):7} {len(rest)} others")


if __name__ == "__main__":
    main()
