"""Documents of sketches in a second language: read by the published schema (docs/sketches.proto) and by the layouts
of Apache DataSketches, which are read anew here."""
import importlib
import os
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

SOURCE = Path(os.environ.get("PKTVISOR_SOURCE", Path(__file__).resolve().parents[2]))
MERGE = os.environ.get("PKTVISOR_MERGE", "build/release/src/merge/pktvisor-merge")
SHARDS = os.environ.get("PKTVISOR_SHARDS", "build/release/tests/merge/shards")
TRAFFIC = os.environ.get("PKTVISOR_TRAFFIC", "build/release/tests/generate/traffic")


def schema():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"-I{SOURCE / 'docs'}", f"--python_out={folder}", "sketches.proto"], check=True)
        sys.path.insert(0, folder)
        try:
            return importlib.import_module("sketches_pb2")
        finally:
            sys.path.remove(folder)


PB = schema()


def read(data):
    """The one document in the bytes."""
    plain = subprocess.run(["zstd", "-dqc"], input=data, check=True, capture_output=True).stdout
    return PB.Sketches.FromString(plain)


def write(document):
    return pack(document.SerializeToString())


def pack(plain):
    # From a file, so that the frame says how long its content is.
    with tempfile.NamedTemporaryFile() as file:
        file.write(plain)
        file.flush()
        return subprocess.run(["zstd", "-qc", "--no-progress", file.name], check=True, capture_output=True).stdout


def merge(*arguments, stdin=b"", check=True):
    done = subprocess.run([MERGE, *map(str, arguments)], input=stdin, capture_output=True, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(f"{arguments}: {done.returncode}: {done.stderr.decode()}")
    return done


# --- Values of rows, in a form that can be compared


def rate(message):
    steps = Counter()
    for run in message.runs:
        for offset, count in enumerate(run.counts):
            if count:
                steps[run.first + offset] += count
    return message.lg_width, dict(steps)


def buckets(message):
    return {message.first + i: n for i, n in enumerate(message.counts) if n}


def quantiles(message):
    return (sorted(message.values), buckets(message), message.zeros, message.min, message.max), message.sum


def histogram(message):
    return (message.real, buckets(message), message.above), message.sum


def frequent(blob, strings):
    """({item: weight}, offset, total)."""
    longs, serial, family, _, _, flags = struct.unpack_from("<6B", blob)
    assert serial == 1 and family == 10
    if flags & 5:
        assert longs == 1 and len(blob) == 8
        return {}, 0, 0
    assert longs == 4
    n, total, offset = struct.unpack_from("<I4xQQ", blob, 8)
    weights = struct.unpack_from(f"<{n}Q", blob, 32)
    at, items = 32 + 8 * n, []
    for _ in range(n):
        if strings:
            length = struct.unpack_from("<I", blob, at)[0]
            items.append(blob[at + 4 : at + 4 + length])
            at += 4 + length
        else:
            items.append(struct.unpack_from("<Q", blob, at)[0])
            at += 8
    assert at == len(blob) and list(weights) == sorted(weights, reverse=True) and len({*items}) == n
    return dict(zip(items, weights)), offset, total


def distinct(blob):
    """("coupons", set) or ("registers", bytes), with lg_k."""
    preamble, serial, family, lg_k, _, _, count, mode = struct.unpack_from("<8B", blob)
    assert serial == 1 and family == 7 and preamble == (2, 3, 10)[mode & 3]
    if mode & 3 == 0:
        return lg_k, "coupons", {*struct.unpack_from(f"<{count}I", blob, 8)}
    if mode & 3 == 1:
        count = struct.unpack_from("<I", blob, 8)[0]
        return lg_k, "coupons", {*struct.unpack_from(f"<{count}I", blob, 12)}
    assert mode >> 2 == 0, "HLL_4 is what is written"
    k, exceptions = 1 << lg_k, struct.unpack_from("<I", blob, 36)[0]
    registers = [nibble + count for byte in blob[40 : 40 + k // 2] for nibble in (byte & 15, byte >> 4)]
    for pair in struct.unpack_from(f"<{exceptions}I", blob, 40 + k // 2):
        registers[pair & ((1 << 26) - 1)] = pair >> 26
    return lg_k, "registers", bytes(registers)


READERS = {
    "counter": int,
    "gauge": int,
    "rate": rate,
    "quantiles": quantiles,
    "histogram": histogram,
    "top_strings": lambda blob: frequent(blob, True),
    "top_numbers": lambda blob: frequent(blob, False),
    "top_ports": lambda blob: frequent(blob, False),
    "distinct": distinct,
}


def rows(part):
    """{(scope, id): (kind, value)}; scope is a tuple of (label, key)."""
    found = {}

    def walk(scope, path):
        for row in scope.rows:
            kind = row.WhichOneof("value")
            assert (path, row.id) not in found
            found[path, row.id] = kind, READERS[kind](getattr(row, kind))
        for below in scope.scopes:
            walk(below, (*path, (below.label, below.key)))

    walk(part.root, ())
    return found


def parts(document):
    """{(policy, handler): part}."""
    found = {(part.policy, part.handler): part for part in document.parts}
    assert len(found) == len(document.parts)
    return found


def differences(whole, merged):
    """Where a merge is not what it promises, as one line each. whole: the document of one run over everything, with
    all rows of its lists."""
    left, right = parts(whole), parts(merged)
    if left.keys() != right.keys():
        yield f"parts: {left.keys()} and {right.keys()}"
        return
    for key, part in left.items():
        ours, theirs = rows(part), rows(right[key])
        for place in ours.keys() | theirs.keys():
            if place not in ours or place not in theirs or ours[place][0] != theirs[place][0]:
                yield f"{key} {place}: {ours.get(place)} and {theirs.get(place)}"
            elif not alike(*ours[place], theirs[place][1]):
                yield f"{key} {place}: {str(ours[place])[:300]} and {str(theirs[place])[:300]}"


def alike(kind, whole, merged):
    if kind in ("quantiles", "histogram"):
        return whole[0] == merged[0] and abs(whole[1] - merged[1]) <= 1e-9 * whole[1]
    if not kind.startswith("top_"):
        return whole == merged
    (truth, offset, total), (held, uncertain, counted) = whole, merged
    assert offset == 0, "the truth is known as long as no list was full"
    return counted == total and all(held.get(item, 0) <= weight <= held.get(item, 0) + uncertain
                                    for item, weight in truth.items()) and held.keys() <= truth.keys()
