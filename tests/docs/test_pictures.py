"""The pictures of the README are what the programs are."""
import subprocess
import xml.etree.ElementTree as tree

from machine import SOURCE

PICTURES = SOURCE / "docs/pictures"
SCREEN = "overview_80x24"


def words(path):
    """What a picture says."""
    return [element.text for element in tree.parse(path).iter() if element.tag.endswith("text")]


def test_the_terminal_is_a_recorded_screen():
    drawn = subprocess.run([SOURCE / "scripts/picture.py", SCREEN], capture_output=True, text=True, check=True).stdout
    assert drawn == (PICTURES / "terminal.svg").read_text(), \
        f"not current: scripts/picture.py {SCREEN} >docs/pictures/terminal.svg"
    assert "queries" in words(PICTURES / "terminal.svg")


def test_the_way_of_a_packet_is_that_of_the_architecture():
    """Each station is one that the page names."""
    page = (SOURCE / "docs/architecture.md").read_text()
    said = " ".join(words(PICTURES / "data-path.svg"))
    for station in ["kernel ring", "fan-out", "256 KiB", "decode once", "history", "totals", "Prometheus", "remote write",
                    "OTLP", "pktvisor-merge", "pktvisor-reader"]:
        assert station in page and station in said, station
