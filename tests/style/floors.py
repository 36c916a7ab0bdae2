#!/usr/bin/env python3
"""No file of src includes from a higher floor. The order is that of src/meson.build."""
import re
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src"
INCLUDE = re.compile(r'\s*#\s*include\s*"([^"]+)"')


def floors():
    """Floors from the lowest up: the keys of the table, then the folders that come after it."""
    text = (SRC / "meson.build").read_text()
    table = re.search(r"floors = \{(.*?)\}", text, re.S).group(1)
    return re.findall(r"^\s*'(\w+)':", table, re.M) + re.findall(r"^subdir\('(\w+)'\)", text, re.M)


def faults(path, height):
    own = path.relative_to(SRC).parts[0]
    if own not in height:
        yield f"{path}: no floor of src/meson.build is called {own}"
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        floor = found.group(1).split("/")[0]
        if not (SRC / found.group(1)).is_file():
            yield f"{path}:{number}: \"{found.group(1)}\" is not a path from src/"
        elif height[floor] > height[own]:
            yield f"{path}:{number}: {own} includes from {floor}, which stands above it"


def main():
    height = {floor: number for number, floor in enumerate(floors())}
    found = [fault for path in sorted(SRC.rglob("*.[ch]")) for fault in faults(path, height)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
