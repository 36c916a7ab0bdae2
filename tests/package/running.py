"""Programs of this machine, and the folder that everything is built in."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(os.environ.get("PKTVISOR_SOURCE", Path(__file__).resolve().parents[2]))
BUILD = SOURCE / "build"
AGENT = Path(os.environ.get("PKTVISORD", BUILD / "release/src/agent/pktvisord"))
UNIT = Path(os.environ.get("PKTVISORD_UNIT", BUILD / "release/packaging/pktvisord.service"))


def need(*programs, root=False):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        pytest.skip("not installed: " + ", ".join(missing))
    if root and os.geteuid() != 0:
        pytest.skip("needs root")


def run(*command, check=True, **more):
    """The finished program; its output is in the message when it fails."""
    more.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout[-8000:]}{done.stderr[-8000:]}")
    return done


def only(paths):
    """The one path of an iterator of paths."""
    (path,) = paths
    return path
