"""The blocks of a page, and the rules that `docs/guide/README.md` gives for them.

A block's first line says what it is: a language, and behind it how the test treats it.

  sh                     run, must end with 0; `sh exit=1`: with 1
  sh background          started, and running until the page ends; the next block waits for its port
  sh terminal            run in a terminal of 80 x 24 and ended with q; what follows is its screen
  sh not-run: WHY        not run; WHY names the test that covers it, or says why there is none
  output, json           what the block of commands before it has printed; `…` is any text, alone on a line
                         any lines; `output about`: see compare.py
  yaml NAME              written to the file NAME; every block of YAML must be valid, but `yaml NAME with faults`
  promql                 expressions, apart by a blank line
"""
import re
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```$", re.S | re.M)


@dataclass
class Block:
    page: str
    line: int
    language: str
    words: str  # behind the language
    text: str
    before: str = ""  # what the page says between the block before and this one
    output: "Block | None" = field(default=None)

    @property
    def where(self):
        return f"{self.page}:{self.line}"

    @property
    def not_run(self):
        """Why, or None."""
        return self.words.removeprefix("not-run:").strip() if self.words.startswith("not-run:") else None

    @property
    def status(self):
        found = re.search(r"exit=(\d+)", self.words)
        return int(found[1]) if found else 0


def unindent(text, by):
    return "".join(line[by:] if line[:by].isspace() else line for line in text.splitlines(keepends=True))


def blocks(root, page):
    """In the order of the page; an output belongs to the commands before it."""
    text, found, end = (Path(root) / page).read_text(), [], 0
    # What looks like a fence and is none, such as one with ` behind it, would hide the block.
    fences, matches = re.findall(r"^ *```", text, re.M), list(FENCE.finditer(text))
    assert len(fences) == 2 * len(matches), f"{page}: {len(fences)} fences for {len(matches)} blocks"
    for match in matches:
        language, _, words = match[2].strip().partition(" ")
        block = Block(page, text.count("\n", 0, match.start()) + 1, language, words.strip(),
                      unindent(match[3], len(match[1])), text[end:match.start()])
        end = match.end()
        if language in ("output", "json") and found and found[-1].language == "sh" and not found[-1].output:
            found[-1].output = block
        else:
            found.append(block)
    return found
