#!/usr/bin/env python3
"""Takes fuzz seeds from recorded files: seeds.py SHARED OUTPUT makes OUTPUT/<target>/*.

A row of SEEDS says what is an input of a target: files of SHARED/captures and SHARED/vectors, or
parts of captures. Those are read as classic pcap of Ethernet, little-endian, as the recorded ones are.
"""
import hashlib
import shutil
import struct
import sys
from pathlib import Path

GREATEST_FILE = 65536  # longer files are cut, which readers must stand anyway
MOST_SEEDS = 400  # of a row, from all files
PCAP_HEADER, RECORD_HEADER = 24, 16
ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_IPV6 = 14, 0x0800, 0x86DD
PROTOCOL_TCP, PROTOCOL_UDP, UDP_HEADER = 6, 17, 8
BGP_PORT, SEGMENTS_OF_SEED = 179, 40


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


def payload(frame, protocol, ports):
    kind, segment = transport(frame)
    if kind != protocol or len(segment) < 20 or not {*struct.unpack_from(">HH", segment)} & ports:
        return b""
    return segment[UDP_HEADER if kind == PROTOCOL_UDP else (segment[12] >> 4) * 4 :]


def whole(pattern):
    return lambda shared: (path.read_bytes()[:GREATEST_FILE]
                           for path in sorted(shared.glob(pattern)))


def each_frame(shared):
    return (frame for path in sorted(shared.glob("captures/*.pcap")) for frame in frames(path))


def payload_on(protocol, *ports):
    return lambda shared: (payload(frame, protocol, {*ports}) for frame in each_frame(shared))


def segment(frame, server_ports):
    """A TCP segment as fuzz_stream.c reads it: who, flags, sequence number, lacking, length, body."""
    kind, tcp = transport(frame)
    if kind != PROTOCOL_TCP or len(tcp) < 20:
        return b""
    source, destination = struct.unpack_from(">HH", tcp)
    if not {source, destination} & server_ports:
        return b""
    from_server = source in server_ports
    who = (destination if from_server else source) & 3 | from_server << 2
    who |= (BGP_PORT in (source, destination)) << 3
    body = tcp[(tcp[12] >> 4) * 4 :][:255]
    return bytes([who, tcp[13]]) + tcp[6:8] + bytes([0, len(body)]) + body


def conversations(*server_ports):
    """Segments of a capture behind each other, SEGMENTS_OF_SEED at a time."""
    def take(shared):
        for path in sorted(shared.glob("captures/*.pcap")):
            segments = [found for frame in frames(path) if (found := segment(frame, {*server_ports}))]
            for at in range(0, len(segments), SEGMENTS_OF_SEED):
                yield b"".join(segments[at : at + SEGMENTS_OF_SEED])
    return take


def selected(first_byte, take, *more):
    """For a target whose first byte (or first bytes) says how to read the others."""
    return lambda shared: (bytes([first_byte, *more]) + seed for seed in take(shared) if seed)


SEEDS = [
    ("packet", each_frame),
    *(("bpf", selected(0x80 + expression, each_frame, 0)) for expression in (0, 2, 5)),
    ("dns", payload_on(PROTOCOL_UDP, 53, 5353, 5355)),
    ("dhcp", selected(4, payload_on(PROTOCOL_UDP, 67, 68))),
    ("dhcp", selected(6, payload_on(PROTOCOL_UDP, 546, 547))),
    ("stream", conversations(53, 53000, BGP_PORT)),
    ("bgp", payload_on(PROTOCOL_TCP, 179)),
    ("pcap", whole("captures/*.pcap")),
    ("hll", whole("vectors/hll*.bin")),
    ("frequent", whole("vectors/fi_*.bin")),
]


def main(shared, output):
    shutil.rmtree(output, ignore_errors=True)
    for target, take in SEEDS:
        folder = output / target
        folder.mkdir(parents=True, exist_ok=True)
        kept = {hashlib.sha1(seed).hexdigest(): seed for seed in take(shared) if seed}
        # By digest, so that a cut to MOST_SEEDS is a fair sample of all captures.
        for name in sorted(kept)[:MOST_SEEDS]:
            (folder / name).write_bytes(kept[name])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
