"""A cable for a test: the agent's end in one namespace, the sender's in another."""
import contextlib
import ctypes
import os
import socket
import struct
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


def udp(source, destination, payload=b"hello"):
    """A frame that nobody answers: its hardware address is not that of the other end."""
    length = 8 + len(payload)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 0, 0, 64, 17, 0, socket.inet_aton(source),
                     socket.inet_aton(destination))
    return (b"\x02\0\0\0\0\x0a" + b"\x02\0\0\0\0\x0b" + b"\x08\0" + ip +
            struct.pack("!HHHH", 40000, 40001, length, 0) + payload)


class Link:
    """`inside` is the interface that the agent looks at, `enter` runs a program at its end."""

    def __init__(self, pair):
        self.inside, self.outside = Wire.SERVER_IF, Wire.CLIENT_IF
        self.near, self.far = pair.server, pair.client
        self.enter = self.near.enter
        self.pair = pair

    def send(self, *captures, options=("--topspeed",)):
        subprocess.run([*self.far.enter, "tcpreplay", "-q", *options, "-i", self.outside,
                        *map(str, captures)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def send_frames(self, *frames):
        with inside(self.far), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
            out.bind((self.outside, 0))
            for frame in frames:
                out.send(frame)

    def remove(self):
        """Both ends are gone."""
        self.near.run("ip", "link", "delete", self.inside)

    def restore(self):
        self.pair.connect()

    def set(self, state):
        """The agent's end up or down."""
        self.near.run("ip", "link", "set", self.inside, state)


@contextlib.contextmanager
def cable():
    need("tcpreplay")
    with wire() as pair:
        yield Link(pair)
