import sys
from pathlib import Path

sys.dont_write_bytecode = True
TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "agent"), str(TESTS / "conformance"), str(TESTS.parent / "scripts")]

import pytest  # noqa: E402

import fed  # noqa: E402


@pytest.fixture(scope="session")
def server():
    with fed.server() as running:
        yield running
