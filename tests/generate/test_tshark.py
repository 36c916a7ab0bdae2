"""tshark reads what the generator writes: no malformed frame, no wrong checksum, and the same numbers
of DNS messages, questions, answers and rcodes as in the truth. Exits with 77 where there is none."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

TRAFFIC = os.environ["TRAFFIC"]
CHECKSUMS = [option for protocol in ("ip", "udp", "tcp") for option in
             ("-o", f"{protocol}.check_checksum:TRUE")]
WRONG = " || ".join(["_ws.malformed", *(f"{protocol}.checksum.status==0" for protocol in
                                        ("ip", "udp", "tcp", "icmp", "icmpv6"))])
DNS = "dns || mdns || llmnr"
# What tshark cannot decode as it stands: names are cut on purpose.
NOT_DECODED = {"snapped", "empty"}


def tshark(capture, *options):
    # Segments that come out of order are put in order before they are decoded.
    command = ["tshark", "-n", "-2", "-o", "tcp.reassemble_out_of_order:TRUE", "-r", capture, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def generate(folder, name, *options):
    capture, truth = folder / f"{name}.pcap", folder / f"{name}.json"
    subprocess.run([TRAFFIC, "--truth", truth, *options, capture], check=True)
    return capture, json.loads(truth.read_text())


def cases():
    text = subprocess.run([TRAFFIC, "--help"], check=True, capture_output=True, text=True).stdout
    return [line.split()[0] for line in text.split("\ncases\n")[1].splitlines()]


def check_well_formed(capture):
    found = tshark(capture, *CHECKSUMS, "-Y", WRONG, "-T", "fields", "-e", "frame.number", "-e",
                   "_ws.col.Info")
    assert not found, f"{capture.name}: {found[:5]}"


def check_messages(capture, truth):
    counts = Counter()
    for line in tshark(capture, "-Y", DNS, "-T", "fields", "-e", "dns.flags.response", "-e",
                       "dns.flags.rcode"):
        responses, _, rcodes = line.partition("\t")
        counts.update("replies" if value in ("1", "True") else "queries"
                      for value in responses.split(","))
        counts.update(f"rcode {rcode}" for rcode in rcodes.split(",") if rcode)
    wire = truth["dns 1.0"]["dns"]["wire_packets"]
    expected = {"queries": wire["queries"], "replies": wire["replies"],
                "rcode 0": wire["noerror"], "rcode 3": wire["nxdomain"],
                "rcode 2": wire["srvfail"], "rcode 5": wire["refused"]}
    assert counts == +Counter(expected), f"{capture.name}: {dict(counts)} is not {expected}"


def check_segments(capture, truth):
    late = "tcp.len > 0 && (tcp.analysis.retransmission || tcp.analysis.out_of_order)"
    found = len(tshark(capture, "-Y", late))
    assert found == truth["capture"]["late_segments"] > 0, f"{capture.name}: {found} late segments"


def main():
    if not shutil.which("tshark"):
        print("no tshark")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for name in cases():
            if name not in NOT_DECODED:
                check_well_formed(generate(folder, name, "--case", name)[0])
        for name in ("small", "truth"):
            capture, truth = generate(folder, name, "--preset", name, "--packets", "5000")
            check_well_formed(capture)
            check_messages(capture, truth)
        check_segments(*generate(folder, "lossy", "--packets", "10000", "--loss", "0.05",
                                 "--tcp-share", "0.5"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
