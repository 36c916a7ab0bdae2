#!/usr/bin/env python3
"""No file of src calls a function of banned.txt, unless its row allows that file."""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SRC = HERE.parents[1] / "src"
# Comments and literals, which may mention anything; their line ends are kept for the numbers.
SILENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def table():
    rows = (HERE / "banned.txt").read_text().splitlines()
    for name, allowed, reason in (row.split(None, 2) for row in rows if not row.startswith("#")):
        yield name, allowed.split(","), reason


def main():
    banned = {name: (allowed, reason) for name, allowed, reason in table()}
    call = re.compile(r"(?<![\w.>])(" + "|".join(banned) + r")\s*\(")
    failed = False
    for path in sorted(SRC.rglob("*.[ch]")):
        code = SILENT.sub(lambda found: "\n" * found.group().count("\n"), path.read_text())
        for number, line in enumerate(code.splitlines(), 1):
            for name in call.findall(line):
                allowed, reason = banned[name]
                if str(path.relative_to(SRC)) not in allowed:
                    print(f"{path}:{number}: {name}: {reason}")
                    failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
