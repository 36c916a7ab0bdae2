"""The manual page and the completion that are made of the table of options: sound, and installed."""
import os
import re
import subprocess
from pathlib import Path

import pytest

from running import AGENT
from test_start import run

BUILD = Path(AGENT).resolve().parents[2]


def printed(what, tmp_path):
    status, output, errors = run("--print", what)
    assert (status, errors) == (0, [])
    path = tmp_path / what
    path.write_text(output)
    return path


def options_of_help():
    """["-p", "--tls-cert", ...]."""
    text = run("--help")[1]
    rows = re.findall(r"^  (-\w(?:, --[\w-]+)?|--[\w-]+)", text, re.M)
    return [option for row in rows for option in row.split(", ")]


def formatted(path, *command):
    done = subprocess.run([*command, path], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100", "MANROFFOPT": ""})
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def test_the_manual_page(tmp_path):
    path = printed("man", tmp_path)
    formatted(path, "groff", "-ww", "-man", "-Tutf8", "-Kutf8")
    formatted(path, "man", "--warnings", "-E", "UTF-8", "-Tutf8", "-Z", "-l")
    formatted(path, "lexgrog")  # NAME is as whatis(1) wants it
    text = formatted(path, "man", "-l")
    text = re.sub(r".\x08", "", text)  # overstruck, where it is bold
    assert text.startswith("PKTVISORD(8)")
    for option in options_of_help():
        assert re.search(rf"(^|[ ,(]){option}\b", text, re.M), option
    for name in re.findall(r"`(PKTVISORD_\w+)`", run("--print", "markdown")[1]):
        assert name in text, name


def complete(path, *words):
    """What bash offers for the last of these words."""
    script = ('source "$1"; shift; [[ $(complete -p pktvisord) == *"-F _pktvisord pktvisord" ]] || exit 1\n'
              'COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _pktvisord; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", path, "pktvisord", *words],
                          capture_output=True, text=True, timeout=60, cwd=path.parent)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\n")[:-1]


def test_completion(tmp_path):
    path = printed("completion", tmp_path)
    assert sorted(complete(path, "-")) == sorted(options_of_help())
    assert complete(path, "--log-f") == ["--log-file", "--log-format"]
    assert complete(path, "--log-format", "") == ["text", "json"]
    assert complete(path, "--log-format", "=") == ["text", "json"]
    assert complete(path, "--log-format", "=", "j") == ["json"]
    assert complete(path, "--prometheus-names", "n") == ["native"]
    assert complete(path, "-p", "") == [""]
    assert complete(path, "a") == ["auto"]
    assert set(complete(path, "")) == {"auto", *os.listdir("/sys/class/net")}
    (tmp_path / "my config.yaml").touch()
    (tmp_path / "mine.yaml").touch()
    assert sorted(complete(path, "--config", "m")) == ["man", "mine.yaml", "my config.yaml"] or \
        sorted(complete(path, "--config", "my")) == ["my config.yaml"]


def test_the_completion_completes_in_bash_itself(tmp_path):
    """Not the function alone: a shell that has loaded it."""
    path = printed("completion", tmp_path)
    script = f"source {path}; compopt -o nospace pktvisord; complete -p pktvisord"
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "-o filenames" in done.stdout and "-F _pktvisord pktvisord" in done.stdout


def test_they_are_installed(tmp_path):
    if not (BUILD / "build.ninja").exists():
        pytest.skip("no build folder")
    done = subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", tmp_path],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    installed = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}

    def one(suffix):
        (found,) = [name for name in installed if name.endswith(suffix)]
        return tmp_path / found
    assert one("man8/pktvisord.8").read_text() == run("--print", "man")[1]
    assert one("bash-completion/completions/pktvisord.bash").read_text() == run("--print", "completion")[1]
    for program in (one("sbin/pktvisord"), one("bin/pktvisor-reader")):
        assert subprocess.run([program, "--version"], capture_output=True, timeout=60).returncode == 0
