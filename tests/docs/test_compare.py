"""The rules of compare.py, and that a page that is not true is found."""
import pytest

from compare import difference

SAME = [
    ("a\nb\n", "a\nb\n", False),
    ("a\n…\nd\n", "a\nb\nc\nd\n", False),
    ("a\n…\nb\n", "a\nb\n", False),
    ("…\nd\n", "a\nd\n", False),
    ("a\n…\n", "a\nb\nc\n", False),
    ("…\nb\n…\nb\n", "a\nb\nb\n", False),
    ("since … UTC\n", "since 11:22 UTC\n", False),
    ("total 266k 44%  up 1.5 ms ▄▄\n", "total   1,066   47% up 20 us  ▄▅▆\n", True),
    ("xn.example.com ███▍ 53 0.1%\n", "xn.example.com █ 2 <.1%\n", True),
    ("… www ████ 5 2%\n", "mial ██ 3 1%  www █ 7 2.5%\n", True),
    ("a … b …\n", "a 1 2 b\n", True),
    ('{"p50":26.6,"up":5,"at":"10.0.0.1"}\n', '{"p50":27,"up":12,"at":"192.0.2.53"}\n', True),
    ("from 11:22:00 UTC, 266 s\n", "from 09:01:13 UTC, 3 s\n", True),
]
OTHER = [
    ("a\nb\n", "a\nc\n", False),
    ("a\nb\n", "a\nb\nc\n", False),
    ("a\n…\nd\n", "a\nb\nc\n", False),
    ("…\nb\n…\nb\n", "a\nb\n", False),
    ("12\n", "13\n", False),
    ("… www ████ 5 2%\n", "mial ██ 3 1%  mail █ 7 2.5%\n", True),
    ('{"dropped":0,"up":5}\n', '{"dropped":3,"up":5}\n', True),
    ("dropped 0\n", "dropped 3\n", True),
    ("udp 44%\n", "udp 64%\n", True),
    ("www.example.com 3\n", "mail.example.com 3\n", True),
]


@pytest.mark.parametrize("wanted, got, about", SAME)
def test_same(wanted, got, about):
    assert difference(wanted, got, about) is None


@pytest.mark.parametrize("wanted, got, about", OTHER)
def test_other(wanted, got, about):
    assert difference(wanted, got, about)
