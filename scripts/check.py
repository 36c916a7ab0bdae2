"""Runs every test of the house and counts; ./check sets the machine up and calls this.

A part is a row of PARTS, or the name of a test suite of the release build (unit, conformance, ...).
Suites with a meaning of their own:
  threads   run under TSan as well
  no-asan   too slow, or senseless, under ASan
  long      only with --long
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import fuzz
import longest

ROOT = Path(__file__).resolve().parent.parent
READER = ROOT / "build/release/src/reader/pktvisor-reader"
AGENT = ROOT / "build/release/src/agent/pktvisord"
CLI = ROOT / "build/release/src/tui/pktvisor-cli"
IN_CI = os.environ.get("CI") == "true"

# Each names the place at fault and exits with a status that is not 0.
STYLE = {
    "floors": ["tests/style/floors.py"],
    "banned": ["tests/style/banned.py"],
    "formatting": ["tests/style/formatting"],
    "metric-docs": ["tests/style/metric-docs", str(READER)],
    "option-docs": ["tests/style/option-docs", str(AGENT)],
    "key-docs": ["tests/style/key-docs", str(AGENT)],
    "rest-docs": ["tests/style/rest-docs", str(AGENT)],
    "terminal-docs": ["tests/style/terminal-docs", str(CLI)],
    "dashboards": ["scripts/dashboards.py", "--check"],
}

OUTCOMES = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}
# cmocka and pytest leave out single tests without a word in their exit status.
SKIPPED_INSIDE = re.compile(r"^\[  SKIPPED \]|^=+ .*\b[1-9]\d* skipped", re.M)


@dataclass
class Tally:
    """What one part has shown: how each of its tests ended, and how long it all took."""
    part: str
    outcomes: Counter = field(default_factory=Counter)
    bad: list = field(default_factory=list)
    seconds: float = 0

    def add(self, name, outcome):
        if outcome == "skipped" and IN_CI:
            outcome, name = "failed", name + " (skipped, which CI does not accept)"
        self.outcomes[outcome] += 1
        if outcome != "passed":
            self.bad.append(f"{self.part}: {name}: {outcome}")


def run(command, **more):
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, **more)


def build(name, tally):
    """Sets up and builds build/<name>; what goes wrong counts as one failed test."""
    done = run(["scripts/configure", name]).returncode == 0
    if done:
        log = run(["ninja", "-C", f"build/{name}"], stdout=subprocess.PIPE,
                  stderr=subprocess.STDOUT, text=True)
        done = log.returncode == 0
        if not done:
            print(log.stdout[-8000:])
    if not done:
        tally.add(f"build of {name}", "failed")
    return done


def meson_test(folder, options, tally):
    """Runs tests of a build folder and counts them from the log that meson keeps. Of the release one
    more than there are processors: most of those that may run side by side wait."""
    if not build(folder, tally):
        return
    logbase = f"check-{tally.part}"
    log = ROOT / f"build/{folder}/meson-logs/{logbase}.json"
    log.unlink(missing_ok=True)
    status = run([*without_random_addresses(folder), "meson", "test", "-C", f"build/{folder}",
                  "--no-rebuild", "--print-errorlogs", "--logbase", logbase,
                  "--num-processes", str(os.cpu_count() + (folder == "release")),
                  *options]).returncode
    lines = log.read_text().splitlines() if log.exists() else []
    for line in lines:
        row = json.loads(line)
        outcome = OUTCOMES.get(row["result"], "failed")
        if outcome == "passed" and SKIPPED_INSIDE.search(row.get("stdout") or ""):
            outcome = "skipped"
        tally.add(row["name"], outcome)
    if status != 0 and not tally.outcomes["failed"]:
        tally.add("meson test", "failed")


def without_random_addresses(folder):
    """TSan's shadow memory has no room for the widest address randomisation of newer kernels."""
    if folder != "tsan":
        return []
    fixed = ["setarch", os.uname().machine, "-R"]
    return fixed if run([*fixed, "true"], stderr=subprocess.DEVNULL).returncode == 0 else []


def part_style(tally, args):
    build("release", tally)
    for name, command in STYLE.items():
        done = run(command).returncode == 0
        print(f"{'ok  ' if done else 'FAIL'} {name}", flush=True)
        tally.add(name, "passed" if done else "failed")


def part_release(tally, args):
    meson_test("release", [] if args.long else ["--no-suite", "long"], tally)


def part_asan(tally, args):
    meson_test("asan", ["--no-suite", "no-asan", "--no-suite", "long"], tally)


def part_tsan(tally, args):
    meson_test("tsan", ["--suite", "threads"], tally)


def part_fuzz(tally, args):
    if not build("fuzz", tally):
        return
    for result in fuzz.run_all([], seconds=600 if args.long else 30):
        tally.add(result.name, "failed" if result.failed else "passed")


def part_bench(tally, args):
    meson_test("release", ["--benchmark", "--verbose"], tally)


def part_suite(tally, args):
    meson_test("release", ["--suite", tally.part], tally)


# name: (what runs it, only with --long or by name, help)
PARTS = {
    "style": (part_style, False, "floors, banned functions, formatting, documents made of tables"),
    "release": (part_release, False, "all tests of the release build"),
    "asan": (part_asan, False, "all tests under ASan and UBSan, unit tests with failing allocations"),
    "tsan": (part_tsan, False, "the tests of the suite threads under TSan"),
    "fuzz": (part_fuzz, False, "each fuzz target, 30 s (10 minutes with --long)"),
    "bench": (part_bench, True, "benchmarks of the release build"),
}


def suites():
    """Names of the suites of the release build; none before it has been set up."""
    listing = run(["meson", "introspect", "--tests", "build/release"], stdout=subprocess.PIPE,
                  stderr=subprocess.DEVNULL, text=True)
    if listing.returncode != 0:
        return []
    found = {suite.split(":")[-1] for test in json.loads(listing.stdout) for suite in test["suite"]}
    return sorted(found - {"pktvisor"})


def chosen(args):
    if args.parts:
        return args.parts
    return [name for name, (_, only_long, _) in PARTS.items() if args.long or not only_long]


def show_list():
    for name, (_, only_long, text) in PARTS.items():
        print(f"{name:12} {text}{' (with --long)' if only_long else ''}")
    for name in suites():
        print(f"{name:12} suite of the release build")


def summary(tallies):
    print(f"\n{'part':12} {'passed':>7} {'failed':>7} {'skipped':>7} {'seconds':>8}")
    for tally in tallies:
        count = tally.outcomes
        print(f"{tally.part:12} {count['passed']:7} {count['failed']:7} {count['skipped']:7} "
              f"{tally.seconds:8.1f}")
    for line in (line for tally in tallies for line in tally.bad):
        print(line)
    total = sum((tally.outcomes for tally in tallies), Counter())
    print(f"\n{total['passed']} passed, {total['failed']} failed")
    return 1 if total["failed"] else 0


def main():
    parser = argparse.ArgumentParser(prog="./check", description="every test of the house")
    parser.add_argument("--long", action="store_true", help="soaks, benchmarks, long fuzzing too")
    parser.add_argument("--list", action="store_true", help="name the parts and end")
    parser.add_argument("parts", nargs="*", metavar="PART", help="run these parts only")
    args = parser.parse_args()
    if args.list:
        return show_list()
    tallies = []
    for part in chosen(args):
        print(f"\n== {part}", flush=True)
        tally = Tally(part)
        begun = time.monotonic()
        if part not in PARTS and not (build("release", tally) and part in suites()):
            tally.add("no such part or suite", "failed")
        else:
            PARTS.get(part, (part_suite,))[0](tally, args)
        tally.seconds = time.monotonic() - begun
        tallies.append(tally)
    longest.show(ROOT)
    return summary(tallies)


if __name__ == "__main__":
    sys.exit(main())
