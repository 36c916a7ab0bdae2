"""The ten longest functions and files, for the eye.

A function runs from a brace in column 0 to its partner in column 0, as .clang-format lays it out;
its name is the word before the first parenthesis of the line or lines above the brace.
"""
import re
import sys
from pathlib import Path

FOLDERS = ("src", "tests")


def functions(lines):
    """Yields (lines from brace to brace, first line, name)."""
    opened = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            opened = number
        elif line.startswith("}") and opened:
            yield number - opened + 1, opened, name_above(lines, opened - 2)
            opened = None


def name_above(lines, at):
    while at > 0 and not re.match(r"\w.*\(", lines[at]):
        at -= 1
    found = re.search(r"(\w+)\s*\(", lines[at])
    return found.group(1) if found else "?"


def show(root, count=10):
    files = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.[ch]"))
    texts = {path.relative_to(root): path.read_text().splitlines() for path in files}
    longest_functions = sorted(((size, f"{path}:{line} {name}") for path, lines in texts.items()
                                for size, line, name in functions(lines)), reverse=True)
    longest_files = sorted(((len(lines), str(path)) for path, lines in texts.items()), reverse=True)
    for title, rows in ("functions", longest_functions), ("files", longest_files):
        print(f"\nLongest {title}, in lines:")
        for size, place in rows[:count]:
            print(f"{size:6} {place}")


if __name__ == "__main__":
    show(Path(__file__).resolve().parent.parent)
    sys.exit(0)
