#!/usr/bin/env python3
"""How fast a fleet's minute is merged, and how large minutes are: scripts/merge_speed.py [--agents N].

  size    a default policy's minute of `traffic --preset speed` (1.5 million packets), packed, and what
          of it is due to which metric
  merge   CPU time and memory of `pktvisor-merge` over the minutes of N agents (1,000 unless told), on one
          core, best of five; and with the documents as one file
  ratio   the same over `zstd -t` of the same documents, which unpacks and checks them alone

An agent's minute is that of a capture of its own (200,000 packets, another seed: other clients, names in
other proportions). They are made once, which takes a few minutes, and kept in build/minutes.
"""
import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from speed import HOSTS, READER, ROOT, TRAFFIC, run

MERGE = ROOT / "build/release/src/merge/pktvisor-merge"
MINUTES = ROOT / "build/minutes"
ROUNDS = 5


def make(path, packets, seed):
    if path.exists():
        return path
    part = path.with_suffix(".part")
    traffic = subprocess.Popen([TRAFFIC, "--preset", "speed", "--packets", str(packets), "--seconds", "60",
                                "--seed", str(seed), "-"], stdout=subprocess.PIPE)
    with part.open("wb") as out:
        subprocess.run([READER, "--periods", "1", "-H", HOSTS, "--format", "sketches", "--instance",
                        f"agent-{seed}", "-"], stdin=traffic.stdout, stdout=out, stderr=subprocess.DEVNULL,
                       check=True)
    if traffic.wait():
        raise SystemExit("traffic failed")
    part.rename(path)
    return path


def sizes():
    document = make(MINUTES / "full.sketches", 1500000, 1)
    print(f"size     {document.stat().st_size / 1024:.1f} KiB packed: the minute of 1.5 million packets")
    sys.stdout.flush()
    subprocess.run([sys.executable, ROOT / "scripts/sketch_sizes.py", document], check=True)


def measure(name, *files):
    core = {max(os.sched_getaffinity(0))}
    runs = [run(str(MERGE), *map(str, files), cores=core) for _ in range(ROUNDS)]
    check = min(run("zstd", "-q", "-t", *map(str, files), cores=core)[0] for _ in range(ROUNDS))
    cpu, memory = min(r[0] for r in runs), max(r[2] for r in runs)
    print(f"{name:8} {cpu:.2f} s of CPU, {memory:.1f} MiB resident; {cpu / check:.1f} times zstd -t")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=1000)
    agents = parser.parse_args().agents
    MINUTES.mkdir(parents=True, exist_ok=True)
    sizes()
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        files = list(pool.map(lambda n: make(MINUTES / f"{n}.sketches", 200000, n), range(1, agents + 1)))
    total = sum(file.stat().st_size for file in files)
    print(f"minutes  {agents} agents, {total / agents / 1024:.1f} KiB each")
    measure("merge", *files)
    joined = MINUTES / "all.sketches"
    with joined.open("wb") as out:
        for file in files:
            out.write(file.read_bytes())
    measure("joined", joined)


if __name__ == "__main__":
    main()
