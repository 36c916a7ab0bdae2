"""pktvisor-merge as a user meets it."""
import json
import os
import subprocess

import pytest

import documents
from documents import merge
from product import CAPTURES, module, policy, prometheus, run, with_policy
from running import Agent, policy as agent_policy

DNS = CAPTURES / "dns_udp_tcp_random.pcap"
HANDLERS = ("net1", "net2", "dns1", "dns2", "dhcp", "bgp", "pcap")


def rules(**settings):
    return policy(*(module(h, enable=["all"]) if h[:3] in ("net", "dns") else module(h) for h in HANDLERS), **settings)


def sketches(capture=DNS, document=None, *options):
    return with_policy(document or rules(), capture, "--format", "sketches", "--rows", "0", *options).stdout


@pytest.fixture
def kept(tmp_path):
    """Writes bytes to a file of that name."""
    def keep(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return path
    return keep


def without_input(window):
    window["completeness"] = {k: v for k, v in window["completeness"].items() if k != "input"}
    return {k: v for k, v in window.items() if v}


@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.pcap")), ids=lambda path: path.name)
def test_one_document_is_printed_as_by_its_writer(capture):
    (window,) = json.loads(with_policy(rules(), capture).stdout).values()
    merged = json.loads(merge("-", stdin=sketches(capture)).stdout)
    assert merged == {"default": without_input(window)}


def series(text):
    types, found = prometheus(text)
    return {k: v for k, v in types.items() if not k.startswith("pktvisor_input")}, {
        key: value for key, value in found.items() if not key[0].startswith("pktvisor_input")}


def test_prometheus_text_is_that_of_the_writer():
    ours = merge("--format", "prometheus", "-", stdin=sketches()).stdout.decode()
    theirs = with_policy(rules(), DNS, "--format", "prometheus").stdout.decode()
    assert series(ours) == series(theirs)
    text = merge("--format", "openmetrics", "-", stdin=sketches()).stdout.decode()
    assert text.endswith("# EOF\n")


def test_a_page_for_a_person():
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    ours = subprocess.run([documents.MERGE, "--format", "text", "-"], input=sketches(), capture_output=True,
                          check=True, env=environment).stdout.decode()
    theirs = with_policy(rules(), DNS, "--format", "text").stdout.decode()
    assert ours.startswith("1 documents\nfrom 20")
    section = theirs[theirs.index("\nevents"):].split("\n──")[0].split("\n--")[0]
    assert section in ours.replace("──", "--") or section in ours
    assert "── default dns1 (dns 1.0) ───" in ours and "── completeness ──" in ours
    assert all(len(line) <= 80 for line in ours.splitlines())


def test_twice_the_same_is_twice_as_much(kept):
    one = json.loads(merge("-", stdin=sketches()).stdout)["default"]["dns1"]["dns"]
    file = kept("a", sketches())
    for two in merge(file, file), merge("-", stdin=sketches() * 2), merge(file, "-", stdin=sketches()):
        twice = json.loads(two.stdout)["default"]["dns1"]["dns"]
        assert twice["wire_packets"] == {k: 2 * v for k, v in one["wire_packets"].items()}
        # Registers are the same; what their order of updates tells beyond them is lost in a merge.
        assert abs(twice["cardinality"]["qname"] - one["cardinality"]["qname"]) <= 0.01 * one["cardinality"]["qname"]
        assert twice["period"] == one["period"]


def test_merges_nest(kept):
    a, b = sketches(), sketches(CAPTURES / "dns_ipv4_tcp.pcap")
    flat = merge("--topn-count", 3, kept("a", a), kept("b", b)).stdout
    inner = kept("inner", merge("--format", "sketches", "--rows", 0, kept("a", a)).stdout)
    assert merge("--topn-count", 3, inner, kept("b", b)).stdout == flat
    outer = merge("--format", "sketches", "--rows", 0, inner, kept("b", b)).stdout
    assert merge("--topn-count", 3, "-", stdin=outer).stdout == flat


def changed(data, change):
    document = documents.read(data)
    for part in document.parts:
        change(part)
    return documents.write(document)


def from_(agent, tap=""):
    def change(part):
        part.agent, part.tap = agent, tap
    return change


def test_agents_and_taps_kept_apart(kept):
    files = [kept(name, changed(sketches(), from_(name.split("-")[0], name.split("-")[1])))
             for name in ("a-eth0", "a-eth1", "b-eth0")]
    def events(*by):
        return json.loads(merge(*by, *files).stdout)
    one = events()["default"]["dns1"]["dns"]["wire_packets"]["events"] // 3
    by_agent = events("--by", "agent")
    assert {agent: value["default"]["dns1"]["dns"]["wire_packets"]["events"]
            for agent, value in by_agent.items()} == {"a": 2 * one, "b": one}
    by_tap = events("--by", "tap")["default"]
    assert {name: value["dns"]["wire_packets"]["events"]
            for name, value in by_tap.items() if name.startswith("dns1")} == {"dns1@eth0": 2 * one, "dns1@eth1": one}
    both = events("--by", "agent,tap")
    assert set(both) == {"a", "b"} and "dns1@eth1" in both["a"]["default"] and "dns1@eth1" not in both["b"]["default"]
    labels = {(dict(key[1])["instance"], dict(key[1]).get("tap"))
              for key in series(merge("--by", "agent", "--format", "prometheus", *files).stdout.decode())[1]}
    assert labels == {("a", None), ("b", "eth0")}
    nested = merge("--by", "agent", "--format", "sketches", *files).stdout
    assert {part.agent for part in documents.read(nested).parts} == {"a", "b"}


def test_handlers_of_one_name_and_two_types(kept):
    def other(part):
        part.handler = "h"
    one = kept("1", changed(sketches(document=policy(module("dns1"))), other))
    two = kept("2", changed(sketches(document=policy(module("dns2"))), other))
    assert list(json.loads(merge(one, two).stdout)["default"]) == ["h@dns-1.0", "h@dns-2.0"]


def test_minutes_make_a_window(kept):
    def later(part):
        for interval in part.period.intervals:
            interval.start += 120 * 10**9
            interval.end += 120 * 10**9
    first = json.loads(merge("-", stdin=sketches()).stdout)["default"]["dns1"]["dns"]["period"]
    window = json.loads(merge(kept("a", sketches()), kept("b", changed(sketches(), later))).stdout)
    assert window["default"]["dns1"]["dns"]["period"] == {"start_ts": first["start_ts"], "length": 2 * first["length"]}


def test_what_is_not_known_passes(kept):
    def newer(part):
        part.type = "flow" if part.handler == "bgp" else part.type
        row = part.root.rows.add()
        row.id, row.counter = 60000, 5
    files = [kept(name, changed(sketches(), newer)) for name in "ab"]
    done = merge(*files)
    lines = done.stderr.decode().splitlines()
    assert "bgp" not in json.loads(done.stdout)["default"]
    assert lines == [
        "warning: policy default, handler bgp: of type flow 1.0, which is not known here; only sketches have it",
        f"warning: {len(HANDLERS) - 1} metrics are of a newer version and not known here; only sketches have them"]
    done = merge("--format", "sketches", *files)
    assert done.stderr == b""
    for part in documents.read(done.stdout).parts:
        assert [row.counter for row in part.root.rows if row.id == 60000] == [10]


def test_a_conflict_names_file_and_row(kept):
    def other(part):
        row = next(row for row in part.root.rows if row.id == 18 and part.handler == "dns1")
        row.counter = 7
    file = kept("wrong", changed(sketches(document=policy(module("dns1"))), other))
    done = merge(kept("fine", sketches()), file, check=False)
    assert (done.returncode, done.stdout) == (255, b"")
    assert done.stderr.decode() == (
        f"pktvisor-merge: {file}: document 1: part 1 (policy default, handler dns1): row 18 (cardinality.qname): "
        "a counter here, a distinct count elsewhere\n")


REFUSED = {
    "empty": (b"", "{}: empty"),
    "text": (b"sketches\n", "{}: document 1: no zstd frame"),
    "cut": (None, "{}: document 2: the zstd frame is damaged, or not whole"),
    "version": (documents.pack(b"\x08\x09"), "{}: document 1: version 9 of the form, where 1 is known"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_are_refused(kept, name):
    data, text = REFUSED[name]
    fine, file = kept("fine", sketches()), kept("file", sketches() + sketches()[:-5] if data is None else data)
    text = text.format(file)
    done = merge(fine, file, check=False)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (255, b"", f"pktvisor-merge: {text}\n")
    done = merge("--keep-going", file, fine, check=False)
    assert (done.returncode, done.stderr.decode()) == (2, f"warning: {text}\n")
    twice = name == "cut"
    assert done.stdout == merge(fine, *[fine] * twice).stdout


def test_files_that_cannot_be_read(kept, tmp_path):
    for path, reason in (tmp_path / "none", "No such file or directory"), (tmp_path, "Is a directory"):
        done = merge(path, check=False)
        assert (done.returncode, done.stderr.decode()) == (255, f"pktvisor-merge: {path}: {reason}\n")


def test_memory_has_a_limit(kept):
    data = b"".join(changed(sketches(), from_(f"agent-{n}")) for n in range(12))
    assert merge("--memory-limit", 64, "--by", "agent", "-", stdin=data).stdout
    done = merge("--memory-limit", 2, "--by", "agent", "-", stdin=data, check=False)
    assert done.returncode == 255 and b"no memory" in done.stderr


@pytest.mark.parametrize("arguments,text", [
    ([], "no FILE given"),
    (["--format", "xml", "a"], '--format: json, prometheus, openmetrics, text or sketches expected, got "xml"'),
    (["--by", "agent,policy", "a"], '--by: agent or tap expected, got "agent,policy"'),
    (["--rows", "-1", "a"], '--rows: 0 to 65536 expected, got "-1"'),
    (["--topn-count", "0", "a"], '--topn-count: 1 to 65536 expected, got "0"'),
    (["--memory-limit", "much", "a"], '--memory-limit: 0 to 1048576 expected, got "much"'),
    (["--format"], "--format needs an argument"),
    (["-x", "a"], "unknown option -x"),
    (["--unknown", "a"], "unknown option --unknown"),
    (["--hlep"], "unknown option --hlep (did you mean --help?)"),
])
def test_lines_that_make_no_sense(arguments, text):
    done = merge(*arguments, check=False)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (
        255, b"", f"pktvisor-merge: {text} (try --help)\n")


def test_help_and_version():
    assert merge("--help").stdout.startswith(b"Usage: pktvisor-merge [options] FILE...\n")
    assert merge("--version").stdout.startswith(b"pktvisor-merge 4.")
    assert b"1 documents, 7 handlers, " in merge("-v", "-", stdin=sketches()).stderr


def test_nothing_raw_reaches_a_terminal():
    def hostile(part):
        for row in part.root.rows:
            if row.WhichOneof("value") == "top_strings" and part.handler == "dns1":
                items, offset, total = documents.frequent(row.top_strings, True)
                row.top_strings = row.top_strings.replace(next(iter(items))[:4], b"\x1b[3\xff")
    text = merge("--format", "text", "-", stdin=changed(sketches(), hostile)).stdout
    assert rb"\027[3\255" in text and b"\x1b" not in text


# --- From the agent

def test_the_agent_writes_what_it_says(tmp_path):
    """Over a capture file, which stands still: window, bucket, one policy and all of them."""
    with Agent("--admin-api", "--prom-instance", "edge-1") as agent:
        tap = {"version": "1.0", "visor": {"taps": {"file": {"input_type": "pcap", "config": {"pcap_file": str(DNS)}}}}}
        assert agent.post("/api/v1/taps", tap).status == 201
        modules = {"n": {"type": "net"}, "d": {"type": "dns", "metric_groups": {"enable": ["all"]}}}
        for name in "one", "two":
            assert agent.post("/api/v1/policies", agent_policy(name, modules, tap="file")).status == 201
        for policy_name in "one", "__all":
            for period in "bucket/0", "window/2":
                where = f"/api/v1/policies/{policy_name}/metrics"
                said = agent.get(f"{where}/{period}")
                written = agent.get(f"{where}/sketches/{period}?rows=0", headers={"Accept-Encoding": "gzip"})
                if said.status == 425:
                    assert written.status == 425
                    continue
                assert written.headers["Content-Type"] == "application/vnd.pktvisor.sketches+zstd"
                assert "Content-Encoding" not in written.headers
                assert json.loads(merge("-", stdin=written.body).stdout) == said.json
                origins = {(p.agent, p.tap) for p in documents.read(written.body).parts}
                assert origins == {("edge-1", "file")}
