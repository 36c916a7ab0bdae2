#!/usr/bin/env python3
"""Draws a recorded screen of pktvisor-cli (tests/tui/screens) as SVG: scripts/picture.py SCREEN >FILE.

    scripts/picture.py overview_80x24 >docs/pictures/terminal.svg

Text stands on a grid of cells whatever font there is; bars and lines are drawn, since fonts leave gaps
between them.
"""
import itertools
import sys
from html import escape
from pathlib import Path

SCREENS = Path(__file__).resolve().parent.parent / "tests/tui/screens"
WIDTH, HEIGHT, MARGIN, TITLE = 9, 18, 14, 28  # of a cell, around all, of the window's title
SIZE, BASE = 15, 14  # of the font; its line within a cell

BACK, FORE = "#16181d", "#d7dae0"
CYAN, GREEN, YELLOW, BLUE, RED, DIM = "#56b6c2", "#98c379", "#e5c07b", "#2f5d9b", "#c04b4b", "#7d8590"
# Letters of tests/unit/tui/canvas_text.h: (colour, background, bold), as src/tui/screen.c paints them.
STYLES = {
    ".": (FORE, None, False), "b": ("#ffffff", BLUE, False), "w": (BACK, YELLOW, False),
    "a": ("#ffffff", RED, True), "t": (FORE, None, False), "T": (BACK, FORE, True),
    "r": (DIM, None, False), "i": (CYAN, None, True), "f": (BACK, CYAN, True), "L": (CYAN, None, False),
    "v": ("#ffffff", None, True), "s": (DIM, None, False), "S": (GREEN, None, False),
    "m": (GREEN, None, False), "k": (YELLOW, None, True), "o": (DIM, None, False),
}
LOWER, LEFT = "▁▂▃▄▅▆▇█", "▏▎▍▌▋▊▉█"  # one to eight eighths


def rectangle(x, y, width, height, colour):
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{colour}"/>'


def drawn(character, x, y, colour):
    """A bar or a line; None: a character of text."""
    if character == "─":
        return rectangle(x, y + HEIGHT / 2 - 0.5, WIDTH, 1, colour)
    if character in LEFT:
        return rectangle(x, y + 3, WIDTH * (LEFT.index(character) + 1) / 8, HEIGHT - 6, colour)
    if character in LOWER:
        height = HEIGHT * (LOWER.index(character) + 1) / 8
        return rectangle(x, y + HEIGHT - height, WIDTH, height, colour)
    return None


def words(text):
    """(column, word): blanks are not drawn."""
    for blank, group in itertools.groupby(enumerate(text), key=lambda pair: pair[1] == " "):
        if not blank:
            (column, _), *_ = pairs = list(group)
            yield column, "".join(character for _, character in pairs)


def draw_text(text, x, y, colour, bold):
    weight = ' font-weight="bold"' if bold else ""
    for column, word in words(text):
        yield (f'<text x="{x + column * WIDTH}" y="{y + BASE}" textLength="{len(word) * WIDTH}"'
               f' fill="{colour}"{weight}>{escape(word)}</text>')


def draw_run(text, style, x, y):
    """Cells of one style."""
    colour, back, bold = STYLES[style]
    if back:
        yield rectangle(x, y, len(text) * WIDTH, HEIGHT, back)
    plain = ""
    for number, character in enumerate(text):
        shape = drawn(character, x + number * WIDTH, y, colour) if character != " " else None
        plain += " " if shape else character
        if shape:
            yield shape
    yield from draw_text(plain, x, y, colour, bold)


def draw_line(text, styles, y):
    """Styles end with the last cell that has one."""
    styles = styles.ljust(len(text), ".")
    text = text.ljust(len(styles))
    at = 0
    for style, run in itertools.groupby(styles):
        length = len(list(run))
        yield from draw_run(text[at:at + length], style, MARGIN + at * WIDTH, y)
        at += length


def draw(name):
    lines = (SCREENS / f"{name}.txt").read_text().splitlines()
    styles = (SCREENS / f"{name}.styles").read_text().splitlines()
    columns = max(map(len, lines + styles))
    width, height = columns * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + TITLE + MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
           f' font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="{SIZE}">')
    yield "<title>pktvisor-cli on a terminal</title>"
    yield f'<rect width="{width}" height="{height}" rx="8" fill="{BACK}"/>'
    for number, colour in enumerate([RED, YELLOW, GREEN]):
        yield f'<circle cx="{MARGIN + 6 + number * 18}" cy="{TITLE / 2:g}" r="5" fill="{colour}"/>'
    for number, (line, style) in enumerate(itertools.zip_longest(lines, styles, fillvalue="")):
        yield from draw_line(line, style, TITLE + number * HEIGHT)
    yield "</svg>"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: scripts/picture.py SCREEN >FILE (a name of tests/tui/screens)")
    print("\n".join(draw(sys.argv[1])))


if __name__ == "__main__":
    main()
