"""What the image runs first: names of programs, and variables that stand for a configuration."""
import os
import shutil

import pytest

from running import AGENT, SOURCE, run

ENTRY = SOURCE / "packaging/container/pktvisor-entry"
PROGRAMS = ("pktvisord", "pktvisor-cli", "pktvisor-reader", "pktvisor-merge")


@pytest.fixture
def enter(tmp_path):
    """The image's programs say who they are and what they were given."""
    for name in PROGRAMS:
        program = tmp_path / name
        program.write_text('#!/bin/sh\necho "${0##*/} $*"\nset | grep ^PKTVISORD_ || true\n')
        program.chmod(0o755)

    def call(*words, check=True, **variables):
        # The image's shell where there is one.
        shell = ["busybox", "sh"] if shutil.which("busybox") else ["sh"]
        return run(*shell, ENTRY, *words, check=check,
                   env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "TMPDIR": str(tmp_path), **variables})
    return call


@pytest.mark.parametrize("words, expected", [
    (["pktvisor"], "pktvisor-cli "),
    (["pktvisor", "-p", "1"], "pktvisor-cli -p 1"),
    (["pktvisor-cli", "-h"], "pktvisor-cli -h"),
    (["pktvisor-pcap", "a b.pcap"], "pktvisor-reader a b.pcap"),
    (["pktvisor-reader", "-"], "pktvisor-reader -"),
    (["pktvisor-merge", "x"], "pktvisor-merge x"),
    (["pktvisord", "eth0"], "pktvisord eth0"),
    (["/usr/local/sbin/pktvisord", "eth0"], "pktvisord eth0"),
    (["/usr/local/bin/pktvisor-cli", "-h"], "pktvisor-cli -h"),
    (["--admin-api"], "pktvisord --admin-api"),
    (["eth0", "-H", "192.0.2.0/24"], "pktvisord eth0 -H 192.0.2.0/24"),
])
def test_the_first_word_is_the_program(enter, words, expected):
    assert enter(*words).stdout == expected + "\n"


def made(enter, tmp_path, *words, **variables):
    """The configuration of the variables, which the agent accepts; None when there is none."""
    file = tmp_path / "pktvisord.yaml"
    said = enter(*words, **variables).stdout.splitlines()[0]
    if f"--config {file}" not in said:
        return None
    assert said == " ".join(["pktvisord", "--config", str(file), *words])
    run(AGENT, "--check-config", file)
    return file.read_text()


@pytest.mark.parametrize("words, variables, expected", [
    ([], {}, 'iface: "auto"'),
    (["pktvisord"], {}, 'iface: "auto"'),
    ([], {"PKTVISOR_PCAP_IFACE_DEFAULT": "eth0.100"}, 'iface: "eth0.100"'),
    ([], {"PKTVISOR_PCAP_IFACE_DEFAULT": "mock"}, "pcap_source: mock"),
    (["--admin-api"], {"PKTVISOR_PCAP_IFACE_DEFAULT": "eth0"}, 'iface: "eth0"'),
    (["--admin-api"], {"PKTVISOR_PCAP": "true"}, 'iface: "auto"'),
])
def test_a_tap_by_a_variable(enter, tmp_path, words, variables, expected):
    text = made(enter, tmp_path, *[word for word in words if word != "pktvisord"], **variables)
    assert expected in text and "default_pcap:" in text and "tap: default_pcap" in text


@pytest.mark.parametrize("words, variables", [
    (["eth0"], {}),
    (["--admin-api"], {}),
    ([], {"PKTVISORD_IFACE": "eth0"}),
    ([], {"PKTVISORD_CONFIG": "/a.yaml", "PKTVISOR_PCAP_IFACE_DEFAULT": "eth0"}),
    (["--config", "/a.yaml"], {"PKTVISOR_PCAP_IFACE_DEFAULT": "eth0"}),
    (["--config=/a.yaml"], {"PKTVISOR_PCAP": "true"}),
])
def test_who_says_more_gets_no_tap(enter, tmp_path, words, variables):
    assert made(enter, tmp_path, *words, **variables) is None


@pytest.mark.parametrize("variables, text", [
    ({"PKTVISOR_SFLOW": "true"}, "pktvisor: PKTVISOR_SFLOW: this version has no such input\n"),
    ({"PKTVISOR_DNSTAP": "true"}, "pktvisor: PKTVISOR_DNSTAP: this version has no such input\n"),
    ({"PKTVISOR_NETFLOW": "true"}, "pktvisor: PKTVISOR_NETFLOW: this version has no such input\n"),
    ({"PKTVISORD_ARGS": "-b; port 53; eth0"},
     "pktvisor: PKTVISORD_ARGS: options are words behind the image's name, or variables PKTVISORD_NAME\n"),
    ({"REMOTE_URL": "https://prometheus.example.net/push"},
     "pktvisor: REMOTE_URL: a receiver is named by PKTVISORD_REMOTE_WRITE_URL, or in remote_write of the "
     "configuration\n"),
    ({"PKTVISOR_PCAP_IFACE_DEFAULT": 'x"\nvisor:'},
     'pktvisor: PKTVISOR_PCAP_IFACE_DEFAULT: no name of an interface: x"\nvisor:\n'),
])
def test_refusals(enter, variables, text):
    done = enter(check=False, **variables)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", text)


def test_a_folder_that_cannot_be_written(enter):
    done = enter(check=False, TMPDIR="/nonexistent")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == ("pktvisor: PKTVISOR_PCAP_IFACE_DEFAULT needs a /nonexistent/pktvisord.yaml "
                                            "that can be written")


def test_variables_of_the_agent_pass(enter):
    assert "PKTVISORD_DEFAULT_GEO_CITY='/x'" in enter("eth0", PKTVISORD_DEFAULT_GEO_CITY="/x").stdout
