"""What the pages of docs say in examples is true: every whole document of YAML is valid."""
import os
import re
import subprocess
from pathlib import Path

import pytest

from running import AGENT, Agent

SOURCE = Path(os.environ.get("PKTVISOR_SOURCE", "."))
PAGES = ["docs/policies.md"]


def documents():
    for page in PAGES:
        for number, text in enumerate(re.findall(r"^```yaml\n(.*?)^```$", (SOURCE / page).read_text(), re.S | re.M)):
            if "taps:" in text:
                yield pytest.param(text, id=f"{page}-{number}")


@pytest.mark.parametrize("text", documents())
def test_documents_are_valid(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    done = subprocess.run([AGENT, "--check-config", path], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}: valid\n", "")


def commands(page):
    """Blocks of shell that ask an agent."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (SOURCE / page).read_text(), re.S | re.M)
    return [block for block in blocks if block.startswith("curl ") and "localhost:10853" in block]


def test_the_first_steps():
    with Agent("--admin-api", "lo", tcp=True) as agent:
        blocks = commands("README.md")
        assert len(blocks) == 3
        for block in blocks:
            block = block.replace("localhost:10853", f"localhost:{agent.port}").replace(
                "curl ", "curl --silent --show-error --fail-with-body ")
            done = subprocess.run(["sh", "-ec", block], capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, (block, done.stdout, done.stderr)
