"""Every command of the README and of docs/ is run, page by page, and prints what the page shows."""
import re
from pathlib import Path

import pytest

from machine import SOURCE, machine
from pages import blocks
from runner import run_blocks

# What a page takes as there: other agents, certificates. Run before it, by the same rules.
GIVEN = Path(__file__).resolve().parent / "given"
# Traffic on eth0 while the page's commands run: a story of examples/traffic/make-capture.
STORIES = {
    "docs/guide/amplification.md": "amplification",
    "docs/guide/attack.md": "labels",
    "docs/guide/deleted-records.md": "deleted",
    "docs/guide/dns-latency.md": "slow",
    "docs/guide/places.md": "places",
    "docs/guide/series.md": "labels",
}
# What cannot be run here: how many blocks of a page, and no more. Each says why.
NOT_RUN = {"README.md": 1, "docs/benchmarks.md": 4, "docs/dashboards.md": 2, "docs/install.md": 6,
           "docs/guide/README.md": 1, "docs/guide/install.md": 2, "docs/guide/migrate.md": 2}
# Pages that another test runs.
ELSEWHERE = {"docs/rest.md": "tests/agent/test_rest.py"}


def all_pages():
    return [str(path.relative_to(SOURCE)) for path in [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md",
                                                       *sorted((SOURCE / "docs").rglob("*.md"))]]


def pages_with_commands():
    return [page for page in all_pages() if page not in ELSEWHERE and
            any(block.language == "sh" and block.not_run is None for block in blocks(SOURCE, page))]


@pytest.mark.parametrize("page", pages_with_commands())
def test_commands_print_what_the_page_shows(page):
    given = page.replace("/", "-")  # docs-terminal.md
    before = blocks(GIVEN, given) if (GIVEN / given).exists() else []
    with machine(STORIES.get(page, "everyday")) as place:
        run_blocks(place, before + blocks(SOURCE, page))


LIES = {
    "output": "```sh\necho one\n```\n\n```output\ntwo\n```\n",
    "status": "```sh\nfalse\n```\n",
    "success": "```sh exit=1\ntrue\n```\n",
    "pipe": "```sh\nfalse | cat\n```\n",
    "background": "```sh background\npktvisord --no-such-option\n```\n",
    "name": "A file:\n\n```yaml wrong.yaml\nvisor: {}\n```\n",
}


def test_a_page_that_is_not_true_is_found(tmp_path):
    with machine() as place:
        for name, text in LIES.items():
            (tmp_path / name).write_text(text)
            with pytest.raises(AssertionError):
                run_blocks(place, blocks(tmp_path, name))


def test_other_pages_have_a_test():
    for page, test in ELSEWHERE.items():
        assert (SOURCE / page).exists() and page in (SOURCE / test).read_text()


def not_run(page):
    return [block for block in blocks(SOURCE, page) if block.not_run is not None]


def test_few_commands_are_not_run():
    found = {page: len(not_run(page)) for page in all_pages() if not_run(page)}
    assert found == NOT_RUN


@pytest.mark.parametrize("page", NOT_RUN)
def test_what_is_not_run_says_why(page):
    for block in not_run(page):
        print(f"{block.where}: {block.not_run}")
        assert len(block.not_run) > 20, block.where
        for name in re.findall(r"tests/[a-z_/]+\.py", block.not_run):
            assert (SOURCE / name).exists(), block.where


def test_languages_are_known():
    for page in all_pages():
        for block in blocks(SOURCE, page):
            assert block.language in ("sh", "yaml", "promql", ""), f"{block.where}: who checks {block.language}?"
