import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
# product.py, which knows the policies and the reader, lies with the tests of conformance.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))


@pytest.fixture
def pair():
    from namespaces import wire
    with wire() as connected:
        yield connected
