"""Writes small MaxMind databases, so that a test knows what an address is (MaxMind DB File Format
Specification 2.0): a binary tree of bits, 24 bits a record, then the records, then metadata."""
import ipaddress
import struct
from pathlib import Path

MARKER = b"\xab\xcd\xefMaxMind.com"
SEPARATOR = bytes(16)  # between tree and records
STRING, DOUBLE, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 3, 5, 6, 7, 9, 11


def control(kind, size):
    assert size < 285
    small = size if size < 29 else 29
    head = bytes([kind << 5 | small]) if kind <= 7 else bytes([small, kind - 7])
    return head + (bytes([size - 29]) if small == 29 else b"")


def number(kind, value):
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return control(kind, len(data)) + data


def encode(value):
    if isinstance(value, dict):
        return control(MAP, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return control(ARRAY, len(value)) + b"".join(map(encode, value))
    if isinstance(value, str):
        return control(STRING, len(value.encode())) + value.encode()
    if isinstance(value, float):
        return control(DOUBLE, 8) + struct.pack(">d", value)
    if isinstance(value, tuple):  # (kind, number)
        return number(*value)
    return number(UINT32, value)


def bits_of(network):
    """Of an IPv6 tree, in which IPv4 stands below ::/96."""
    length = network.prefixlen + (96 if network.version == 4 else 0)
    packed = int(network.network_address)
    return [packed >> (127 - i) & 1 for i in range(length)]


def write(path, kind, records, built=1700000000):
    """records: {"192.0.2.0/24": record}; the networks must not contain each other."""
    nodes, data = [[None, None]], b""
    for text, record in records.items():
        *path_bits, last = bits_of(ipaddress.ip_network(text))
        at = 0
        for bit in path_bits:
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        nodes[at][last] = ("data", len(data))
        data += encode(record)

    def pointer(entry):
        if entry is None:
            return len(nodes)
        return entry if isinstance(entry, int) else len(nodes) + len(SEPARATOR) + entry[1]
    tree = b"".join(pointer(entry).to_bytes(3, "big") for node in nodes for entry in node)
    metadata = {"binary_format_major_version": (UINT16, 2), "binary_format_minor_version": (UINT16, 0),
                "build_epoch": (UINT64, built), "database_type": kind, "description": {"en": "test"},
                "ip_version": (UINT16, 6), "languages": ["en"], "node_count": len(nodes),
                "record_size": (UINT16, 24)}
    # A reader sees the old file or the new one.
    fresh = Path(f"{path}.new")
    fresh.write_bytes(tree + SEPARATOR + data + MARKER + encode(metadata))
    fresh.rename(path)
    return path


def city(continent, country, name, latitude, longitude):
    return {"continent": {"code": continent}, "country": {"names": {"en": country}},
            "city": {"names": {"en": name}},
            "location": {"latitude": latitude, "longitude": longitude}}


def asn(value, organization):
    return {"autonomous_system_number": value, "autonomous_system_organization": organization}


# Where the ends of made traffic are (src/input/mock/ends.c).
MADE_CLIENTS = ["198.51.100.0/24", "203.0.113.0/24", "2001:db8:2::/48", "2001:db8:3::/48"]


def write_city(path, town, **more):
    place = city("EU", "Utopia", town, 52.5, 13.25)
    return write(path, "GeoLite2-City", {network: place for network in MADE_CLIENTS}, **more)


def write_asn(path, organization, **more):
    record = asn(64496, organization)
    return write(path, "GeoLite2-ASN", {network: record for network in MADE_CLIENTS}, **more)
