#!/usr/bin/env python3
"""Takes fuzz seeds from recorded captures: seeds.py CAPTURES OUTPUT makes OUTPUT/<target>/*.

A row of SEEDS says what of the captures is an input of a target. Captures are read as classic pcap
of Ethernet, little-endian, which is what the recorded ones are; others are taken as whole files only.
"""
import hashlib
import shutil
import struct
import sys
from pathlib import Path

GREATEST_FILE = 65536  # longer files are cut, which readers must stand anyway
MOST_SEEDS = 400  # of a target, from all captures
PCAP_HEADER, RECORD_HEADER = 24, 16
ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_IPV6 = 14, 0x0800, 0x86DD
PROTOCOL_TCP, PROTOCOL_UDP, UDP_HEADER = 6, 17, 8


def frames(path):
    data = path.read_bytes()
    if data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        return
    at = PCAP_HEADER
    while at + RECORD_HEADER <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + RECORD_HEADER : at + RECORD_HEADER + size]
        at += RECORD_HEADER + size


def transport(frame):
    """(protocol, segment with its header) of a plain IP packet, else (None, b"")."""
    packet, kind = frame[ETHERNET_HEADER:], int.from_bytes(frame[12:14], "big")
    if kind == ETHERTYPE_IPV4 and len(packet) >= 20:
        return packet[9], packet[(packet[0] & 15) * 4 : int.from_bytes(packet[2:4], "big")]
    if kind == ETHERTYPE_IPV6 and len(packet) >= 40:
        return packet[6], packet[40:]
    return None, b""


def payloads(frame, protocol, ports):
    kind, segment = transport(frame)
    if kind != protocol or len(segment) < 20 or not {*struct.unpack_from(">HH", segment)} & ports:
        return b""
    return segment[UDP_HEADER if kind == PROTOCOL_UDP else (segment[12] >> 4) * 4 :]


def whole(pattern):
    def take(captures):
        return (path.read_bytes()[:GREATEST_FILE] for path in sorted(captures.glob(pattern)))
    return take


def each_frame(captures):
    return (frame for path in sorted(captures.glob("*.pcap")) for frame in frames(path))


def udp(*ports):
    return lambda captures: (payloads(frame, PROTOCOL_UDP, {*ports})
                             for frame in each_frame(captures))


def tcp(*ports):
    return lambda captures: (payloads(frame, PROTOCOL_TCP, {*ports})
                             for frame in each_frame(captures))


SEEDS = {
    "packet": each_frame,
    "dns": udp(53, 5353, 5355),
    "dhcpv4": udp(67, 68),
    "dhcpv6": udp(546, 547),
    "bgp": tcp(179),
    "pcap": whole("*.pcap"),
    "geo": whole("*.mmdb"),
}


def main(captures, output):
    shutil.rmtree(output, ignore_errors=True)
    for target, take in SEEDS.items():
        folder = output / target
        folder.mkdir(parents=True)
        kept = {hashlib.sha1(seed).hexdigest(): seed for seed in take(captures) if seed}
        # By digest, so that a cut to MOST_SEEDS is a fair sample of all captures.
        for name in sorted(kept)[:MOST_SEEDS]:
            (folder / name).write_bytes(kept[name])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
