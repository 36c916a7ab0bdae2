#!/usr/bin/env python3
"""How fast the reader is, in ratios measured in one run: scripts/speed.py [--pairs N] [--long].

  cpu      user and system time of `pktvisor-reader --periods 1` on one core, over that of
           `tcpdump -r FILE -w /dev/null`: median of the pairs
  memory   greatest resident size of that run, and of one over a file ten times as long (--long)
  workers  wall time of one worker over that of two, best of the pairs; beside it what the machine
           allows in the same minutes: twice the time of one process over that of two at once

The capture is that of `traffic --preset speed` (2 million packets, 60 % DNS, about 490 MB); it is made
in build/ and kept there. It is read once before, so that it lies in the page cache.
"""
import argparse
import os
import statistics
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
READER = BUILD / "src/reader/pktvisor-reader"
TRAFFIC = BUILD / "tests/generate/traffic"
HOSTS = "198.51.100.0/24,2001:db8:53::/48"


def start(*command, cores=None):
    pid = os.fork()
    if pid == 0:
        if cores:
            os.sched_setaffinity(0, cores)
        null = os.open("/dev/null", os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        os.execvp(command[0], command)
    return pid


def run(*command, cores=None, at_once=1):
    """(CPU seconds, wall seconds, greatest resident MiB) of a whole process, or of several at once."""
    begin = time.monotonic()
    cpu = size = 0
    for pid in [start(*command, cores=cores) for _ in range(at_once)]:
        _, status, usage = os.wait4(pid, 0)
        if status:
            raise SystemExit(f"{' '.join(command)}: status {status}")
        cpu += usage.ru_utime + usage.ru_stime
        size = max(size, usage.ru_maxrss / 1024)
    return cpu, time.monotonic() - begin, size


def reader(capture, *options):
    return [str(READER), "--periods", "1", "-H", HOSTS, *options, str(capture)]


def prepared(name, *options):
    capture = ROOT / "build" / name
    if not capture.exists():
        part = capture.with_suffix(".part")
        subprocess.run([TRAFFIC, "--preset", "speed", *options, part], check=True)
        part.rename(capture)
    with capture.open("rb") as file:
        while file.read(1 << 20):
            pass
    return capture


def compare_cpu(capture, pairs):
    ratios, ours, theirs, sizes = [], [], [], []
    core = {max(os.sched_getaffinity(0))}
    for _ in range(pairs):
        yardstick = run("tcpdump", "-r", str(capture), "-w", "/dev/null", cores=core)
        measured = run(*reader(capture), cores=core)
        ratios.append(measured[0] / yardstick[0])
        ours.append(measured[0])
        theirs.append(yardstick[0])
        sizes.append(measured[2])
    print(f"cpu      {statistics.median(ratios):.2f} times tcpdump "
          f"({min(ratios):.2f} to {max(ratios):.2f}); reader {statistics.median(ours):.2f} s, "
          f"tcpdump {statistics.median(theirs):.2f} s")
    print(f"memory   {max(sizes):.1f} MiB resident")


def compare_workers(capture, pairs):
    one, two, apart = [], [], []
    for _ in range(pairs):  # in turns: a machine that slows down does so for all
        one.append(run(*reader(capture, "--workers", "1"))[1])
        two.append(run(*reader(capture, "--workers", "2"))[1])
        apart.append(run(*reader(capture, "--workers", "1"), at_once=2)[1])
    print(f"workers  {min(one) / min(two):.2f} times faster by two; {min(one):.2f} s and "
          f"{min(two):.2f} s; machine's own {2 * min(one) / min(apart):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--long", action="store_true", help="the long file too (5 GB in build/)")
    options = parser.parse_args()
    capture = prepared("speed.pcap")
    compare_cpu(capture, options.pairs)
    compare_workers(capture, options.pairs)
    if options.long:
        long = prepared("speed-long.pcap", "--packets", "20000000", "--seconds", "780")
        print(f"memory   {run(*reader(long))[2]:.1f} MiB resident, file ten times as long")
        long.unlink()


if __name__ == "__main__":
    main()
