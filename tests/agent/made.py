"""What made traffic (pcap_source: mock) holds, counted by readers that share nothing with the agent:
the same frames as a capture file, of which the first N are known."""
import ipaddress
import os
import subprocess
import sys
from bisect import bisect_left
from collections import Counter
from itertools import accumulate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "generate"))
from recount import DNS_PORTS, SYN, TCP, UDP, direction, frames, messages  # noqa: E402

PROGRAM = os.environ.get("MOCK_FRAMES", "build/release/tests/agent/mock_frames")
HOST = [ipaddress.ip_network(text) for text in ("192.0.2.0/24", "2001:db8:1::/48")]
RCODES = {0: "noerror", 2: "srvfail", 3: "nxdomain", 5: "refused"}


def name_of(message):
    """The name of the question, in lower case, as its last three labels with the dot before them."""
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode().lower())
        at += 1 + message[at]
    return ("." if len(labels) > 3 else "") + ".".join(labels[-3:])


class Made:
    """The first `count` frames. Counters are read as made.counts[NAME][N]: of the first N frames."""

    def __init__(self, folder, seed, rate, count):
        path = Path(folder, f"made-{seed}-{rate}.pcap")
        subprocess.run([PROGRAM, str(seed), str(rate), str(count), str(path)], check=True)
        self.due, steps = [], {}
        every = [frame for frame in frames(path)]
        path.unlink()
        self.due = [frame.time for frame in every]
        self.directions = {}
        for i, frame in enumerate(every):
            for name, much in self.of_frame(frame).items():
                steps.setdefault(name, Counter())[i] = much
        self.names, self.transactions, waiting = [], {"in": [], "out": []}, {}
        # The time of a frame is its number here, so that the messages have it, too.
        for message in messages((f._replace(time=i) for i, f in enumerate(every)), DNS_PORTS):
            if len(message.bytes) < 12:
                continue
            for name in self.of_message(message, waiting):
                steps.setdefault(name, Counter())[message.time] += 1
        self.counts = {name: [0, *accumulate(step[i] for i in range(count))]
                       for name, step in steps.items()}

    def way(self, frame):
        key = (frame.src, frame.dst)
        if key not in self.directions:
            self.directions[key] = direction(HOST, *key)
        return self.directions[key]

    def of_frame(self, frame):
        way = self.way(frame)
        counts = {"packets": 1, "bytes": frame.wire,
                  {"unknown": "unknown_dir"}.get(way, way): 1,
                  {UDP: "udp", TCP: "tcp"}.get(frame.protocol, "other_l4"): 1}
        if frame.src:
            counts[f"ipv{frame.src.version}"] = 1
        if frame.protocol == TCP and frame.flags & SYN:
            counts["syn"] = 1
        return counts

    def of_message(self, message, waiting):
        reply = message.bytes[2] & 0x80
        yield "messages"
        yield "replies" if reply else "queries"
        yield "dns_udp" if message.protocol == UDP else "dns_tcp"
        self.names.append((message.time, name_of(message.bytes)))
        ident = message.bytes[:2]
        if not reply:
            waiting[message.protocol, message.src, message.dst, message.sport, message.dport,
                    ident] = message.time
            return
        if message.bytes[3] & 15 in RCODES:
            yield RCODES[message.bytes[3] & 15]
        asked = waiting.pop((message.protocol, message.dst, message.src, message.dport,
                             message.sport, ident), None)
        if asked is not None:
            # The host has answered (in), or was answered (out).
            way = "in" if self.way(message) == "out" else "out"
            self.transactions[way].append((asked, message.time, self.due[message.time] - self.due[asked]))
            yield f"xact_{way}"

    def between(self, name, first, end):
        counts = self.counts[name]
        return counts[end] - counts[first]

    def frame_of(self, name, value):
        """The first N of which the counter says so."""
        return bisect_left(self.counts[name], value)

    def latencies(self, way, first, end, begun=None):
        """Nanoseconds of the transactions that were answered there, as somebody knows them who sees every frame
        from `begun` on (from `first` on, if not told)."""
        begun = first if begun is None else begun
        return [took for asked, at, took in self.transactions[way] if begun <= asked and first <= at < end]

    def top_names(self, first, end):
        return Counter(name for at, name in self.names if first <= at < end)
