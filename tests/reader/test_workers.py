"""What must not depend on how the work is done: the number of workers, and the sampling."""
import json
import re

import pytest

from product import CAPTURES, run

ALL = sorted(CAPTURES.glob("*.pcap"))
SETTINGS = ["--enable", "all,sizes,top_clients", "-H", "10.0.0.0/8,192.168.0.0/16,2001:db8::/32",
            "--geo-city", CAPTURES / "GeoIP2-City-Test.mmdb", "--geo-asn", CAPTURES / "GeoIP2-ISP-Test.mmdb"]
BIG = CAPTURES / "dns_udp_tcp_random.pcap"  # 16,147 packets


# No top list of these captures has more items than it holds exactly, and what is counted in bins
# or registers is the same however it is split: so all of the output is equal.
@pytest.mark.parametrize("form", ["json", "prometheus", "text"])
@pytest.mark.parametrize("periods", ["1", "5"])
@pytest.mark.parametrize("capture", ALL, ids=lambda path: path.name)
def test_workers_say_the_same(capture, periods, form):
    one = run("--format", form, "--periods", periods, *SETTINGS, capture).stdout
    for workers in "2", "5":
        assert run("--workers", workers, "--format", form, "--periods", periods, *SETTINGS, capture).stdout == one


def window(*arguments):
    (found,) = json.loads(run(*arguments).stdout).values()
    return found


def counters_of_all_records():
    """(schema, path) of the counters that sampling leaves alone, by the reference of metrics."""
    text = run("--list-metrics").stdout.decode()
    for title, schema, rows in re.findall(r"^## (\w+ 1\.0)\n\nSchema `(\w+)`\.\n\n(.*?)(?=^## |\Z)", text,
                                          re.M | re.S):
        if title in ("net 1.0", "dns 1.0", "dhcp 1.0"):
            for path in re.findall(r"^\| `([^`]+)` \| `[^`]+` \| counter, gauge (?:\| [^|]+ ){3}\| \S* ?\| all \|",
                                   rows, re.M):
                yield schema, path


def value(document, schema, path):
    found = document[schema]
    for part in path.split("."):
        found = found[part]
    return found


@pytest.mark.parametrize("capture", ALL, ids=lambda path: path.name)
def test_shallow_counters_are_exact(capture):
    paths = list(counters_of_all_records())
    assert len(paths) > 30
    whole = window("--periods", "1", capture)
    half = window("--periods", "1", "--max-deep-sample", "50", capture)
    for where in paths:
        assert value(half, *where) == value(whole, *where), where


@pytest.mark.parametrize("rate", [1, 10, 50, 90])
def test_share_of_deep_samples(rate):
    found = window("--periods", "1", "--max-deep-sample", str(rate), BIG)
    for schema, events in ("packets", found["packets"]), ("dns", found["dns"]["wire_packets"]):
        count, deep = events["events"], events["deep_samples"]
        deviation = (count * rate / 100 * (1 - rate / 100)) ** 0.5
        assert abs(deep - count * rate / 100) < 5 * deviation, schema
        assert found["completeness"][schema]["sampled_out"] == count - deep
        assert found["completeness"][schema]["complete"] is False


def test_sampling_is_repeatable():
    arguments = ["--max-deep-sample", "50", BIG]
    assert run(*arguments).stdout == run(*arguments).stdout
