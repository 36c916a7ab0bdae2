"""An exact recount of a capture, written for clarity and independent of the product: classic pcap,
Ethernet, IPv4 and IPv6 without fragments, UDP, TCP with a simple reassembly, DNS headers. Only what
the golden captures need."""
import ipaddress
import math
import struct
from collections import defaultdict, namedtuple

Frame = namedtuple("Frame", "time wire src dst protocol sport dport payload seq flags")
Message = namedtuple("Message", "time src dst sport dport protocol payload")

DNS_PORTS = {53, 5353, 5355, 53000}


def frames(path):
    data = path.read_bytes()
    little, nano = {b"\xd4\xc3\xb2\xa1": (True, False), b"\x4d\x3c\xb2\xa1": (True, True),
                    b"\xa1\xb2\xc3\xd4": (False, False), b"\xa1\xb2\x3c\x4d": (False, True)}[data[:4]]
    order = "<" if little else ">"
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, captured, wire = struct.unpack_from(order + "IIII", data, at)
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        yield decode(seconds * 10**9 + fraction * (1 if nano else 1000), wire, frame)


def decode(time, wire, frame):
    ethertype = struct.unpack_from(">H", frame, 12)[0]
    packet = frame[14:]
    none = Frame(time, wire, None, None, None, 0, 0, b"", 0, 0)
    if ethertype == 0x0800:
        header, total, protocol = (packet[0] & 15) * 4, struct.unpack_from(">H", packet, 2)[0], packet[9]
        src, dst = ipaddress.ip_address(packet[12:16]), ipaddress.ip_address(packet[16:20])
        if struct.unpack_from(">H", packet, 6)[0] & 0x3fff:
            return none._replace(src=src, dst=dst, protocol=None)
        segment = packet[header:total]
    elif ethertype == 0x86dd:
        length, protocol = struct.unpack_from(">HB", packet, 4)
        src, dst = ipaddress.ip_address(packet[8:24]), ipaddress.ip_address(packet[24:40])
        segment = packet[40:40 + length]
        if protocol == 44:
            return none._replace(src=src, dst=dst, protocol=None)
        while protocol == 0:
            protocol, segment = segment[0], segment[(segment[1] + 1) * 8:]
    else:
        return none
    if protocol == 17:
        sport, dport, length = struct.unpack_from(">HHH", segment)
        return Frame(time, wire, src, dst, 17, sport, dport, segment[8:length], 0, 0)
    if protocol == 6:
        sport, dport, seq = struct.unpack_from(">HHI", segment)
        return Frame(time, wire, src, dst, 6, sport, dport, segment[(segment[12] >> 4) * 4:], seq,
                     segment[13])
    return none._replace(src=src, dst=dst, protocol=protocol)


class Side:
    """One direction of a TCP connection: bytes in order, each once, however often they were sent."""

    def __init__(self, first):
        self.next, self.waiting, self.bytes = first & 0xffffffff, [], b""

    def add(self, seq, payload):
        self.waiting.append((seq, payload))
        progress = True
        while progress:
            progress = False
            for segment in list(self.waiting):
                known = (self.next - segment[0]) & 0xffffffff
                if known >= 1 << 31:
                    continue  # it begins behind a gap
                self.waiting.remove(segment)
                fresh = segment[1][known:]
                self.bytes += fresh
                self.next = (self.next + len(fresh)) & 0xffffffff
                progress = True

    def messages(self):
        while len(self.bytes) >= 2 and len(self.bytes) >= 2 + int.from_bytes(self.bytes[:2], "big"):
            size = int.from_bytes(self.bytes[:2], "big")
            yield self.bytes[2:2 + size]
            self.bytes = self.bytes[2 + size:]


def messages(path):
    """DNS messages in order of their last byte."""
    sides = {}
    for f in frames(path):
        if not {f.sport, f.dport} & DNS_PORTS:
            continue
        if f.protocol == 17:
            yield Message(f.time, f.src, f.dst, f.sport, f.dport, 17, f.payload)
        elif f.protocol == 6:
            key = (f.src, f.dst, f.sport, f.dport)
            if f.flags & 2 and (key not in sides or sides[key].bytes == b""):
                sides[key] = Side(f.seq + 1)
            if f.payload and key in sides:
                sides[key].add(f.seq, f.payload)
                for payload in sides[key].messages():
                    yield Message(f.time, f.src, f.dst, f.sport, f.dport, 6, payload)


def direction(hosts, src, dst):
    def inside(address):
        return any(address in net for net in hosts if net.version == address.version)
    if dst is not None and inside(dst):
        return "in"
    return "out" if src is not None and inside(src) else "unknown"


def quantile(values, q):
    """Inclusive rank: the smallest value so that at least ceil(q * n) values are not above it."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(q * len(ordered) - 1e-9)) - 1]


def quantiles(values):
    return {name: quantile(values, q) for name, q in
            (("p50", .5), ("p90", .9), ("p95", .95), ("p99", .99))}


def frame_sizes(path, hosts):
    sizes = defaultdict(list)
    for f in frames(path):
        sizes[direction(hosts, f.src, f.dst)].append(f.wire)
    return sizes


Transaction = namedtuple("Transaction", "direction us ratio between_hosts")


def transactions(path, hosts, ttl=5.0):
    """Matched pairs; direction is the one of the response."""
    waiting, found = {}, []
    for m in messages(path):
        if len(m.payload) < 12:
            continue
        ident, flags = struct.unpack_from(">HH", m.payload)
        if not flags & 0x8000:
            waiting[(m.src, m.dst, m.sport, m.dport, m.protocol, ident)] = m
            continue
        query = waiting.pop((m.dst, m.src, m.dport, m.sport, m.protocol, ident), None)
        if query and m.time - query.time < ttl * 1e9:
            way, way_back = direction(hosts, query.src, query.dst), direction(hosts, m.src, m.dst)
            found.append(Transaction(way_back, (max(m.time - query.time, 0) + 500) // 1000,
                                     len(m.payload) / len(query.payload), way == way_back == "in"))
    return found


def integer_bounds():
    bounds = []
    for i in range(-9 * 18, 18 * 18):
        bound = int(math.floor(10 ** (i / 18) + 1e-9))
        if not bounds or bound > bounds[-1]:
            bounds.append(bound)
    return bounds


def histogram(values):
    """Cumulative counts at the bounds whose own bin is not empty."""
    bounds, own = integer_bounds(), defaultdict(int)
    for value in values:
        own[next(b for b in bounds if b >= value)] += 1
    total, result = 0, {}
    for bound in sorted(own):
        total += own[bound]
        result[str(bound)] = float(total)
    result["+Inf"] = float(len(values))
    return result
