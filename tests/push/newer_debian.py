"""Programs that Debian 12 does not have, or has too old, from Debian 13: packages of Debian's archive as this
machine reaches it, signed by the keys of that release, unpacked in build/debian-13 once, never installed.
They run beside Debian 12's libraries, which each of them says is enough (Depends)."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

RELEASE, OWN_RELEASE = "trixie", "bookworm"
KEYRINGS = Path("/usr/share/keyrings")
KEYS = KEYRINGS / "debian-archive-trixie-stable.gpg", KEYRINGS / "debian-archive-keyring.gpg"
FOLDER = Path(__file__).resolve().parents[2] / "build/debian-13"


def mirror():
    """Where this machine gets its Debian from."""
    told = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(ORIGIN)",
                           "Created-By: Packages"], capture_output=True, text=True, check=False).stdout
    for uri, *rest in map(str.split, told.splitlines()):
        if rest == [OWN_RELEASE, "Debian"]:
            return uri
    return pytest.skip("no mirror of Debian is known to apt")


def fetch(package, into):
    """The package's file, by an apt with lists and sources of its own."""
    (into / "lists/partial").mkdir(parents=True)
    (into / "cache/archives/partial").mkdir(parents=True)
    (into / "status").touch()
    (into / "sources").write_text(f"deb [signed-by={next(filter(Path.exists, KEYS))}] {mirror()} {RELEASE} main\n")
    (into / "apt.conf").write_text(f"""
Dir::State::Lists "{into}/lists"; Dir::State::status "{into}/status"; Dir::Cache "{into}/cache";
Dir::Etc::SourceList "{into}/sources"; Dir::Etc::SourceParts "-"; Dir::Etc::PreferencesParts "-";
APT::Sandbox::User "{os.environ.get("USER", "root")}"; Acquire::Languages "none"; Acquire::Retries "3";
""")
    for words in (["update"], ["download", package]):
        done = subprocess.run(["apt-get", "-q", *words], env={**os.environ, "APT_CONFIG": str(into / "apt.conf")},
                              cwd=into, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    (file,) = into.glob(f"{package}_*.deb")
    return file


def program(package, path):
    """The program at this path of the package."""
    place = FOLDER / package
    if not place.exists():
        if not shutil.which("apt-get"):
            pytest.skip("not installed: apt-get")
        unfinished = place.with_suffix(f".new{os.getpid()}")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        subprocess.run(["dpkg-deb", "--extract", fetch(package, unfinished / "apt"), unfinished / "root"], check=True)
        (unfinished / "root").rename(place)
        shutil.rmtree(unfinished)
    return place / path
