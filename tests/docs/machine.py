"""The machine on which a page's commands run: one of its own for each page.

It is a pair of namespaces (network, mounts, name) with the interfaces lo and eth0, 192.0.2.53 as in the
captures of examples/traffic, so that each page has the default port for itself. /etc, /run and
/var/lib are copies; HOME and the folder are empty but for links to what lies in the root of the sources.

Two things are quicker than in the text: a minute has SECONDS seconds (pktvisord gets --period-seconds), and
Prometheus asks each second.
"""
import contextlib
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "live"))

from namespaces import Namespace, Wire, need, wire  # noqa: E402

SOURCE = Path(os.environ.get("PKTVISOR_SOURCE", Path(__file__).resolve().parents[2])).resolve()
PROGRAMS = {name: os.environ.get(name.upper().replace("-", "_"), f"{SOURCE}/build/release/src/{folder}/{name}")
            for name, folder in [("pktvisord", "agent"), ("pktvisor-reader", "reader"),
                                 ("pktvisor-cli", "tui"), ("pktvisor-merge", "merge")]}
SECONDS = int(os.environ.get("PKTVISOR_DOC_SECONDS", "2"))
# Beside the namespaces' own: what pages run.
NEEDED = ("tcpreplay", "curl", "jq", "column", "openssl", "zstd", "protoc", "prometheus", "promtool", "setpriv", "tmux")
LINKS = ("examples", "docs", "packaging", "scripts")

# Names that pages speak of are this machine. `cp` costs 50 ms and spares an overlay.
MOUNTS = """set -e
cp -a /etc "$1/etc" && mount --bind "$1/etc" /etc
mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mkdir -p /run/pktvisor /etc/pktvisor
cp "$2/packaging/pktvisord.yaml" /etc/pktvisor/
printf '%s %s\n' 127.0.0.1 localhost 192.0.2.7 edge7.example.net 192.0.2.8 edge8.example.net \
    192.0.2.53 edge1.example.net >/etc/hosts
hostname edge1
ip link set lo up
echo ready
exec sleep infinity
"""
WRAPPERS = {
    "pktvisord": """#!/bin/sh
case "$*" in *--check-config*|*--version*|*--help*|*--print*|*--module-list*) exec {program} "$@";; esac
exec {program} "$@" --period-seconds {seconds}
""",
    "prometheus": """#!/bin/sh
for word; do case $word in --config.file=*) file=${{word#*=}};; esac; done
sed -E 's/_interval: [0-9]+[sm]/_interval: 1s/' "$file" >"$file.quick"
for word; do shift; case $word in --config.file=*) word=$word.quick;; esac; set -- "$@" "$word"; done
exec /usr/bin/prometheus "$@"
""",
}
# As one asks by hand, but that a refusal is a failure.
CURL = "silent\nfail-with-body\n"


class Machine(Namespace):
    """A namespace that is a machine: `enter` runs a program in it."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "--uts", "sh", "-c", MOUNTS, "sh", folder, SOURCE],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self.holder.stdout.readline() == b"ready\n"
        spaces = [f"--{kind}=/proc/{self.holder.pid}/ns/{space}"
                  for kind, space in [("net", "net"), ("mount", "mnt"), ("uts", "uts")]]
        self.enter = ["nsenter", *spaces]
        self.home, self.programs = Path(folder, "home"), Path(folder, "bin")
        self.fill()

    def fill(self):
        self.home.mkdir()
        self.programs.mkdir()
        for name in LINKS:
            (self.home / name).symlink_to(SOURCE / name)
        (self.home / ".curlrc").write_text(CURL)
        for name, program in PROGRAMS.items():
            (self.programs / name).symlink_to(Path(program).resolve())
        for name, text in WRAPPERS.items():
            path = self.programs / name
            path.unlink(missing_ok=True)
            path.write_text(text.format(program=PROGRAMS.get(name), seconds=SECONDS))
            path.chmod(0o755)

    @property
    def environment(self):
        return {"PATH": f"{self.programs}:{os.environ['PATH']}", "HOME": str(self.home), "LC_ALL": "C.UTF-8",
                "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "80"}

    def command(self, text):
        """A shell that runs it in the page's folder."""
        return [*self.enter, "bash", "-c", f"cd '{self.home}' || exit; set -eo pipefail; {text}"]

    def listening(self):
        """How many sockets wait for connections."""
        rows = [line.split() for name in ("tcp", "tcp6", "unix")
                for line in Path(f"/proc/{self.holder.pid}/net/{name}").read_text().splitlines()[1:]]
        return sum(1 for row in rows if row[3] == ("0A" if ":" in row[1] and len(row[1]) > 9 else "00010000"))


class Cable(Wire):
    """The machine's eth0, and the end from which its traffic comes."""
    CLIENT_IF, SERVER_IF = "out0", "eth0"
    QUIET = {"disable_ipv6": 1}

    def __init__(self, folder):
        self.folder = folder
        self.client, self.server = Namespace("client", folder), Machine("machine", folder)

    def add_addresses(self):
        for number in (53, 7, 8):
            self.server.run("ip", "addr", "add", f"192.0.2.{number}/24", "dev", self.SERVER_IF)


@contextlib.contextmanager
def machine(story=None):
    """With the traffic of a story on eth0, again and again, each time in six seconds."""
    need(*NEEDED)
    with wire(Cable) as cable, contextlib.ExitStack() as stack:
        if story:
            capture, faster = f"{cable.folder}/traffic.pcap", 20 if story == "slow" else 10
            subprocess.run([SOURCE / "examples/traffic/make-capture", story, capture], check=True)
            stack.enter_context(cable.client.program(
                "traffic", "tcpreplay", "-q", "--timer=nano", "--preload-pcap", "--loop=0", f"--multiplier={faster}",
                "-i", Cable.CLIENT_IF, capture))
        yield cable.server
