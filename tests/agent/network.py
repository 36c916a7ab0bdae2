"""A cable for a test: the agent's end in one namespace, the sender's in another."""
import contextlib
import ctypes
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "live"))

from namespaces import Wire, need, wire  # noqa: E402


CLONE_NEWNET = 0x40000000


def set_namespace(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns: {path}")
    finally:
        os.close(fd)


@contextlib.contextmanager
def inside(space):
    """What this thread opens or starts meanwhile is in the namespace."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        set_namespace(f"/proc/{space.holder.pid}/ns/net")
        yield
    finally:
        set_namespace(f"/proc/self/fd/{own}")
        os.close(own)


class Link:
    """`inside` is the interface that the agent looks at, `enter` runs a program at its end."""

    def __init__(self, pair):
        self.inside, self.outside = Wire.SERVER_IF, Wire.CLIENT_IF
        self.near, self.far = pair.server, pair.client
        self.enter = self.near.enter

    def send(self, *captures, options=("--topspeed",)):
        subprocess.run([*self.far.enter, "tcpreplay", "-q", *options, "-i", self.outside,
                        *map(str, captures)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def cable():
    need("tcpreplay")
    with wire() as pair:
        yield Link(pair)
