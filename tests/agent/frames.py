"""Frames as bytes, and files of them, for tests that need to know every bit."""
import ipaddress
import struct
from pathlib import Path

DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ethernet(payload, kind=0x0800, tags=()):
    """tags: (type, id) from the outermost in."""
    header = bytes.fromhex("020000000002020000000001")
    for tpid, vid in tags:
        header += struct.pack(">HH", tpid, vid)
    return header + struct.pack(">H", kind) + payload


def ipv4(source, target, protocol, payload, identification=0, fragment=0):
    """fragment: the field with the flags, offset in units of eight bytes."""
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, fragment, 64, protocol, 0,
                         ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def udp(source_port, target_port, payload):
    return struct.pack(">HHHH", source_port, target_port, 8 + len(payload), 0) + payload


def udp_frame(source, source_port, target, target_port, payload, tags=()):
    return ethernet(ipv4(source, target, 17, udp(source_port, target_port, payload)), tags=tags)


def fragments(source, target, datagram, size, identification):
    """The datagram in pieces of `size` bytes, a multiple of eight."""
    pieces = [datagram[at:at + size] for at in range(0, len(datagram), size)]
    return [ethernet(ipv4(source, target, 17, piece, identification,
                          i * size // 8 | (0x2000 if i + 1 < len(pieces) else 0)))
            for i, piece in enumerate(pieces)]


def dns(number, name, response=False, rcode=0, size=0):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    message = struct.pack(">HHHHHH", number, (0x8180 if response else 0x0100) | rcode, 1, 0, 0, 0)
    message += labels + struct.pack(">HH", 1, 1)
    return message + b"\0" * max(0, size - len(message))


def dhcp(kind, number, client, hostname=None, address="0.0.0.0"):
    """A BOOTP message with the options that matter; client: a number for its hardware address."""
    op = 1 if kind in (DISCOVER, REQUEST) else 2
    hardware = bytes([2, 0, 0, 1]) + struct.pack(">H", client)
    message = struct.pack(">BBBBIHH", op, 1, 6, 0, number, 0, 0x8000) + b"\0" * 4
    message += ipaddress.ip_address(address).packed + b"\0" * 8 + hardware + b"\0" * 10 + b"\0" * 192
    message += bytes.fromhex("63825363") + bytes([53, 1, kind])
    if hostname:
        message += bytes([12, len(hostname)]) + hostname.encode()
    return message + b"\xff"


def write_capture(path, frames):
    """A pcap file; a microsecond lies between two frames."""
    with Path(path).open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for number, frame in enumerate(frames):
            file.write(struct.pack("<IIII", 1700000000 + number // 1000000, number % 1000000, len(frame), len(frame)))
            file.write(frame)
    return path
