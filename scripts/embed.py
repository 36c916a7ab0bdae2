#!/usr/bin/env python3
"""Makes a C source of a file: embed.py FILE NAME prints `const char NAME[]`, which ends with a zero."""
import sys
from pathlib import Path


def main():
    content, name = Path(sys.argv[1]).read_bytes() + b"\0", sys.argv[2]
    print(f"extern const char {name}[];\nconst char {name}[] = {{")
    for at in range(0, len(content), 16):
        print("    " + ", ".join(f"{byte if byte < 128 else byte - 256}" for byte in content[at : at + 16]) + ",")
    print("};")


if __name__ == "__main__":
    main()
