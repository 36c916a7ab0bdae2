"""Real name servers with a small zone, and dnsperf to ask them. Both count for themselves."""
import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from namespaces import need

ZONE = "example.org"
HOSTS = 500
ECS_OPTION = "8:00011800c63364"  # RFC 7871: IPv4, 24 bits, 198.51.100.0

ZONE_TEXT = f"""$ORIGIN {ZONE}.
$TTL 3600
@ SOA ns hostmaster 1 7200 3600 86400 300
@ NS ns
@ MX 10 mail
@ TXT "a zone for tests"
ns A 192.0.2.2
ns AAAA 2001:db8:1::2
mail A 192.0.2.2
""" + "".join(f"h{i} A 198.51.100.{i % 256}\nh{i} AAAA 2001:db8:2::{i:x}\n" for i in range(HOSTS))


@dataclass
class Counts:
    """What a server says it was asked and has answered."""
    udp4: int
    udp6: int
    tcp4: int
    tcp6: int
    noerror: int
    nxdomain: int

    @property
    def asked(self):
        return self.udp4 + self.udp6 + self.tcp4 + self.tcp6

    @property
    def tcp(self):
        return self.tcp4 + self.tcp6


class Knot:
    def __init__(self, space, folder):
        self.space, self.conf = space, Path(folder, "knot.conf")

    def knotc(self, *arguments, check=True):
        return self.space.run("knotc", "-c", self.conf, *arguments, check=check)

    def counts(self):
        text = self.knotc("stats").stdout

        def sum_of(group, item):
            return sum(int(n) for n in re.findall(rf"{group}\[{item}\] = (\d+)", text))
        protocols = {p: sum_of("request-protocol", p) for p in ("udp4", "udp6", "tcp4", "tcp6")}
        return Counts(**protocols, noerror=sum_of("response-code", "NOERROR"),
                      nxdomain=sum_of("response-code", "NXDOMAIN"))


@contextlib.contextmanager
def knot(space, addresses):
    need("knotd", "knotc")
    folder = Path(space.folder, "knot")
    folder.mkdir()
    (folder / "zone").write_text(ZONE_TEXT)
    listen = ", ".join(f"{a}@53" for a in addresses)
    (folder / "knot.conf").write_text(f"""
server:
    rundir: {folder}
    listen: [ {listen} ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    edns-client-subnet: on
log:
  - target: stderr
    any: info
database:
    storage: {folder}
mod-stats:
  - id: all
    request-protocol: on
    response-code: on
template:
  - id: default
    storage: {folder}
    global-module: mod-stats/all
zone:
  - domain: {ZONE}
    file: {folder}/zone
    journal-content: none
    zonefile-load: whole
""")
    server = Knot(space, folder)
    with space.program("knotd", "knotd", "-c", server.conf) as program:
        program.wait_for(lambda: server.knotc("zone-read", ZONE, "ns", "A", check=False).returncode == 0,
                         "the zone")
        yield server


class Bind:
    def __init__(self, space, folder):
        self.space, self.folder = space, folder

    def rndc(self, *arguments, check=True):
        return self.space.run("rndc", "-c", self.folder / "rndc.conf", *arguments, check=check)

    def counts(self):
        path = self.folder / "named.stats"
        path.unlink(missing_ok=True)
        self.rndc("stats")
        text = path.read_text()

        def line(words):
            found = re.search(rf"^ +(\d+) {words}$", text, re.M)
            return int(found.group(1)) if found else 0
        # BIND does not split TCP by family, nor UDP; the sums are what it says.
        tcp6 = 0
        tcp4 = line("TCP queries received") - tcp6
        udp6 = line("IPv6 requests received") - tcp6
        udp4 = line("IPv4 requests received") - tcp4
        return Counts(udp4=udp4, udp6=udp6, tcp4=tcp4, tcp6=tcp6,
                      noerror=line("queries resulted in successful answer") +
                      line("queries resulted in nxrrset"),
                      nxdomain=line("queries resulted in NXDOMAIN"))


@contextlib.contextmanager
def bind(space, addresses):
    """BIND counts TCP over IPv6 among both: ask it over TCP by IPv4 alone."""
    need("named", "rndc")
    folder = Path(space.folder, "bind")
    folder.mkdir()
    (folder / "zone").write_text(ZONE_TEXT)
    key = 'key "rndc" { algorithm hmac-sha256; secret "c2VjcmV0IG9mIGEgdGVzdA=="; };\n'
    v4 = " ".join(f"{a};" for a in addresses if ":" not in a)
    v6 = " ".join(f"{a};" for a in addresses if ":" in a)
    (folder / "rndc.conf").write_text(key + 'options { default-key "rndc"; default-server 127.0.0.1; '
                                            'default-port 953; };\n')
    (folder / "named.conf").write_text(key + f"""
controls {{ inet 127.0.0.1 port 953 allow {{ 127.0.0.1; }} keys {{ "rndc"; }}; }};
options {{
    directory "{folder}";
    pid-file "{folder}/named.pid";
    session-keyfile "{folder}/session.key";
    managed-keys-directory "{folder}";
    statistics-file "{folder}/named.stats";
    listen-on {{ {v4} }};
    listen-on-v6 {{ {v6} }};
    recursion no;
    empty-zones-enable no;
    minimal-responses yes;
    notify no;
    dnssec-validation no;
}};
zone "{ZONE}" {{ type primary; file "{folder}/zone"; }};
""")
    server = Bind(space, folder)
    with space.program("named", "named", "-g", "-n", "1", "-c", folder / "named.conf") as program:
        program.wait_for_text("all zones loaded")
        program.wait_for(lambda: server.rndc("status", check=False).returncode == 0, "rndc")
        yield server


@dataclass
class Asked:
    sent: int
    completed: int
    lost: int
    codes: dict


def questions(folder, name, found, missing):
    """A query file: names that are there, by turns with both types of address, and names that are not."""
    path = Path(folder, name)
    lines = [f"h{i % HOSTS}.{ZONE} {('A', 'AAAA')[i % 2]}" for i in range(found)]
    lines += [f"no{i}.{ZONE} A" for i in range(missing)]
    path.write_text("\n".join(lines) + "\n")
    return path


def dnsperf(space, server, path, transport="udp", rate=2000, ecs=False, runs=1):
    need("dnsperf")
    option = ["-e", "-E", ECS_OPTION] if ecs else []
    text = space.run("dnsperf", "-s", server, "-p", "53", "-d", path, "-n", runs, "-Q", rate, "-c", "4",
                     "-m", transport, "-t", "5", *option).stdout

    def number(label):
        return int(re.search(rf"{label}: +(\d+)", text).group(1))
    codes = dict(re.findall(r"([A-Z]+) (\d+) \(", text))
    return Asked(number("Queries sent"), number("Queries completed"), number("Queries lost"),
                 {code: int(n) for code, n in codes.items()})
