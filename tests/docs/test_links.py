"""Links between pages lead somewhere: to a file of the repository, and to a heading of it."""
import re
from pathlib import Path

import pytest

from machine import SOURCE
from pages import FENCE

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.*?) *#*$", re.M)


def pages():
    found = [*SOURCE.glob("*.md"), *(SOURCE / "docs").rglob("*.md"), *(SOURCE / "tests").rglob("*.md"),
             *(SOURCE / "dashboards").rglob("*.md")]
    return sorted(str(path.relative_to(SOURCE)) for path in found)


def prose(path):
    """Without blocks of code and without code within a line."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", path.read_text()))


def anchor(heading):
    """As GitHub and GitLab make it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(path):
    """A heading that stands twice gets a number."""
    found, seen = set(), {}
    for heading in HEADING.findall(FENCE.sub("", path.read_text())):
        name = anchor(heading)
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.add(f"{name}-{count}" if count else name)
    return found


@pytest.mark.parametrize("page", pages())
def test_links(page):
    path, dead = SOURCE / page, []
    for link in LINK.findall(prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, name = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        inside = target.is_relative_to(SOURCE.resolve())
        if not inside or not target.exists() or (name and name not in anchors(target)):
            dead.append(link)
    assert not dead


def test_the_guide_lists_its_chapters():
    guide = SOURCE / "docs/guide"
    index = (guide / "README.md").read_text()
    chapters = sorted(path.name for path in guide.glob("*.md") if path.name != "README.md")
    assert [name for name in chapters if f"({name})" not in index] == []


@pytest.mark.parametrize("part", ["\n> ", "\n## How to read it\n", "\n## What next\n", "```output"])
def test_chapters_have_a_question_and_an_answer(part):
    chapters = [path for path in (SOURCE / "docs/guide").glob("*.md") if path.name != "README.md"]
    assert [path.name for path in chapters if part not in path.read_text()] == []


def test_pictures_are_shown_somewhere():
    shown = "".join(path.read_text() for path in [SOURCE / "README.md", *(SOURCE / "docs").rglob("*.md")])
    assert [path.name for path in (SOURCE / "docs/pictures").glob("*.svg") if f"pictures/{path.name}" not in shown] == []
