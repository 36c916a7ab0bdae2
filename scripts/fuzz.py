#!/usr/bin/env python3
"""Fuzzes every decoder and parser: scripts/fuzz.py [--seconds N] [NAME ...].

Two targets at a time. The corpus of a target grows in build/corpus/NAME, from the seeds in
tests/fuzz/seeds/NAME and those that tests/fuzz/seeds.py takes from recordings. What crashes is kept
in build/crashes; moved to the seeds of its target, it is a regression test.
"""
import argparse
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/fuzz"
PARALLEL = 2
SECONDS_PER_INPUT = 10
MEMORY_MB = 2048
GREATEST_INPUT = 65536


@dataclass
class Result:
    name: str
    failed: bool
    executions: int
    per_second: int
    edges: int
    inputs: int
    log: Path


def targets():
    return sorted(path.name.removeprefix("fuzz_").removesuffix(".c")
                  for path in (ROOT / "tests/fuzz").glob("fuzz_*.c"))


def last_number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def run_one(name, seconds):
    corpus, crashes, logs = (ROOT / "build" / folder for folder in
                             (f"corpus/{name}", "crashes", "fuzz-logs"))
    for folder in corpus, crashes, logs:
        folder.mkdir(parents=True, exist_ok=True)
    seeds = [ROOT / f"tests/fuzz/seeds/{name}", BUILD / f"tests/fuzz/recorded/{name}"]
    log = logs / f"{name}.log"
    with log.open("w") as out:
        status = subprocess.run(
            ["nice", BUILD / f"tests/fuzz/fuzz_{name}", f"-max_total_time={seconds}",
             f"-timeout={SECONDS_PER_INPUT}", f"-rss_limit_mb={MEMORY_MB}",
             f"-max_len={GREATEST_INPUT}", "-print_final_stats=1",
             f"-artifact_prefix={crashes / name}-", corpus, *filter(Path.is_dir, seeds)],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=BUILD).returncode
    text = log.read_text(errors="replace")
    return Result(name=name, failed=status != 0,
                  executions=last_number(r"number_of_executed_units: (\d+)", text),
                  per_second=last_number(r"average_exec_per_sec: *(\d+)", text),
                  edges=last_number(r"\bcov: (\d+)", text),
                  inputs=last_number(r"\bcorp: (\d+)", text), log=log)


def run_all(names, seconds):
    """Runs the named targets (all when none is named), prints the table, returns the results."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        results = list(pool.map(lambda name: run_one(name, seconds), names or targets()))
    for result in results:
        if result.failed:
            print(f"\nfuzz_{result.name} ({result.log.relative_to(ROOT)}):")
            print(result.log.read_text(errors="replace")[-6000:])
    print(f"{'target':20} {'executions':>12} {'a second':>9} {'edges':>6} {'corpus':>7}")
    for result in results:
        print(f"{result.name:20} {result.executions:12,} {result.per_second:9,} {result.edges:6} "
              f"{result.inputs:7}{'  FAILED' if result.failed else ''}", flush=True)
    return results


def main():
    parser = argparse.ArgumentParser(description="fuzzes every decoder and parser")
    parser.add_argument("--seconds", type=int, default=30, help="for each target")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of fuzz_NAME.c; all by default")
    args = parser.parse_args()
    for command in ["scripts/configure", "fuzz"], ["ninja", "-C", str(BUILD), "--quiet"]:
        if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode != 0:
            return 1
    return 1 if any(result.failed for result in run_all(args.names, args.seconds)) else 0


if __name__ == "__main__":
    sys.exit(main())
