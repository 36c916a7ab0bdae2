"""The command line: every option, and what is said about a bad one."""
import json
import re

import pytest

from product import CAPTURES, run

CAPTURE = CAPTURES / "dns_ipv4_udp.pcap"  # 140 packets, DNS over UDP
ONE_PACKET = CAPTURES / "nf1.pcap"
OPTIONS = ["-i INPUT", "--max-deep-sample N", "--periods P", "-b BPF", "-H HOSTSPEC", "--geo-city FILE",
           "--geo-asn FILE", "--config FILE", "--enable GROUP[,...]", "--format FORMAT",
           "--prometheus-names NAMES", "--instance NAME", "--rows N", "--workers N",
           "--list-metrics", "-v", "-h, --help", "--version"]


def refusal(*arguments):
    """The one line on standard error of a run that must not begin."""
    done = run(*arguments, check=False)
    assert (done.returncode, done.stdout) == (255, b"")
    (line,) = done.stderr.decode().splitlines()
    return line


def warnings(*arguments):
    done = run(*arguments)
    return [line for line in done.stderr.decode().splitlines() if line.startswith("warning: ")], done.stdout


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_option(option):
    lines = run(option).stdout.decode().splitlines()
    assert lines[0] == "Usage: pktvisor-reader [options] FILE"
    assert [re.split(r"  +", line.strip())[0] for line in lines if line.startswith("  -")] == OPTIONS
    assert all(len(line) <= 100 for line in lines)


def test_version():
    assert re.fullmatch(rb"pktvisor-reader \d+\.\d+\.\d+\n", run("--version").stdout)


def test_list_metrics_is_the_reference():
    text = run("--list-metrics").stdout.decode()
    for section in "bgp 1.0", "dhcp 1.0", "dns 1.0", "dns 2.0", "net 1.0", "net 2.0", "pcap 1.0", "Completeness":
        assert f"\n## {section}\n" in text
    assert "| `dns.name` | name too long" in text


@pytest.mark.parametrize("arguments, text", [
    ([], "no FILE given"),
    (["a", "b"], "one FILE expected"),
    (["--nosuch", "a"], "unknown option --nosuch"),
    (["--formt=text", "a"], "unknown option --formt=text (did you mean --format?)"),
    (["--help=3"], "unknown option --help=3"),
    (["--geo", "x", "a"], "unknown option --geo"),  # may be two
    (["-x", "a"], "unknown option -x"),
    (["-vx", "a"], "unknown option -x"),
    (["--version", "-xv"], "unknown option -x"),
    (["-b"], "-b needs an argument"),
    (["a", "--periods"], "--periods needs an argument"),
    (["--periods", "five", "a"], '--periods: 0 to 1000000 expected, got "five"'),
    (["--periods", "-1", "a"], '--periods: 0 to 1000000 expected, got "-1"'),
    (["--periods", "5x", "a"], '--periods: 0 to 1000000 expected, got "5x"'),
    (["--periods", "", "a"], '--periods: 0 to 1000000 expected, got ""'),
    (["--max-deep-sample", "99999999999999999999", "a"],
     '--max-deep-sample: 0 to 1000000 expected, got "99999999999999999999"'),
    (["--workers", "0", "a"], '--workers: 1 to 64 expected, got "0"'),
    (["--workers", "65", "a"], '--workers: 1 to 64 expected, got "65"'),
    (["--format", "xml", "a"], '--format: json, prometheus, openmetrics, text or sketches expected, got "xml"'),
])
def test_a_line_that_makes_no_sense(arguments, text):
    assert refusal(*arguments) == f"pktvisor-reader: {text} (try --help)"


@pytest.mark.parametrize("arguments, text", [
    (["-i", "foo"], "Error parsing input type: foo"),
    (["-i", "dnstap"], "input type dnstap is not in this version"),
    (["--enable", "nosuch"], "no handler has a metric group 'nosuch'"),
    (["--enable", "sizes,nosuch"], "no handler has a metric group 'nosuch'"),
])
def test_a_value_that_cannot_be(arguments, text):
    assert refusal(*arguments, CAPTURE) == f"Fatal error: {text}"


def test_input_type_in_any_case():
    assert run("-i", "PCAP", CAPTURE).stdout == run("-i", "pcap", CAPTURE).stdout == run(CAPTURE).stdout


def test_options_may_follow_the_file():
    assert run(CAPTURE, "--periods", "1").stdout == run("--periods=1", CAPTURE).stdout


@pytest.mark.parametrize("given, taken", [("0", 1), ("11", 10), ("1000000", 10)])
def test_periods_are_clamped(given, taken):
    told, output = warnings("--periods", given, ONE_PACKET)
    assert told == [f"warning: --periods {given} is outside 1 to 10, using {taken}"]
    assert list(json.loads(output)) == [f"{taken}m"]


@pytest.mark.parametrize("given, taken", [("0", 1), ("101", 100), ("200", 100)])
def test_deep_sample_rate_is_clamped(given, taken):
    told, output = warnings("--max-deep-sample", given, CAPTURE)
    assert told == [f"warning: --max-deep-sample {given} is outside 1 to 100, using {taken}"]
    assert output == run("--max-deep-sample", str(taken), CAPTURE).stdout


@pytest.mark.parametrize("periods", range(1, 11))
def test_key_of_the_window(periods):
    told, output = warnings("--periods", str(periods), ONE_PACKET)
    assert told == []
    assert list(json.loads(output)) == [f"{periods}m"]


def test_five_periods_by_default():
    assert run(CAPTURE).stdout == run("--periods", "5", CAPTURE).stdout


def test_verbose_says_what_is_done():
    lines = run("-v", "--workers", "2", ONE_PACKET).stderr.decode().splitlines()
    assert lines == [f"reading {ONE_PACKET}, 194 bytes (0: unknown), 2 workers, 5 periods, policy default: "
                     "net 1.0 dns 1.0 dhcp 1.0", "processed 1 packets"]
