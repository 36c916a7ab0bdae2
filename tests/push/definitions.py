"""The messages of proto/*.proto as Python classes: a second language's reader of what the agent sends."""
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

PROTO = Path(__file__).resolve().parent / "proto"


def load():
    folder = tempfile.TemporaryDirectory(prefix="pktvisor-proto-")
    names = [path.stem for path in sorted(PROTO.glob("*.proto"))]
    subprocess.run(["protoc", f"-I{PROTO}", f"--python_out={folder.name}",
                    *(f"{name}.proto" for name in names)], check=True)
    sys.path.insert(0, folder.name)
    modules = [importlib.import_module(name + "_pb2") for name in names]
    sys.path.remove(folder.name)
    folder.cleanup()
    return modules


otlp, remote_write = load()
