"""Every test of upstream.txt exists: the list says which of upstream's own tests is which of ours."""
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
C_TEST, PYTHON_TEST = r"^static void {}\(void \*\*state\)", r"^def {}\("


def rows():
    for line in (TESTS / "conformance/upstream.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            upstream, fact, ours = line.split(" | ")
            yield upstream, fact, ours


def exists(reference):
    path, name = reference.split("::")
    form = C_TEST if path.endswith(".c") else PYTHON_TEST
    file = TESTS / path
    return file.exists() and re.search(form.format(re.escape(name)), file.read_text(), re.M)


def test_every_test_exists():
    missing = [(upstream, reference) for upstream, _, ours in rows() if not ours.startswith("- ")
               for reference in ours.split() if not exists(reference)]
    assert not missing


def test_what_is_left_out_has_a_reason():
    assert all(len(ours) > 10 for _, _, ours in rows() if ours.startswith("- "))
