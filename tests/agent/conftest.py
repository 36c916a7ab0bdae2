import sys

sys.dont_write_bytecode = True

import pytest  # noqa: E402

from running import Certificate  # noqa: E402


@pytest.fixture
def certificate(tmp_path):
    return Certificate(tmp_path)
