"""Whether a command has printed what a page shows.

`…` within a line stands for any text, alone on a line for any lines, none too. In a block `about`
numbers and times differ from run to run: there a number stands for any other one, but

- 0 stands for 0;
- a percentage for one that is at most 10 points away;
- units and bars go with their number, and any blanks stand for any others.
"""
import fnmatch
import re

ELLIPSIS = "…"
UNITS = {"k", "M", "G", "ns", "us", "µs", "ms", "s"}
BARS = set("█▉▊▋▌▍▎▏▁▂▃▄▅▆▇")
NUMBER = re.compile(r"[\d,]*\d(\.\d+)?")
TOLERANCE = 10


def pattern(text):
    return re.compile(".*".join(re.escape(part) for part in text.rstrip().split(ELLIPSIS)))


def same_line(wanted, got):
    return pattern(wanted).fullmatch(got.rstrip()) is not None


def words(line):
    """Without units and bars; a number that its unit touches stands alone."""
    line = re.sub(r"(?<=\d)(k|M|G|ns|us|µs|ms|s)(?=[\s,]|$)", "", line)
    return [word for word in line.split() if word not in UNITS and not set(word) <= BARS]


def value(word):
    return float(word.replace(",", ""))


def about_same_json(wanted, got):
    """Each number behind a colon is one of its own; digits in texts are any digits."""
    numbers = re.compile(r"(?<=\":)-?\d+(?:\.\d+)?(?=[,}\]])")
    ours, theirs = numbers.findall(wanted), numbers.findall(got)
    text = [re.sub(r"\d+", "0", numbers.sub("0", word)) for word in (wanted, got)]
    return text[0] == text[1] and all((float(a) == 0) == (float(b) == 0) for a, b in zip(ours, theirs))


def about_same_word(wanted, got):
    if ELLIPSIS in wanted:
        return fnmatch.fnmatchcase(got, re.sub(r"([*?[])", r"[\1]", wanted).replace(ELLIPSIS, "*"))
    if wanted.endswith("%") and got.endswith("%"):
        limits = [value(re.sub(r"[<%]", "", word).lstrip(".") or "0") for word in (wanted, got)]
        return abs(limits[0] - limits[1]) <= TOLERANCE
    if NUMBER.fullmatch(wanted) and NUMBER.fullmatch(got):
        return (value(wanted) == 0) == (value(got) == 0)
    if '"' in wanted:
        return about_same_json(wanted, got)
    return re.sub(r"\d+", "0", wanted) == re.sub(r"\d+", "0", got)


def about_same_words(wanted, got):
    """A word `…` stands for any number of them."""
    if not wanted or not got:
        return not got and all(word == ELLIPSIS for word in wanted)
    if wanted[0] == ELLIPSIS:
        return about_same_words(wanted[1:], got) or about_same_words(wanted, got[1:])
    return about_same_word(wanted[0], got[0]) and about_same_words(wanted[1:], got[1:])


def about_same_line(wanted, got):
    return same_line(wanted, got) or about_same_words(words(wanted), words(got))


def find(same, wanted, got, begin):
    """Where the lines `wanted` stand in `got`, from `begin` on; None: nowhere."""
    for at in range(begin, len(got) - len(wanted) + 1):
        if all(map(same, wanted, got[at:])):
            return at
    return None


def difference(wanted, got, about=False):
    """None, or what is not as it should be."""
    same = about_same_line if about else same_line
    theirs, runs = got.rstrip("\n").split("\n"), [[]]
    for line in wanted.rstrip("\n").split("\n"):
        if line.strip() == ELLIPSIS:
            runs.append([])
        else:
            runs[-1].append(line)
    at = 0
    for number, run in enumerate(runs):
        last = number == len(runs) - 1
        # The last run stands at the end, the first at the beginning.
        begin = len(theirs) - len(run) if last and number else at
        place = find(same, run, theirs, begin) if begin >= at else None
        if place is None or (number == 0 and place) or (last and place + len(run) != len(theirs)):
            first = "\n".join(run)
            return f"not printed, or not there:\n{first}\n\nprinted:\n{got}"
        at = place + len(run)
    return None
