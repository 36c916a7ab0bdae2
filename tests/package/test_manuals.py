"""Manuals and completion that are made from a tool's --help."""
import os

import pytest

from running import SOURCE, need, run

HELP = """Usage: pktvisor-made [options] FILE

Is made for a test. .TH is no macro here.

What it reads:
  -c, --config FILE   a policy
  --periods P         minutes: with a text that
                      goes on
How it answers:
  -v                  say more; \\ is a backslash
  -h, --help          show this text
"""


@pytest.fixture
def made(tmp_path):
    program = tmp_path / "pktvisor-made"
    program.write_text(f"""#!/bin/sh
if [ "$1" = --version ]; then echo pktvisor-made 1.2; exit; fi
cat <<'END'
{HELP}END
""")
    program.chmod(0o755)

    def make(document, program=program, summary="a tool - for tests"):
        return run(SOURCE / "scripts/manual.py", document, program, summary).stdout
    return make


def test_the_manual_has_all_of_it(made):
    text = made("man")
    assert text.startswith('.TH PKTVISOR\\-MADE 1 "" "pktvisor-made 1.2"\n')
    for line in ("pktvisor\\-made \\- a tool \\- for tests", ".SS What it reads", ".B \\-c, \\-\\-config FILE",
                 "minutes: with a text that goes on.", "say more; \\e is a backslash.", ".SS How it answers"):
        assert line in text.splitlines(), line
    assert "\n.TH is" not in text


@pytest.mark.parametrize("words, expected", [
    (["--"], ["--config", "--periods", "--help"]),
    (["--he"], ["--help"]),
    (["--config", "fi"], ["file.yaml"]),
    (["-c", "fi"], ["file.yaml"]),
    (["--periods", ""], []),
    (["fi"], ["file.yaml"]),
])
def test_completion(made, tmp_path, words, expected):
    need("bash")
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "file.yaml").touch()
    (tmp_path / "completion").write_text(made("completion"))
    script = ('. "$1"; shift; COMP_WORDS=(pktvisor-made "$@"); COMP_CWORD=$#; _pktvisor_made\n'
              '[ ${#COMPREPLY[@]} = 0 ] || printf "%s\\n" "${COMPREPLY[@]}"')
    said = run("bash", "-c", script, "bash", tmp_path / "completion", *words, cwd=folder, env=dict(os.environ)).stdout
    assert said.splitlines() == expected


def test_a_tool_without_options_is_refused(made, tmp_path):
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\n")
    silent.chmod(0o755)
    done = run(SOURCE / "scripts/manual.py", "man", silent, "x", check=False)
    assert done.returncode == 1 and "shows no usage or no options" in done.stderr
