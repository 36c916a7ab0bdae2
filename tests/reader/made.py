"""Captures made for these tests: classic pcap of Ethernet frames with IPv4, UDP and TCP."""
import ipaddress
import struct

ETHERNET, IPV4, TCP, UDP = 1, 0x0800, 6, 17
BEGIN = 1_600_000_000  # seconds; a round minute is not among them
HOST, SERVER = "192.0.2.1", "198.51.100.53"


def name(*labels):
    """A name on the wire, from labels that may hold any bytes."""
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def query(*labels, id=1, qtype=1):
    return struct.pack(">HHHHHH", id, 0x0100, 1, 0, 0, 0) + name(*labels) + struct.pack(">HH", qtype, 1)


def reply(*labels, id=1, qtype=1, rcode=0):
    return struct.pack(">HHHHHH", id, 0x8180 | rcode, 1, 0, 0, 0) + name(*labels) + struct.pack(">HH", qtype, 1)


def udp(payload, sport=40000, dport=53, src=HOST, dst=SERVER):
    return ipv4(UDP, struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload, src, dst)


def tcp_syn(sport=40000, dport=80, src=HOST, dst=SERVER):
    return ipv4(TCP, struct.pack(">HHIIBBHHH", sport, dport, 1, 0, 5 << 4, 2, 65535, 0, 0), src, dst)


def ipv4(protocol, segment, src, dst):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 0, 0, 64, protocol, 0,
                         ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed)
    return bytes(12) + struct.pack(">H", IPV4) + header + segment


def pcap(frames, step=0.01):
    """The bytes of a capture of these frames, one every `step` seconds."""
    data = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, ETHERNET)
    for number, frame in enumerate(frames):
        us = round(number * step * 1e6)
        data += struct.pack("<IIII", BEGIN + us // 10**6, us % 10**6, len(frame), len(frame)) + frame
    return data


def records(data):
    """Where each record of a little-endian capture ends, in bytes from its begin."""
    at, ends = 24, []
    while at + 16 <= len(data):
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
        if at <= len(data):
            ends.append(at)
    return ends
