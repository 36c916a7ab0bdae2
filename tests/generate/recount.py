"""Reads a capture of the generator anew and counts what the truth says: classic pcap, Ethernet, IPv4
and IPv6 without options or fragments, UDP, TCP, DNS and BGP messages. For reading, not for speed."""
import ipaddress
import math
import struct
from collections import Counter, namedtuple

Frame = namedtuple("Frame", "time wire src dst protocol sport dport flags seq payload")
Message = namedtuple("Message", "time src dst sport dport protocol bytes")

DNS_PORTS, BGP_PORT, UDP, TCP, SYN = {53, 5353, 5355, 53000}, 179, 17, 6, 2
TTL = 5 * 10**9
MAGIC = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\x4d\x3c\xb2\xa1": ("<", 1),
         b"\xa1\xb2\xc3\xd4": (">", 1000), b"\xa1\xb2\x3c\x4d": (">", 1)}


def frames(path):
    data = path.read_bytes()
    order, unit = MAGIC[data[:4]]
    at = 24
    while at < len(data):
        seconds, fraction, captured, wire = struct.unpack_from(order + "IIII", data, at)
        yield frame(seconds * 10**9 + fraction * unit, wire, data[at + 16:at + 16 + captured])
        at += 16 + captured


def frame(time, wire, data):
    ethertype, packet = int.from_bytes(data[12:14], "big"), data[14:]
    if ethertype == 0x0800:
        protocol, src, dst, at = packet[9], packet[12:16], packet[16:20], (packet[0] & 15) * 4
        packet = packet[:int.from_bytes(packet[2:4], "big")]
    elif ethertype == 0x86dd:
        protocol, src, dst, at = packet[6], packet[8:24], packet[24:40], 40
    else:
        return Frame(time, wire, None, None, None, 0, 0, 0, 0, b"")
    src, dst, segment = ipaddress.ip_address(src), ipaddress.ip_address(dst), packet[at:]
    if protocol == UDP:
        sport, dport = struct.unpack_from(">HH", segment)
        return Frame(time, wire, src, dst, UDP, sport, dport, 0, 0, segment[8:])
    if protocol == TCP:
        sport, dport, seq = struct.unpack_from(">HHI", segment)
        return Frame(time, wire, src, dst, TCP, sport, dport, segment[13], seq,
                     segment[(segment[12] >> 4) * 4:])
    return Frame(time, wire, src, dst, protocol, 0, 0, 0, 0, b"")


class Side:
    """One direction of a connection: bytes by position, handed out as far as they are without a gap."""

    def __init__(self, seq):
        self.next, self.parts, self.bytes = seq, {}, b""

    def add(self, f):
        if f.payload:
            self.parts.setdefault(f.seq, b"")
            self.parts[f.seq] = max(self.parts[f.seq], f.payload, key=len)
        progress = True
        while progress:
            progress = False
            for seq, payload in list(self.parts.items()):
                known = (self.next - seq) & 0xffffffff
                if known < 1 << 31:
                    del self.parts[seq]
                    if known < len(payload):
                        self.bytes += payload[known:]
                        self.next = (seq + len(payload)) & 0xffffffff
                        progress = True

    def messages(self, port):
        while True:
            if port == BGP_PORT:
                size, head = int.from_bytes(self.bytes[16:18], "big"), 0
            else:
                size, head = int.from_bytes(self.bytes[:2], "big"), 2
            if not size or len(self.bytes) < head + size:
                return
            yield self.bytes[head:head + size]
            self.bytes = self.bytes[head + size:]


def messages(all_frames, ports):
    """Messages on these ports in the order of their last byte."""
    sides = {}
    for f in all_frames:
        port = next((p for p in (f.dport, f.sport) if p in ports), None)
        if port is None:
            continue
        if f.protocol == UDP:
            yield Message(f.time, f.src, f.dst, f.sport, f.dport, UDP, f.payload)
        elif f.protocol == TCP:
            key = (f.src, f.dst, f.sport, f.dport)
            if f.flags & SYN:
                if key not in sides or sides[key].next != (f.seq + 1) & 0xffffffff:
                    sides[key] = Side((f.seq + 1) & 0xffffffff)
                continue
            sides[key].add(f)
            for message in sides[key].messages(port):
                yield Message(f.time, f.src, f.dst, f.sport, f.dport, TCP, message)


def direction(networks, src, dst):
    def inside(address):
        return address is not None and any(
            address in network for network in networks if network.version == address.version)
    return "in" if inside(dst) else "out" if inside(src) else "unknown"


def quantile(values, q):
    ordered = sorted(values)
    return ordered[max(1, math.ceil(q * len(ordered) - 1e-9)) - 1]


def quantiles(values):
    named = (("p50", .5), ("p90", .9), ("p95", .95), ("p99", .99))
    return {name: quantile(values, q) for name, q in named} if values else None


def count_packets(all_frames, networks):
    counts, remote, sizes = Counter(), {"in": set(), "out": set(), "unknown": set()}, []
    for f in all_frames:
        way = direction(networks, f.src, f.dst)
        counts["total"] += 1
        counts["unknown_dir" if way == "unknown" else way] += 1
        counts[{UDP: "udp", TCP: "tcp"}.get(f.protocol, "other_l4")] += 1
        counts["syn"] += f.protocol == TCP and bool(f.flags & SYN)
        if f.src:
            counts[f"ipv{f.src.version}"] += 1
            remote[way].add(f.src if way == "in" else f.dst)
        sizes.append(f.wire)
    return counts, remote, sizes


def count_dns(all_messages, networks):
    """Messages, and transactions by the rules of the README."""
    counts, waiting = Counter(), {}
    elapsed = {"in": [], "out": [], "unknown": []}
    newest = 0
    for m in all_messages:
        newest = max(newest, m.time)
        counts["total"] += 1
        counts["udp" if m.protocol == UDP else "tcp"] += 1
        counts[f"ipv{m.src.version}"] += 1
        ident, flags, _, answers = struct.unpack_from(">HHHH", m.bytes)
        if not flags & 0x8000:
            counts["queries"] += 1
            if m.dport in (5353, 5355) and m.dst.is_multicast:
                continue
            key = (m.protocol, m.src, m.dst, m.sport, m.dport, ident)
            counts["timed_out"] += key in waiting and m.time - waiting[key] >= TTL
            waiting[key] = m.time
            continue
        counts["replies"] += 1
        rcode = flags & 15
        counts[{0: "noerror", 2: "srvfail", 3: "nxdomain", 5: "refused"}.get(rcode, "other")] += 1
        counts["nodata"] += rcode == 0 and answers == 0
        asked = waiting.pop((m.protocol, m.dst, m.src, m.dport, m.sport, ident), None)
        took = TTL * 2 if asked is None else m.time - asked
        counts["timed_out"] += asked is not None and took >= TTL
        counts["orphans"] += took >= TTL * 2
        if took < TTL:
            counts["xacts"] += 1
            elapsed[direction(networks, m.src, m.dst)].append((max(took, 0) + 500) // 1000)
    return counts, waiting, elapsed
