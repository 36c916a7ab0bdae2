"""What is printed: three forms, metric groups, whatever bytes the traffic holds."""
import json
import os
import subprocess
import unicodedata

import pytest

import made
from product import CAPTURES, READER, prometheus, run

EVERY_GROUP = ["--enable", "all,sizes,top_clients"]
ALL = sorted(CAPTURES.glob("*.pcap"))
HOSTILE = [b"\x1b[31mred", b"line\nfeed\r", b'quote"back\\slash', b"\x00\x01\x7f", b"\x80\xff", b"dot.in label",
           b"</script>", "\u009b31m".encode(), "grün".encode(), b"x" * 63, b"\xe2\x80", b"{}[],:"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Names of any bytes, in a message of each kind that brings a top list."""
    path = tmp_path_factory.mktemp("made") / "hostile.pcap"
    frames = []
    for number, label in enumerate(HOSTILE):
        names = (label,), (label, b"example"), (label, label, label)
        for offset, labels in enumerate(names):
            id, port = number * 4 + offset, 1024 + number
            frames.append(made.udp(made.query(*labels, id=id), sport=port))
            frames.append(made.udp(made.reply(*labels, id=id, rcode=3 - offset), sport=53, dport=port,
                                   src=made.SERVER, dst=made.HOST))
    path.write_bytes(made.pcap(frames))
    return path


def printed(form, *arguments, locale="C.UTF-8"):
    done = subprocess.run([READER, "--format", form, *arguments], capture_output=True, timeout=60,
                          env={**os.environ, "LC_ALL": locale})
    assert done.returncode == 0, done.stderr
    return done.stdout.decode("utf-8")


def controls(text):
    return {c for c in text if unicodedata.category(c) == "Cc"} - {"\n"}


def window(text):
    (found,) = json.loads(text).values()
    return found


@pytest.fixture(params=ALL + ["hostile"], ids=lambda p: getattr(p, "name", p))
def capture(request, hostile):
    return hostile if request.param == "hostile" else request.param


def test_json_is_one_compact_line_with_sorted_keys(capture):
    text = printed("json", *EVERY_GROUP, capture)
    document = json.loads(text, object_pairs_hook=sorted_pairs)
    assert json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n" == text
    assert not controls(text)


def sorted_pairs(pairs):
    keys = [key.encode() for key, _ in pairs]
    assert keys == sorted(set(keys))
    return dict(pairs)


def test_prometheus_is_well_formed(capture):
    text = printed("prometheus", *EVERY_GROUP, capture)
    assert text.endswith("\n") and not controls(text)
    types, series = prometheus(text)
    assert set(types.values()) <= {"gauge", "summary", "histogram"}
    for name, _ in series:
        family = next((name.removesuffix(end) for end in ("_bucket", "_sum", "_count")
                       if name not in types and name.removesuffix(end) in types), name)
        assert family in types, name
    assert text.count("# HELP ") == text.count("# TYPE ") == len(types)


def test_prometheus_says_what_json_says(capture):
    found = window(printed("json", "--periods", "1", capture))
    _, series = prometheus(printed("prometheus", "--periods", "1", capture))
    plain = {name: value for (name, labels), value in series.items() if labels == {("policy", "default")}}
    for key in "total", "udp", "tcp", "ipv4", "ipv6", "in", "out", "unknown_dir", "events":
        assert plain[f"packets_{key}"] == found["packets"][key]
    for key, value in found["dns"]["wire_packets"].items():
        assert plain[f"dns_wire_packets_{key}"] == value


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_text_fits_a_terminal(capture, locale):
    text = printed("text", *EVERY_GROUP, "-H", "192.0.2.0/24", capture, locale=locale)
    assert not controls(text)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert all(line == line.rstrip() for line in text.splitlines())
    for section in "net 1.0", "dns 1.0", "dhcp 1.0", "completeness":
        assert f" {section} " in text
    assert ("──" in text) == (locale == "C.UTF-8")


def test_hostile_names_are_counted(hostile):
    dns = window(printed("json", hostile))["dns"]
    assert dns["wire_packets"]["total"] == 6 * len(HOSTILE)
    assert dns["xact"]["counts"]["total"] == 3 * len(HOSTILE)
    names = {row["name"] for row in dns["top_nxdomain"]}
    assert len(names) == 10
    assert names <= {r"\027[31mred", r"line\010feed\013", r'quote"back\\slash', r"\000\001\127", r"\128\255",
                     r"dot\.in\032label", "</script>", r"\194\15531m", "grün", "x" * 63, r"\226\128", "{}[],:"}


def test_groups_that_are_off_by_default():
    capture = CAPTURES / "dns_udp_mixed_rcode.pcap"
    plain = window(printed("json", capture))["dns"]
    more = window(printed("json", "--enable", "sizes,top_clients", capture))["dns"]
    assert set(more) - set(plain) == {"sizes", "top_clients", "top_clients_nxdomain", "top_client_qnames_nxdomain"}
    assert {key: more[key] for key in plain} == plain
    assert sum(row["estimate"] for row in more["top_clients"]) == plain["wire_packets"]["queries"]


def test_all_means_upstream_s_groups():
    found = window(printed("json", "--enable", "all", CAPTURES / "dns_udp_mixed_rcode.pcap"))["dns"]
    assert "top_noerror" in found and "top_query_ecs" in found
    assert "sizes" not in found and "top_clients" not in found


def test_completeness_of_a_whole_answer():
    found = window(run(CAPTURES / "dns_ipv4_udp.pcap").stdout)["completeness"]
    assert found["input"] == {"complete": True, "damaged": False, "lost": 0, "malformed": {}, "packets": 140,
                              "stopped": False}
    assert all(found[schema]["complete"] for schema in ("packets", "dns", "dhcp"))
    assert "\nnothing is missing\n" in printed("text", CAPTURES / "dns_ipv4_udp.pcap")


def test_malformed_input_is_named():
    cut = made.udp(made.query(b"example"))[:-8]
    short = made.udp(b"\0" * 5)
    data = made.pcap([cut, cut, short, b"\0" * 6])
    done = subprocess.run([READER, "-"], input=data, capture_output=True, check=True)
    (found,) = json.loads(done.stdout, object_pairs_hook=sorted_pairs).values()
    assert found["packets"]["total"] == 4
    assert found["completeness"]["input"] == {"complete": True, "damaged": False, "lost": 0, "packets": 4,
                                              "stopped": False, "malformed": {
        "dns.cut": 2, "dns.short": 1, "ethernet.short": 1, "ipv4.total_length": 2}}
