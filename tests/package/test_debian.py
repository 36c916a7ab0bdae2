"""The Debian packages: built twice, judged, and lived with in a clean Debian 12."""
import contextlib
import difflib
import os
import re
import shutil
import signal
import socket
import sys
import tarfile
from pathlib import Path

import pytest

import roots
from running import SOURCE, need, only, run

sys.path.insert(0, str(SOURCE / "tests/live"))

from namespaces import wait_until, wire  # noqa: E402

CONFIG = "etc/pktvisor/pktvisord.yaml"
OURS = ("pktvisor", "pktvisor-tools", "pktvisor-dashboards")
RECORDED = Path(__file__).with_name("files.txt")
NOTIFY = "run/notify"
WATCHDOG_USEC = 2000000


@pytest.fixture(scope="module", autouse=True)
def mounts():
    need("unshare", root=True)
    roots.own_mounts()


def build(source, folder, **environment):
    run(source / "scripts/package", folder, env={**os.environ, **environment})
    return {path.name.split("_")[0]: path for path in sorted(folder.glob("*.deb")) if "dbgsym" not in path.name}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    need("dpkg-buildpackage", "dh")
    return build(SOURCE, tmp_path_factory.mktemp("first"))


def test_packages_are_those_with_content(packages):
    assert set(packages) == set(OURS)
    version = re.search(r"version: '(.*)'", (SOURCE / "meson.build").read_text())[1]
    for path in packages.values():
        assert run("dpkg-deb", "--field", path, "Version").stdout == f"{version}-1\n"


def test_lintian_has_nothing_to_say(packages):
    need("lintian")
    changes = only(packages["pktvisor"].parent.glob("*.changes"))
    done = run("lintian", "--allow-root", "--fail-on", "error,warning", changes, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_same_bytes_in_another_folder(packages, tmp_path):
    """… from the source archive, where every file is compiled anew."""
    with tarfile.open(only(packages["pktvisor"].parent.glob("pktvisor-*.tar.xz"))) as archive:
        archive.extractall(tmp_path)
    again = build(only(tmp_path.glob("pktvisor-*/")), tmp_path / "another folder, with a longer name",
                  CCACHE_DISABLE="1", TMPDIR=str(tmp_path), TZ="Asia/Tokyo")
    assert set(again) == set(packages)
    for name, path in packages.items():
        assert again[name].read_bytes() == path.read_bytes(), name


def content(package):
    """Files of a package with their mode and owner; manuals for people are one line."""
    for line in run("dpkg-deb", "--contents", package).stdout.splitlines():
        mode, owner, *_, path = line.split(" -> ")[0].split()
        if not path.endswith("/"):
            path = re.sub("(/doc/pktvisor/docs|/pktvisor/dashboards)/.*", r"\1/…", path.removeprefix("."))
            yield f"{mode} {owner} {path}"


def test_the_files_are_those_that_were_recorded(packages):
    found = [f"{name} {row}" for name, path in sorted(packages.items()) for row in dict.fromkeys(content(path))]
    recorded = [row for row in RECORDED.read_text().splitlines()
                if not row.startswith("#") and row.split()[0] in packages]
    assert found == recorded, "\n".join(difflib.ndiff(recorded, found))


def repack(package, folder, version, more):
    """The package as another version would be, with another first configuration."""
    tree = folder / version
    run("dpkg-deb", "--raw-extract", package, tree)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub("^Version: .*", f"Version: {version}", control.read_text(), flags=re.M))
    with (tree / CONFIG).open("a") as config:
        config.write(more)
    digest = run("md5sum", tree / CONFIG).stdout.split()[0]
    sums = tree / "DEBIAN/md5sums"
    sums.write_text(re.sub(rf"^\w+(?=  {CONFIG}$)", digest, sums.read_text(), flags=re.M))
    run("dpkg-deb", "--root-owner-group", "--build", tree, folder)
    return folder / f"pktvisor_{version}_{run('dpkg', '--print-architecture').stdout.strip()}.deb"


class Machine:
    """A Debian with all that our packages need, and with the packages at hand."""

    def __init__(self, root, packages):
        self.root = root
        (root / "packages").mkdir()
        needed = [run("dpkg-deb", "--field", path, "Depends").stdout.strip() for path in packages.values()]
        root.apt("satisfy", "--no-install-recommends", *filter(None, needed))

    def dpkg(self, *words):
        words = [f"/packages/{shutil.copy(word, self.root / 'packages') and word.name}"
                 if isinstance(word, Path) else word for word in words]
        return self.root.run("dpkg", *words)

    def state(self, package):
        return self.root.run("dpkg-query", "-W", "-f", "${db:Status-Status}", package, check=False).stdout


@pytest.fixture
def machine(packages, tmp_path):
    with roots.debian(tmp_path) as root:
        yield Machine(root, packages)


def test_the_life_of_a_package(machine, packages, tmp_path):
    root, package = machine.root, packages["pktvisor"]
    clean = root.paths()
    passwd = (root / "etc/passwd").read_text()
    older, newer = repack(package, tmp_path, "1.0-1", "# older\n"), repack(package, tmp_path, "99.0-1", "# newer\n")
    first = (SOURCE / "packaging/pktvisord.yaml").read_text()

    machine.dpkg("--install", older, packages["pktvisor-tools"])
    assert re.search(r"^pktvisor:x:\d+:\d+:.*:/nonexistent:/usr/sbin/nologin$", (root / "etc/passwd").read_text(), re.M)
    wanted = root / "etc/systemd/system/multi-user.target.wants/pktvisord.service"
    assert os.readlink(wanted) == "/lib/systemd/system/pktvisord.service"
    assert (root / CONFIG).read_text() == first + "# older\n"

    # A configuration that nobody has touched is the new version's.
    machine.dpkg("--install", package)
    assert (root / CONFIG).read_text() == first
    # One that somebody has stays, and the new one lies beside it.
    edited = first.replace("auto", "eth0")
    (root / CONFIG).write_text(edited)
    machine.dpkg("--force-confold", "--install", newer)
    assert (root / CONFIG).read_text() == edited
    assert (root / f"{CONFIG}.dpkg-dist").read_text() == first + "# newer\n"

    (root / "var/lib/pktvisor").mkdir()
    (root / "var/lib/pktvisor/queue").touch()
    (root / "etc/pktvisor/token").touch()
    machine.dpkg("--remove", "pktvisor", "pktvisor-tools")
    assert machine.state("pktvisor") == "config-files"
    assert (root / CONFIG).read_text() == edited
    assert not (root / "usr/sbin/pktvisord").exists() and not (root / "lib/systemd/system/pktvisord.service").exists()

    machine.dpkg("--purge", "pktvisor", "pktvisor-tools")
    left = root.paths()
    assert {path for path in clean.keys() | left.keys() if clean.get(path) != left.get(path)} == set()
    assert (root / "etc/passwd").read_text() == passwd


class ServiceManager:
    """Its socket, in the root of the service."""

    def __init__(self, root):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(root / NOTIFY))
        (root / NOTIFY).chmod(0o666)
        self.socket.setblocking(False)
        self.told = []

    def was_told(self, word):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.told += self.socket.recv(4096).decode().split("\n")
        return word in self.told


def status_of(process):
    rows = (line.split(":\t") for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return {row[0]: row[1].strip() for row in rows if len(row) == 2}


def test_the_service_as_the_unit_runs_it(machine, packages):
    need("curl", "systemd-analyze", "ip", "ping")
    pytest.importorskip("seccomp")
    root = machine.root
    machine.dpkg("--install", packages["pktvisor"])
    manager = ServiceManager(root)
    command = ["unshare", "--mount", sys.executable, "-B", Path(__file__).with_name("confine.py"), root.path,
               root / "lib/systemd/system/pktvisord.service", f"NOTIFY_SOCKET=/{NOTIFY}",
               f"WATCHDOG_USEC={WATCHDOG_USEC}"]
    with wire() as pair, pair.server.program("pktvisord", *command) as service:
        def get(path):
            return pair.server.run("curl", "-sS", "--max-time", 20, f"localhost:10853{path}").stdout

        service.wait_for(lambda: manager.was_told("READY=1"), "a start")
        service.wait_for(lambda: manager.was_told("WATCHDOG=1"), "a sign of life")
        status = status_of(service.process.pid)
        user = re.search(r"^pktvisor:x:(\d+)", (root / "etc/passwd").read_text(), re.M)[1]
        assert set(status["Uid"].split()) == {user} and status["Groups"] == ""
        raw = 1 << 13
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == raw
        assert int(status["CapAmb"], 16) == int(status["CapInh"], 16) == 0 and int(status["CapBnd"], 16) & ~raw == 0
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")

        def sees_packets():
            """Those of before may be of a minute that is over."""
            pair.client.run("ping", "-c", 1, pair.SERVER_V4)
            return re.search(r'"in":[1-9]', get("/api/v1/metrics/bucket/0"))
        # "auto" has found the interface, and its traffic is seen.
        wait_until(sees_packets, "packets")
        wait_until(lambda: re.search(r"^packets_total\{.*\} [1-9]", get("/metrics"), re.M), "packets of a minute", 90)

        (root / CONFIG).write_text((root / CONFIG).read_text() + "\n    second:\n      kind: collection\n"
                                   "      input: {tap: default, input_type: pcap}\n"
                                   "      handlers: {modules: {net: {type: net}}}\n")
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: '"second"' in get("/api/v1/policies"), "the policy")
        assert service.stop() == 0, service.text()
        assert manager.was_told("STOPPING=1")
        assert "exit with success" in service.text() and "[error]" not in service.text()
