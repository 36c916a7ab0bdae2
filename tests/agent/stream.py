"""Sends the frames of captures over an interface, again and again at a steady pace, until its standard
input ends; then says how many it has sent, by transport, and the longest time that it sent nothing (as
when it is held up). A program of its own: `Stream` runs it."""
import json
import select
import socket
import struct
import subprocess
import sys
import time
from collections import Counter

PACE_SECONDS = 0.005
MAGIC = 0xa1b2c3d4  # of classic pcap with microseconds
IPV4, TRANSPORTS = b"\x08\x00", {6: "tcp", 17: "udp"}


def frames(path):
    """The frames of a classic pcap of either byte order."""
    with open(path, "rb") as file:
        head = file.read(24)
        order = "<" if struct.unpack("<I", head[:4])[0] == MAGIC else ">"
        while len(head := file.read(16)) == 16:
            yield file.read(struct.unpack(order + "IIII", head)[2])


def transport(frame):
    return TRANSPORTS[frame[23]] if frame[12:14] == IPV4 else "other"


def send(interface, rate, paths):
    prepared = [(frame, transport(frame)) for path in paths for frame in frames(path)]
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    link.bind((interface, 0))
    total, sent = 0, Counter()
    begun = last = time.monotonic()
    paused = 0
    while not select.select([sys.stdin], [], [], PACE_SECONDS)[0]:
        now = time.monotonic()
        paused, last = max(paused, now - last), now
        due = int((now - begun) * rate)
        while total < due:
            frame, kind = prepared[total % len(prepared)]
            link.send(frame)
            total += 1
            sent[kind] += 1
    print(json.dumps([sent, paused]))


class Stream:
    """with Stream(link, rate, *captures) as stream: …; afterwards stream.sent holds the counts, stream.paused
    the seconds."""

    def __init__(self, link, rate, *captures):
        self.command = [*link.far.enter, sys.executable, __file__, link.outside, str(rate), *map(str, captures)]
        self.sent = self.paused = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        out, _ = self.process.communicate()
        if self.process.returncode == 0:
            self.sent, self.paused = json.loads(out)


if __name__ == "__main__":
    send(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
